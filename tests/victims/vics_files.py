"""VICS files made for one test, and what reading them gives."""

import base64
import io
import json
from pathlib import Path

import pytest

from victims import vics
from victims.media_counts import Counts
from victims.vics_entries import BadEntry

DATA = Path(__file__).parent.parent / "data" / "vics"
EXPECTED = json.loads((DATA / "expected.json").read_text("utf-8"))
MD5 = "9A3EF23F86ABD94612BE7EF531A6E148"
PDQ = "ade82bf512dc6b84a08948330876f1db5d73240c696c8cc668f3a1ebd494b8b9"
PHOTODNA = base64.b64encode(bytes(range(144))).decode()
PICTURE = base64.b64encode(bytes(range(256)) * 8).decode()
HASH_SET = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media"
CASES = "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#Cases"


def as_file(value, context=HASH_SET):
    return io.BytesIO(json.dumps({"@odata.context": context, "value": value}).encode())


def read_all(source):
    return list(vics.read(source))


def read_one(**fields):
    """The only entry of a hash set whose one entry has these fields beside an MD5."""
    _, entry = read_all(as_file([{"MediaID": 1, "MD5": MD5, **fields}]))
    return entry


def read_until_broken(text):
    """What was yielded before the damage, and the error."""
    items: list[vics.Item] = []
    with pytest.raises(vics.BrokenFile) as caught:
        items.extend(vics.read(io.BytesIO(text)))  # keeps what came before the error
    return items, caught.value


def reasons(**fields):
    entry = read_one(**fields)
    assert isinstance(entry, BadEntry)
    return entry.reasons


def counted(source, most_problems=1_000):
    counts = Counts(most_problems=most_problems)
    for item in vics.read(source):
        counts.add(item)
    return counts
