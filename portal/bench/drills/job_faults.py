"""Workers, relays and brokers that die: every PDF that was ordered is made, and made once."""

import os
import secrets
import shutil
import signal
import time
import uuid
from pathlib import Path

from portal.bench.drills.posting import SAVED, Tally, fetch, send_entry, stored
from portal.bench.drills.result import Result
from portal.bench.drills.stage import Scene, Stage, wait_for

MIDDLE, AFTER = "middle", "after"  # as in dying.py, which only a worker reads
PDFS = 3
DOWN = 20  # seconds without a broker
# A PDF is handed over with a notice to its person, in the same transaction.
EFFECTS = """SELECT d.id::text, count(n.id) FROM casework_document d LEFT JOIN casework_notice n
  ON n.subject_id = d.id AND n.kind = 'document_ready' WHERE d.finished IS NOT NULL GROUP BY d.id"""
# The relay publishes what was not done five minutes ago: here they are skipped.
SKIP = "UPDATE casework_job SET published = published - interval '5 minutes' WHERE state IN ('waiting', 'running')"
OPEN = "SELECT count(*) FROM casework_job WHERE state IN ('waiting', 'running')"


def order(scene: Scene, how_many: int) -> set[str]:
    """Ask for PDFs of the file on its page; return those that were acknowledged."""
    ordered = set()
    for _number in range(how_many):
        form = {"once": secrets.token_urlsafe(16)}
        status, _page, where = fetch(scene.address, scene.seat("worker"), f"/children/{scene.child}/print/", form)
        if status in SAVED and "/documents/" in where:
            ordered.add(str(uuid.UUID(where.rstrip("/").rpartition("/")[2])))
    return ordered


def drain(scene: Scene, patience: float = 150) -> None:
    """Wait until no job is left; every few seconds the five minutes pass."""
    deadline = time.monotonic() + patience

    def is_drained() -> bool:
        if scene.count(OPEN) == 0:
            return True
        if int(deadline - time.monotonic()) % 4 == 0:
            scene.ask(SKIP)
            time.sleep(1)
        return False

    wait_for(is_drained, "all jobs are done", patience)
    time.sleep(3)  # quiet: a message that came twice is met now


def count(scene: Scene, result: Result, ordered: set[str]) -> None:
    result.count(ordered, dict(scene.ask(EFFECTS)))
    failed = scene.count("SELECT count(*) FROM casework_job WHERE state = 'failed'")
    result.demand(failed == 0, f"{failed} jobs were given up")


def killed_worker(stage: Stage, scene: Scene, result: Result) -> None:
    """F02: kill the worker at each job, once before its transaction commits and once after, before the broker knows."""
    marks = Path(scene.folder.path / "marks")
    shutil.rmtree(marks, ignore_errors=True)
    marks.mkdir()
    scene.web()
    scene.beat()
    ordered: set[str] = set()
    for moment in (MIDDLE, AFTER):
        scene.worker("portal.bench.drills.dying", {"DRILL_DIES": moment, "DRILL_MARKS": str(marks)})
        ordered |= order(scene, PDFS)
        drain(scene)
        scene.end("worker")
    count(scene, result, ordered)
    deaths = {moment: len(list(marks.glob(f"{moment}-*"))) for moment in (MIDDLE, AFTER)}
    result.demand(min(deaths.values()) >= PDFS, f"the worker died {deaths} times only")
    result.notes.append(
        f"the worker killed {deaths[MIDDLE]} times in the middle, {deaths[AFTER]} times after the commit"
    )


def killed_relay(stage: Stage, scene: Scene, result: Result) -> None:
    """F03: kill the relay after it has published and before it has noted that; the jobs come twice, and are done once."""
    scene.web()
    ordered = order(scene, PDFS)
    publish_twice(scene, len(ordered), result)
    scene.worker()
    drain(scene)
    count(scene, result, ordered)


def publish_twice(scene: Scene, jobs: int, result: Result) -> None:
    """Have a relay publish and die, and another one publish the same again."""
    code, said = scene.command("drill_act", "relay_and_die", "--jobs", str(jobs))
    result.demand(code == -signal.SIGKILL, f"the relay did not die: {code} {said[-300:]}")
    unmarked = scene.count("SELECT count(*) FROM casework_job WHERE published IS NULL")
    result.demand(unmarked == jobs, f"{jobs - unmarked} jobs were marked as published though the relay died before")
    code, said = scene.command("drill_act", "relay_and_die", "--jobs", "0")
    result.demand(code == 0, f"the second relay: {code} {said[-300:]}")
    result.notes.append(f"{jobs} jobs published twice")


def wiped_broker(stage: Stage, scene: Scene, result: Result) -> None:
    """F04: kill the broker and delete what it holds; pages go on, and what was asked for meanwhile is done afterwards."""
    scene.web()
    scene.worker()
    scene.beat()
    ordered = order(scene, PDFS)
    scene.end("valkey")
    for kept in stage.folder.valkey.iterdir():
        shutil.rmtree(kept) if kept.is_dir() else os.unlink(kept)
    began, tally, pages = time.monotonic(), Tally(), set()
    while time.monotonic() < began + DOWN:
        body = f"drill {result.name} {len(tally.acknowledged)}"
        if send_entry(scene, scene.seat("worker"), body, secrets.token_urlsafe(16), tally):
            tally.acknowledged.add(body)
        for path in ("/", "/jobs/", f"/children/{scene.child}/"):
            pages.add(fetch(scene.address, scene.seat("worker"), path)[0])
        time.sleep(1)
    ordered |= order(scene, PDFS)
    scene.rise("valkey")
    up = time.monotonic()
    drain(scene)
    count(scene, result, ordered)
    result.count(tally.acknowledged, stored(scene, result.name))
    result.demand(pages == {200} and set(tally.answers) == {"302"}, f"without a broker: {pages}, {dict(tally.answers)}")
    result.demand(len(ordered) == 2 * PDFS, f"{len(ordered)} PDFs were taken")
    result.notes.append(
        f"{DOWN} s without a broker, longest answer {tally.longest:.1f} s; drained {time.monotonic() - up:.0f} s later"
    )
