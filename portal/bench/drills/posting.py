"""People who post forms while things break: each entry carries a one-time key, and is sent until it is acknowledged."""

import http.client
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from urllib.parse import urlencode

from portal.bench.drills.stage import Scene, Seat
from portal.embedded.processes import Failed

SAVED = (302, 303)
TOKEN = "d" * 32  # of the form: the browser's cookie and the header have to say the same
PATIENCE = 60  # seconds for one answer
STUBBORN = 120  # seconds for one entry, however often it is sent


@dataclass
class Tally:
    """What was sent and what was answered; each entry is named by its own words."""

    acknowledged: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)
    repeated: int = 0
    longest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, answer: str, seconds: float) -> None:
        with self.lock:
            self.answers[answer] += 1
            self.longest = max(self.longest, seconds)


def fetch(
    address: str, seat: Seat, path: str, form: dict[str, str] | None = None, patience: float = PATIENCE
) -> tuple[int, str, str]:
    """Send one request; return status, body and where it leads. OSError or HTTPException where no answer came."""
    line = http.client.HTTPConnection(address.removeprefix("http://"), timeout=patience)
    cookies = "; ".join(f"{name}={value}" for name, value in (seat.cookies | {"csrf": TOKEN}).items())
    headers = {"Cookie": cookies, "X-CSRFToken": TOKEN, "Accept-Language": "en"}
    try:
        if form is None:
            line.request("GET", path, headers=headers)
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            line.request("POST", path, urlencode(form), headers)
        answer = line.getresponse()
        return answer.status, answer.read().decode("utf-8", "replace"), answer.getheader("Location") or ""
    finally:
        line.close()


def send_entry(scene: Scene, seat: Seat, body: str, key: str, tally: Tally) -> bool:
    """Send an entry once; return whether it was acknowledged: the answer leads on to the file, not to the sign-in."""
    began = time.monotonic()
    try:
        form = {"on": "2026-01-02", "kind": "wish", "text": body, "once": key}
        status, _page, where = fetch(scene.address, seat, f"/children/{scene.child}/care/add/", form)
        word = str(status)
    except (OSError, http.client.HTTPException) as problem:
        status, where, word = 0, "", type(problem).__name__
    tally.note(word, time.monotonic() - began)
    return status in SAVED and "/children/" in where


def write_entry(scene: Scene, seat: Seat, body: str, tally: Tally) -> None:
    """Send an entry with one key until it is acknowledged, as a person presses again."""
    key = secrets.token_urlsafe(16)
    with tally.lock:
        tally.sent.add(body)
    deadline = time.monotonic() + STUBBORN
    while not send_entry(scene, seat, body, key, tally):
        with tally.lock:
            tally.repeated += 1
        if time.monotonic() > deadline:
            raise Failed(f"An entry was not taken in {STUBBORN} s: {dict(tally.answers)}.")
        time.sleep(0.1)
    with tally.lock:
        tally.acknowledged.add(body)


class Writers:
    """Several people who write at once until there are enough entries, or until they are told to stop."""

    def __init__(self, scene: Scene, name: str, *, people: int, most: int) -> None:
        self.scene, self.name, self.most = scene, name, most
        self.tally = Tally()
        self.problems: list[Exception] = []
        self.next, self.over = 0, threading.Event()
        self.threads = [threading.Thread(target=self._write, daemon=True) for _ in range(people)]

    def __enter__(self) -> "Writers":
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, kind: type | None, *_error: object) -> None:
        if kind is not None:
            self.over.set()
        self.finish(raises=kind is None)

    def finish(self, *, raises: bool) -> None:
        for thread in self.threads:
            thread.join()
        if self.problems and raises:
            raise self.problems[0]

    @property
    def done(self) -> int:
        return len(self.tally.acknowledged)

    @property
    def is_busy(self) -> bool:
        return any(thread.is_alive() for thread in self.threads)

    def _take(self) -> int | None:
        with self.tally.lock:
            if self.next >= self.most or self.over.is_set():
                return None
            self.next += 1
            return self.next

    def _write(self) -> None:
        seat = self.scene.seat("worker")
        try:
            while (number := self._take()) is not None:
                write_entry(self.scene, seat, f"drill {self.name} {number}", self.tally)
        except Exception as problem:
            self.problems.append(problem)


STORED = "SELECT text, count(*) FROM victims_careentry WHERE text LIKE %s GROUP BY text"


def stored(scene: Scene, name: str) -> dict[str, int]:
    """Return the entries of a drill that the database holds, each with how often."""
    return dict(scene.ask(STORED, f"drill {name} %"))
