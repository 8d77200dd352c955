"""Web processes that die, too many visitors at once, and connections cut in the middle of a commit."""

import random
import secrets
import socket
import threading
import time
from collections import Counter
from urllib.parse import quote

from portal.bench.drills.posting import PATIENCE, Tally, Writers, fetch, send_entry, stored
from portal.bench.drills.proxy import AFTER, BEFORE, Cutter
from portal.bench.drills.result import Result
from portal.bench.drills.stage import Scene, Stage, below, kill

POSTS = 500
BETWEEN = 25  # posts that are acknowledged between two kills
VISITORS = 300
LOCKED = 12  # seconds during which every question about a file waits
CUTS = 20
CODE_NAME = "“Drill”"  # of the child, as pages show it


def killed_web(stage: Stage, scene: Scene, result: Result) -> None:
    """F01: kill one of two web processes again and again under 500 posts; each is sent with its key until acknowledged."""
    scene.web()
    kills = 0
    with Writers(scene, result.name, people=6, most=POSTS) as writers:
        while writers.is_busy and not writers.problems:
            there = writers.done
            if workers := below(scene.children["web"]):
                kill(random.choice(workers))  # noqa: S311 - which one dies is no secret
                kills += 1
            while writers.is_busy and writers.done < there + BETWEEN:
                time.sleep(0.1)
    result.count(writers.tally.acknowledged, stored(scene, result.name))
    result.demand(kills >= 3, f"only {kills} processes were killed while posts came")
    result.notes.append(f"{kills} web processes killed, {writers.tally.repeated} posts sent again")


def crowd(stage: Stage, scene: Scene, result: Result) -> None:
    """F18: 300 visitors at once while every question about a file waits: 503, nobody hangs, nothing opens to a stranger."""
    scene.web()
    tally, answers, leaks = Tally(), Counter[str](), []
    page = f"/children/{scene.child}/"

    def visit(number: int) -> None:
        name = "stranger" if number % 3 == 0 else "worker"
        if number % 6 == 1:
            body = f"drill {result.name} {number}"
            if send_entry(scene, scene.seat("worker"), body, secrets.token_urlsafe(16), tally):
                tally.acknowledged.add(body)
            return
        began = time.monotonic()
        try:
            status, words, _where = fetch(scene.address, scene.seat(name), page, patience=PATIENCE)
        except OSError as problem:
            status, words = 0, type(problem).__name__
        tally.note(str(status or words), time.monotonic() - began)
        answers[f"{name} {status or words}"] += 1
        if name == "stranger" and (status not in (404, 503) or CODE_NAME in words):
            leaks.append(status)

    locker = threading.Thread(target=hold_files, args=[scene])
    locker.start()
    time.sleep(0.5)
    visitors = [threading.Thread(target=visit, args=[number]) for number in range(VISITORS)]
    for one in visitors:
        one.start()
    for one in visitors:
        one.join()
    locker.join()
    result.count(tally.acknowledged, stored(scene, result.name))
    result.demand(not leaks, f"a stranger was answered {leaks}")
    others = set(tally.answers) - {"200", "302", "404", "503"}
    result.demand(not others, f"answers that are none: {sorted(others)}")
    result.demand(tally.answers["503"], "nobody was told to come back")
    after = fetch(scene.address, scene.seat("worker"), page)[0]
    result.demand(after == 200, f"afterwards the file answers {after}")
    result.notes.append(
        f"{sum(tally.answers.values())} answers {dict(sorted(tally.answers.items()))}, longest {tally.longest:.0f} s"
    )


def hold_files(scene: Scene) -> None:
    """Lock the table of files for a while: whoever asks for one waits."""
    scene.ask(f"BEGIN; LOCK TABLE victims_child; SELECT pg_sleep({LOCKED}); COMMIT")


def cut_commit(stage: Stage, scene: Scene, result: Result) -> None:
    """F22: cut the connection to the database at the COMMIT of an entry; the same form sent again tells the truth."""
    postgres = stage.cluster.postgres

    def connect() -> socket.socket:
        line = socket.socket(socket.AF_UNIX)
        line.connect(str(postgres.sockets / ".s.PGSQL.5432"))
        return line

    cutter = Cutter(connect)
    database = scene.env["DATABASE_URL"].partition("?")[0].rpartition("/")[2]
    through = f"postgresql://app:{quote(postgres.passwords['app'], safe='')}@127.0.0.1:{cutter.port}/{database}"
    scene.web({"DATABASE_URL": f"{through}?sslmode=disable&gssencmode=disable"})
    seat, tally, told = scene.seat("worker"), Tally(), 0
    try:
        for number in range(CUTS):
            body, key = f"drill {result.name} {number:03}.", secrets.token_urlsafe(16)
            cutter.arm(body, AFTER if number % 2 else BEFORE)
            told += send_entry(scene, seat, body, key, tally)
            if send_entry(scene, seat, body, key, tally):
                tally.acknowledged.add(body)
    finally:
        cutter.close()
    result.count(tally.acknowledged, stored(scene, result.name))
    result.demand(
        len(tally.acknowledged) == CUTS, f"{CUTS - len(tally.acknowledged)} entries were not taken the second time"
    )
    result.demand(cutter.cuts == CUTS, f"{cutter.cuts} of {CUTS} connections were cut")
    result.demand(told == 0, f"{told} posts were answered as saved though their connection was cut")
    result.notes.append(
        f"{cutter.cuts} connections cut, half before and half after the commit; answers {dict(tally.answers)}"
    )
