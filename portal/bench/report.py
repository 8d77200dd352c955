"""What was measured: rows for JSON, a table for people."""

import os
import platform
import statistics
from collections.abc import Sequence
from typing import Any

import django
import psycopg

from portal.bench.measure import Case, Spent

Row = dict[str, Any]
HEADINGS = (
    "operation", "who", "files", "limit ms", "project ms", "p95 ms", "whole ms", "libraries ms", "project / limit", "(work)",
    "libraries / project", "(work)", "growth", "pages", "right",
)  # fmt: skip


def row_of(case: Case, smaller: Case | None) -> Row:
    """Return the figures of one case; growth compares it with the same case in the database ten times smaller."""
    limit, project, naive = (clock(case.times[way]) for way in ("limit", "project", "naive"))
    limit_work, project_work, naive_work = (work(case.times[way]) for way in ("limit", "project", "naive"))
    return {
        "operation": case.operation,
        "who": case.who,
        "size": case.world.size,
        "runs": len(case.times["project"]),
        "naive_runs": len(case.times["naive"]),
        "limit_ms": limit,
        "project_ms": project,
        "naive_ms": naive,
        "project_min_ms": clock(case.times["project"], 0),
        "project_p95_ms": clock(case.times["project"], 0.95),
        "whole_ms": clock(case.times["whole"]),
        "limit_work_ms": limit_work,
        "project_work_ms": project_work,
        "naive_work_ms": naive_work,
        "ratio_limit": ratio(project, limit),
        "ratio_naive": ratio(naive, project),
        "work_ratio_limit": ratio(project_work, limit_work),
        "work_ratio_naive": ratio(naive_work, project_work),
        "growth": ratio(project, clock(smaller.times["project"]) if smaller else None),
        "work_growth": ratio(project_work, work(smaller.times["project"]) if smaller else None),
        "goal_limit": case.goal.limit,
        "goal_naive": case.goal.naive,
        "goal_growth": case.goal.growth,
        "statements": case.statements,
        "limit_buffers": case.buffers.get("limit"),
        "project_buffers": case.buffers.get("project"),
        "correct": not case.faults,
        "naive_agrees": case.naive_agrees if case.naive else None,
    }


def share(values: Sequence[int], part: float) -> float | None:
    """Return, in milliseconds, what this part of the values stays under; half is the median."""
    if not values:
        return None
    if part == 0.5:
        return statistics.median(values) / 1e6
    return sorted(values)[min(len(values) - 1, int(len(values) * part))] / 1e6


def clock(spent: Sequence[Spent], part: float = 0.5) -> float | None:
    return share([one.clock for one in spent], part)


def work(spent: Sequence[Spent]) -> float | None:
    return share([one.work for one in spent if one.work is not None], 0.5)


def ratio(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


def rows_of(cases: Sequence[Case]) -> list[Row]:
    """Return a row for each case, the same operations of the sizes below each other."""
    known = {(case.operation, case.who, case.world.size): case for case in cases}
    sizes = sorted({case.world.size for case in cases})
    smaller = dict(zip(sizes[1:], sizes, strict=False))
    order = list(dict.fromkeys((case.operation, case.who) for case in cases))
    ordered = sorted(cases, key=lambda case: (order.index((case.operation, case.who)), case.world.size))
    return [row_of(case, known.get((case.operation, case.who, smaller.get(case.world.size, -1)))) for case in ordered]


def wrong_answers(cases: Sequence[Case], found: Sequence[str]) -> list[str]:
    """Return every fault once: those found before the rounds, and those of the rounds."""
    return list(dict.fromkeys([*found, *sorted(fault for case in cases for fault in case.faults)]))


def machine(connection: psycopg.Connection, filled: dict[int, tuple[float, int]]) -> Row:
    """Say what the figures were measured on, and how busy that was."""
    found = connection.execute(
        "SELECT version(), current_setting('shared_buffers'), current_setting('fsync'), current_setting('synchronous_commit')"
    ).fetchone()
    assert found is not None
    return {
        "cores": os.cpu_count(),
        "load_average": [round(load, 2) for load in os.getloadavg()],
        "platform": platform.platform(),
        "python": platform.python_version(),
        "django": django.get_version(),
        "psycopg": psycopg.__version__,
        "postgresql": found[0].split(" on ")[0],
        "shared_buffers": found[1],
        "fsync": found[2],
        "synchronous_commit": found[3],
        "seconds_to_fill": {str(size): round(seconds, 1) for size, (seconds, _bytes) in filled.items()},
        "bytes_filled": {str(size): size_ for size, (_seconds, size_) in filled.items()},
    }


def in_words(about: Row) -> str:
    """Return the machine as a sentence."""
    loads = ", ".join(map(str, about["load_average"]))
    return (
        f"{about['cores']} cores, load {loads}; {about['postgresql']} (fsync {about['fsync']}, synchronous_commit"
        f" {about['synchronous_commit']}, shared_buffers {about['shared_buffers']}); Python {about['python']},"
        f" Django {about['django']}, psycopg {about['psycopg']}."
    )


def table(rows: Sequence[Row]) -> str:
    """Return the figures as a table that reads well on a screen and in Markdown."""
    lines = [HEADINGS, *[cells(row) for row in rows]]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    texts = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    return "\n".join([texts[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *texts[1:]])


def cells(row: Row) -> tuple[str, ...]:
    """Return the cells of one row; a goal that was missed is marked."""
    times = ("limit_ms", "project_ms", "project_p95_ms", "whole_ms", "naive_ms")
    return (
        row["operation"],
        row["who"],
        f"{row['size']:,}",
        *(shown(row[name]) for name in times),
        against(row["ratio_limit"], row["goal_limit"], at_most=True),
        against(row["work_ratio_limit"]),
        against(row["ratio_naive"], row["goal_naive"], at_most=False),
        against(row["work_ratio_naive"]),
        against(row["growth"], row["goal_growth"], at_most=True),
        f"{row['limit_buffers']} / {row['project_buffers']}" if row["project_buffers"] is not None else "",
        "yes" if row["correct"] else "NO",
    )


def shown(milliseconds: float | None) -> str:
    return "" if milliseconds is None else f"{milliseconds:.2f}" if milliseconds < 10 else f"{milliseconds:.0f}"


def against(figure: float | None, goal: float | None = None, *, at_most: bool = True) -> str:
    """Return a ratio, marked where it misses its goal."""
    if figure is None:
        return ""
    missed = goal is not None and (figure > goal if at_most else figure < goal)
    return (f"{figure:.1f}" if figure < 10 else f"{figure:.0f}") + (" !" if missed else "")
