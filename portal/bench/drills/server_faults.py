"""Database servers that die or cannot write, and everything ended at once."""

import shutil
import signal
import subprocess
import time

from portal.bench.drills.posting import Writers, fetch, stored
from portal.bench.drills.result import Result, ToolMissing
from portal.bench.drills.stage import Scene, Stage, below, wait_for
from portal.embedded.stack import ask

WRITERS = 8
ENTRIES = 400
BEFORE = 60  # entries that are there before something breaks


def killed_postmaster(stage: Stage, scene: Scene, result: Result) -> None:
    """F05: kill the database server under eight writers; they read 503 and try again, and it comes back by itself."""
    scene.web()
    with Writers(scene, result.name, people=WRITERS, most=ENTRIES) as writers:
        wait_for(lambda: writers.done >= BEFORE, "the first entries are written")
        scene.children["postgres"].process.send_signal(signal.SIGKILL)
        broken, there = time.monotonic(), writers.done
        time.sleep(0.5)  # what was acknowledged in this moment was committed before
        wait_for(lambda: writers.done > there + WRITERS, "entries are taken again")
        back = time.monotonic() - broken
    result.count(writers.tally.acknowledged, stored(scene, result.name))
    demand_answers(writers, result)
    result.notes.append(f"taken again {back:.1f} s after the kill, {answers(writers)}")


def demand_answers(writers: Writers, result: Result) -> None:
    """Whoever wrote while the server was away was told so, and nothing else."""
    others = set(writers.tally.answers) - {"302", "503"}
    result.demand(not others, f"answers that are neither saved nor 503: {sorted(others)}")
    result.demand(writers.tally.answers["503"], "nobody was told to come back")


def answers(writers: Writers) -> str:
    return f"answers {dict(sorted(writers.tally.answers.items()))}, longest {writers.tally.longest:.1f} s"


def failing_disk(stage: Stage, scene: Scene, result: Result) -> None:
    """F10: have the disk refuse to write down (fsync) under eight writers: the server ends, recovers, and has lost nothing."""
    strace = shutil.which("strace")
    if strace is None:
        raise ToolMissing("strace is not on this machine (Debian: apt-get install strace)")
    scene.web()
    with Writers(scene, result.name, people=WRITERS, most=ENTRIES) as writers:
        wait_for(lambda: writers.done >= BEFORE, "the first entries are written")
        panics = count_panics(scene)
        tracer = refuse_to_write(strace, scene)
        try:
            wait_for(lambda: count_panics(scene) > panics or tracer.poll() is not None, "the server meets the error")
        finally:
            was_alive = tracer.poll() is None
            tracer.send_signal(signal.SIGTERM)
            _nothing, said = tracer.communicate(timeout=30)
        if not was_alive and count_panics(scene) == panics:
            raise ToolMissing(f"strace may not look into other processes here: {said.strip()[-200:]}")
        there = writers.done
        wait_for(lambda: writers.done > there + WRITERS or not writers.is_busy, "entries are taken again")
    result.count(writers.tally.acknowledged, stored(scene, result.name))
    demand_answers(writers, result)
    result.notes.append(f"{count_panics(scene) - panics} PANIC in the server’s log, {answers(writers)}")


def count_panics(scene: Scene) -> int:
    return (scene.folder.logs / "postgres.log").read_bytes().count(b"PANIC")


def refuse_to_write(strace: str, scene: Scene) -> "subprocess.Popen[str]":
    """Have every process of the server get an error from the disk when it makes sure of what it wrote."""
    postgres = scene.children["postgres"]
    pids = [postgres.process.pid, *(one.pid for one in below(postgres))]
    words = ["-f", "-qq", "-o", "/dev/null", "-e", "trace=fsync,fdatasync"]
    words += ["-e", "inject=fsync,fdatasync:error=EIO"]
    for pid in pids:
        words += ["-p", str(pid)]
    return subprocess.Popen(  # noqa: S603 - the program that was found, over processes of this drill
        [strace, *words], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )


def everything_killed(stage: Stage, scene: Scene, result: Result) -> None:
    """F19: kill every process at once under eight writers; started again in any order, tables and indexes are whole."""
    scene.web()
    scene.worker()
    scene.beat()
    names = ["beat", "postgres", "worker", "valkey", "web"]
    with Writers(scene, result.name, people=WRITERS, most=ENTRIES // 2) as writers:
        wait_for(lambda: writers.done >= BEFORE, "the first entries are written")
        for name in names:
            scene.end(name)
        broken = time.monotonic()
        scene.rise("web", "worker", "beat")  # those that need the others come first, and fall over
        time.sleep(2)
        scene.rise("valkey", "postgres")
        wait_for(lambda: ask(scene.address), "the web server answers again")
        back = time.monotonic() - broken
    result.count(writers.tally.acknowledged, stored(scene, result.name))
    code, said = stage.amcheck()
    result.demand(code == 0, f"pg_amcheck: {said.strip()[-300:]}")
    result.notes.append(f"first answer {back:.1f} s after the kill; pg_amcheck {code}; {answers(writers)}")


PARTITION = """SELECT 'audit_event_' || to_char(month, 'YYYY_MM'), month::date::text, (month + interval '1 month')::date::text
  FROM date_trunc('month', now() AT TIME ZONE 'UTC') AS month"""


def no_record(stage: Stage, scene: Scene, result: Result) -> None:
    """F23: make it impossible to record a look, by rights and by a partition that is not there: 503, and no data."""
    scene.web()
    page, seat = f"/children/{scene.child}/", scene.seat("worker")
    result.demand(fetch(scene.address, seat, page)[0] == 200, "the file does not open at first")
    part, first, last = scene.ask(PARTITION)[0]
    gone = f"ALTER TABLE audit_event DETACH PARTITION {part}"
    back = (
        f"ALTER TABLE audit_event ATTACH PARTITION {part} FOR VALUES FROM ('{first} 00:00+00') TO ('{last} 00:00+00')"
    )
    ways = {"rights taken": ("REVOKE INSERT ON audit_event FROM app", "GRANT INSERT ON audit_event TO app"),
            "no partition": (gone, back)}  # fmt: skip
    for name, (breaks, mends) in ways.items():
        scene.ask(breaks)
        with Writers(scene, f"{result.name} {name}", people=1, most=1) as writers:
            for path in (page, f"{page}care/", "/children/"):
                status, words, _where = fetch(scene.address, seat, path)
                result.demand(status == 503, f"{name}: {path} answers {status}")
                result.demand(
                    "Drill" not in words.replace("Drill Children", ""), f"{name}: the answer holds data of the file"
                )
            wait_for(lambda: writers.tally.answers["503"], "an entry is refused")
            result.demand(not stored(scene, f"{result.name} {name}"), f"{name}: an entry is stored without its event")
            scene.ask(mends)
        result.count(writers.tally.acknowledged, stored(scene, f"{result.name} {name}"))
    result.demand(fetch(scene.address, seat, page)[0] == 200, "the file does not open again")
    result.notes.append("pages and forms answered 503 without data, both ways; the entries were taken afterwards")
