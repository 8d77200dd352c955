"""Two invented hash sets of two police forces, in which some files match: what an analyst weighs in the demonstration."""

import json
import random
import tempfile
from typing import Any

from portal.access.identity import acting
from portal.demo.crowd import SEED, Generated
from portal.demo.telling import Story
from victims import decisions, evidence, imports
from victims.models import Clue, Series, SeriesPair

SHAPE = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
PAIRS = (  # a series of each force, and how many bits their near files differ in
    ("Grey stairs 2", "Tram 28", (4, 12, 19)),
    ("Green tiles 2", "Winter coat", (2, 27, 31, 30)),
    ("Paper stars 2", "Small kitchen", (8,)),
    ("Two lamps 2", "Bus shelter", (15, 22)),
)


def drawn(*words: object) -> int:
    """Return an invented hash of 256 bits."""
    return random.Random(f"{SEED} {words}").getrandbits(256)  # noqa: S311  # a story, not a secret


def near(hash_: int, bits: int) -> int:
    """Return a hash that differs in so many bits."""
    for bit in random.Random(f"{hash_} {bits}").sample(range(256), bits):  # noqa: S311
        hash_ ^= 1 << bit
    return hash_


class HashSets(Generated):
    """Read in by two forces, compared, and partly weighed."""

    def story(self) -> Story:
        yield 60
        self.read_in("Tremblay", "northern-set.json", 1000, 0, ())
        self.describe("Tremblay", PAIRS[0][0])
        yield 30
        self.read_in("Lind", "eastern-set.json", 5000, 1, (0, 3))
        self.describe("Lind", PAIRS[0][1])
        yield 29
        self.decide(2, "dismiss", "Lind", "Another room: the window is on the other wall.")
        yield 20
        self.decide(3, "propose", "Tremblay", "The lamp and the scratch on the table are the same.")
        yield 19.5
        self.decide(3, "confirm", "Lind", "Seen independently: same table, same scratch.")
        yield 0.4
        self.decide(1, "propose", "Lind", "One hall, one tile with the same crack.")

    def read_in(self, by: str, name: str, start: int, side: int, shared: tuple[int, ...]) -> None:
        """Read in a set: forty files of each series, and those that match the other side."""
        entries: list[dict[str, Any]] = []
        for number, pair in enumerate(PAIRS):
            known = [drawn(number, n) for n in range(len(pair[2]))]
            mine = [near(hash_, bits) for hash_, bits in zip(known, pair[2], strict=True)] if side else known
            others = [drawn(name, number, n) for n in range(40)]
            entries += [entry(start + 100 * number + n, hash_, pair[side]) for n, hash_ in enumerate([*mine, *others])]
        for number in (0, 3):  # known to both forces, and to many others
            alike = {"MD5": f"{number + 1:032x}", "IsDistributed": "true"}
            entries.append(entry(start + 900 + number, drawn(name, "alike", number), PAIRS[number][side]) | alike)
        with tempfile.NamedTemporaryFile() as file:
            file.write(json.dumps({"@odata.context": SHAPE, "value": entries}).encode())
            file.flush()
            settled: dict[str, Any] = {"name": name, "is_network": True, "dry_run": False, "team": self.cast.team(by)}
            imports.read_file(path=file.name, by=self.cast[by], **settled)

    def describe(self, by: str, series: str) -> None:
        """Describe marks and objects."""
        with acting(self.cast[by]):
            series_id = Series.objects.get(name=series).pk
        for kind, text in (
            ("jewellery", "Green plastic watch, cracked glass"),
            ("scar", "Thin scar at the left wrist"),
        ):
            values = {"kind": kind, "text": text, "on_body": "left wrist"}
            evidence.add(model=Clue, series_id=series_id, values=values, by=self.cast[by])

    def decide(self, number: int, step: str, by: str, why: str) -> None:
        """Take a step on one of the pairs."""
        person, names = self.cast[by], PAIRS[number][:2]
        with acting(person):
            ids = list(Series.objects.filter(name__in=names).values_list("pk", flat=True))
            pair = SeriesPair.objects.get(series_a__in=ids, series_b__in=ids)
            before = decisions.decision_on(pair)
        decisions.decide(pair_id=pair.pk, step=step, version=before.version if before else 0, by=person, reason=why)


def entry(number: int, pdq: int, series: str) -> dict[str, Any]:
    """Return a media entry with a digest of its own."""
    known = [{"HashName": "PDQ", "HashValue": f"{pdq:064x}"}]
    digest = f"{drawn('md5', number, series) % 16**32:032x}"
    return {"MediaID": number, "MD5": digest, "Series": series, "AlternativeHashes": known}
