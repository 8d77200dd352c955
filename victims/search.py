"""Finding a child by case number or code name, among the files of which the person may see any section."""

import uuid
from dataclasses import dataclass, field

from django.http import QueryDict

from portal.access.opens import file_lines
from portal.access.sections import Section
from portal.access.visibility import CAP, headed_ids, visible, visible_ids
from portal.accounts.models import Person
from portal.casework import code_names
from victims import case_numbers
from victims.models import Child

MOST = 25
LONGEST = 120  # characters of a search


@dataclass(frozen=True)
class Found:
    """Ids of the files found, and whether the text was read as a case number, or as one with a wrong digit.

    names: of files found by a name of the child, the name as IDENTITY has it.
    """

    files: list[uuid.UUID]
    as_number: bool = False
    wrong_digit: bool = False
    names: dict[uuid.UUID, str] = field(default_factory=dict)


def typed(posted: QueryDict, name: str) -> str:
    """Return what was typed into a search box, without the one character that no database stores."""
    return posted.get(name, "").replace("\0", "").strip()[:LONGEST]


def children(text: str, person: Person) -> Found:
    """Return the files with this case number, or whose code name begins with the text."""
    try:
        number = case_numbers.read_number(text)
    except case_numbers.WrongNumber:
        return Found([], as_number=True, wrong_digit=True)
    if number:
        exact = list(visible(Child, person).filter(case_number=number).values_list("pk", flat=True))
        return Found(exact or headed(person, number, ""), as_number=True)
    start = code_names.key(text)
    if not start:
        return Found([])
    # A range instead of LIKE: comparison is leakproof, so the index is used under the row policies.
    named = visible(Child, person).filter(code_name_key__gte=start, code_name_key__lt=start + "\U0010ffff")
    mine = visible_ids(person, section=Section.SUMMARY, most=CAP)
    if len(mine) < CAP:  # whoever sees few files does not wait for all that the network gave this name
        named = named.filter(pk__in=mine)
    ids = list(named.order_by("code_name_key", "-id").values_list("pk", flat=True)[:MOST])
    return Found((ids + headed(person, "", start))[:MOST])


def headed(person: Person, number: str, start: str) -> list[uuid.UUID]:
    """Return the files found among the newest 1,001 of which the person sees the heading but not SUMMARY."""
    ids = headed_ids(person, most=CAP)
    lines = file_lines(ids) if ids else {}
    return [
        pk
        for pk, line in lines.items()
        if (line.case_number == number if number else code_names.key(line.code_name).startswith(start))
    ]
