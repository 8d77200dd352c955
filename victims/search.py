"""Finding a child by case number or code name, among the files the person may see."""

from dataclasses import dataclass

from django.http import QueryDict

from portal.access.visibility import visible
from portal.accounts.models import Person
from portal.casework import code_names
from victims import case_numbers
from victims.models import Child

MOST = 25
LONGEST = 120  # characters of a search


@dataclass(frozen=True)
class Found:
    """Files found, and whether the text was read as a case number, with a wrong digit or as a code name."""

    files: list[Child]
    as_number: bool = False
    wrong_digit: bool = False


def typed(posted: QueryDict, name: str) -> str:
    """Return what was typed into a search box, without the one character that no database stores."""
    return posted.get(name, "").replace("\0", "").strip()[:LONGEST]


def children(text: str, person: Person) -> Found:
    """Return the visible files with this case number, or whose code name begins with the text."""
    try:
        number = case_numbers.read_number(text)
    except case_numbers.WrongNumber:
        return Found([], as_number=True, wrong_digit=True)
    mine = visible(Child, person).select_related("owner__agency")
    if number:
        return Found(list(mine.filter(case_number=number)), as_number=True)
    start = code_names.key(text)
    if not start:
        return Found([])
    # A range instead of LIKE: comparison is leakproof, so the index is used under the row policies.
    named = mine.filter(code_name_key__gte=start, code_name_key__lt=start + "\U0010ffff")
    return Found(list(named.order_by("code_name_key", "-id")[:MOST]))
