"""Backup, restore and the way back to a moment, on a small portal of their own."""

from portal.bench.drills.result import Result
from portal.bench.drills.stage import Scene, Stage
from portal.embedded.backups.drills import Drilled, drill


def backup_and_restore(_stage: Stage, _scene: Scene, result: Result) -> None:
    """F13: back up and restore while somebody works; every row is equal, and everything acknowledged is there once."""
    take(drill("F13"), result)


def moment_before_a_bad_delete(_stage: Stage, _scene: Scene, result: Result) -> None:
    """F14: go back to the moment before rows were deleted past every guard; a witness accepts it by its signed event."""
    take(drill("F14"), result)


def take(done: Drilled, result: Result) -> None:
    """Take over what the drill of the backups came to."""
    result.acknowledged, result.stored = done.acknowledged, done.stored
    result.lost, result.doubled = done.lost, done.doubled
    result.notes += done.notes
    result.problems += done.problems
