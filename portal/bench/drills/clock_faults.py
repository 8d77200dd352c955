"""Web processes whose clock is wrong: ends and order follow the database's."""

import time
from pathlib import Path

from portal.bench.drills.posting import Tally, fetch, stored, write_entry
from portal.bench.drills.result import Result, ToolMissing
from portal.bench.drills.stage import Scene, Stage, wait_for

PLACES = ("usr/lib/*/faketime/libfaketime.so.1", "usr/local/lib/faketime/libfaketime.so.1")
SLEEPING = Path(__file__).parent / "wrong_clock"
LASTS = 25  # seconds of access that is given while the clock is wrong


def wrong_by(offset: str) -> dict[str, str]:
    """Return the environment in which a process takes its clock to be off by so much."""
    found = next((path for place in PLACES for path in Path("/").glob(place)), None)
    if found is None:
        raise ToolMissing("libfaketime is not on this machine (Debian: apt-get install libfaketime)")
    # Waiting is measured by another clock, which stays right.
    right = {"FAKETIME_DONT_FAKE_MONOTONIC": "1", "NO_FAKE_STAT": "1", "PYTHONPATH": str(SLEEPING)}
    return {"LD_PRELOAD": str(found), "FAKETIME": offset, **right}


def wrong_clock(stage: Stage, scene: Scene, result: Result) -> None:
    """F11: set the web's clock ten minutes back, ten minutes on and 400 days on: access ends when the database says so."""
    back = wrong_by("-10m")
    page, tally = f"/children/{scene.child}/", Tally()

    def sees(name: str) -> int:
        return fetch(scene.address, scene.seat(name), page)[0]

    scene.web(back)
    code, said = scene.command("drill_act", "give", "--child", str(scene.child), "--seconds", str(LASTS))
    given = time.monotonic()
    result.demand(code == 0, f"access was not given: {said[-300:]}")
    result.demand(sees("stranger") == 200, "access that was just given does not open the file")
    wait_for(lambda: time.monotonic() > given + LASTS, "the access is over", LASTS + 10)
    result.demand(sees("stranger") == 404, "ten minutes back: access that has ended still opens the file")
    for number, offset in enumerate(("-10m", "+10m", "+400d")):
        scene.end("web")
        scene.web(wrong_by(offset))
        result.demand(sees("helper") == 200, f"{offset}: access that lasts a day does not open the file")
        result.demand(sees("stranger") == 404, f"{offset}: the file opens to somebody without access")
        write_entry(scene, scene.seat("helper"), f"drill {result.name} {number}", tally)
    result.count(tally.acknowledged, stored(scene, result.name))
    off = scene.count("SELECT count(*) FROM audit_event WHERE abs(extract(epoch FROM recorded - now())) > 900")
    result.demand(off == 0, f"{off} events stand at a time that the database never had")
    result.notes.append(
        "ten minutes back, ten minutes on, 400 days on: each access began and ended by the database’s clock"
    )


def clock_jumps_back(stage: Stage, scene: Scene, result: Result) -> None:
    """F12: set the web's clock ten minutes back between two entries: history and lists keep the order they were written in."""
    tally = Tally()
    order: list[str] = []
    for number, offset in enumerate(("+0", "-10m", "+0")):
        if "web" in scene.children:
            scene.end("web")
        scene.web(wrong_by(offset))
        order.append(f"drill {result.name} {number}")
        write_entry(scene, scene.seat("worker"), order[-1], tally)
    result.count(tally.acknowledged, stored(scene, result.name))
    kept = "SELECT text FROM victims_historicalcareentry WHERE text LIKE 'drill F12%' ORDER BY "
    for by in ("history_date", "tx"):
        found = [text for (text,) in scene.ask(kept + by)]
        result.demand(found == order, f"history in the order of {by} is another one: {found}")
    page = fetch(scene.address, scene.seat("worker"), f"/children/{scene.child}/care/")[1]
    shown = sorted(range(len(order)), key=lambda number: page.find(order[number]))
    result.demand(shown == [2, 1, 0], f"the section’s list, which goes by ids, shows the entries as {shown}")
    result.notes.append(
        "three entries, the second under a clock ten minutes back: history and the section’s list keep their order"
    )
