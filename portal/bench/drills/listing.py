"""The drills by name: what each does and needs."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from portal.bench.drills import backup_faults, clock_faults, job_faults, server_faults, web_faults
from portal.bench.drills.result import Result, ToolMissing
from portal.bench.drills.stage import Scene, Stage
from portal.embedded.processes import Failed


@dataclass(frozen=True)
class Drill:
    """One drill."""

    play: Callable[[Stage, Scene, Result], None]
    needs: str = ""

    @property
    def about(self) -> str:
        return (self.play.__doc__ or "").partition(": ")[2].rstrip(".")


DRILLS = {
    "F01": Drill(web_faults.killed_web),
    "F02": Drill(job_faults.killed_worker),
    "F03": Drill(job_faults.killed_relay),
    "F04": Drill(job_faults.wiped_broker),
    "F05": Drill(server_faults.killed_postmaster),
    "F10": Drill(server_faults.failing_disk, "strace"),
    "F11": Drill(clock_faults.wrong_clock, "libfaketime"),
    "F12": Drill(clock_faults.clock_jumps_back, "libfaketime"),
    "F13": Drill(backup_faults.backup_and_restore),
    "F14": Drill(backup_faults.moment_before_a_bad_delete),
    "F18": Drill(web_faults.crowd),
    "F19": Drill(server_faults.everything_killed),
    "F22": Drill(web_faults.cut_commit),
    "F23": Drill(server_faults.no_record),
}


def play(name: str, stage: Stage) -> Result:
    """Play one drill on a copy of the world, and compare the record with its proof afterwards."""
    result, began = Result(name), time.monotonic()
    try:
        with stage.scene() as scene:
            DRILLS[name].play(stage, scene, result)
            code, said = scene.verify()
            result.demand(code == 0, f"verify_audit ends with {code}: {said.strip()[-500:]}")
    except ToolMissing as problem:
        result.missing = str(problem)
    except Failed as problem:
        result.problems.append(str(problem))
    result.seconds = time.monotonic() - began
    return result
