"""Whether a line gives a name or a known place of the child away, as far as its writer may know them."""

import re
import unicodedata
import uuid

from portal.access.rights import can
from portal.access.sections import Section
from portal.accounts.models import Person
from victims.models import Identity, Whereabouts

WORD = re.compile(r"[^\W_]{3,}")
SHORTEST_OF_PLACE = 5  # letters: "rua", "the" and "casa" stand in every address


def known_words(person: Person, child_id: uuid.UUID) -> tuple[list[str], list[Section]]:
    """Return the words of the child's names and places that this person may read, and the sections they stand in."""
    words: list[str] = []
    sections = [one for one in (Section.IDENTITY, Section.WHEREABOUTS) if can(person, child_id, one)]
    if Section.IDENTITY in sections:
        for who in Identity.objects.filter(child_id=child_id):
            words += WORD.findall(f"{who.family_name} {who.given_names} {who.other_names}")
    if Section.WHEREABOUTS in sections:
        for where in Whereabouts.objects.filter(child_id=child_id):
            words += [word for word in WORD.findall(where.place) if len(word) >= SHORTEST_OF_PLACE]
    return words, sections


def folded(text: str) -> str:
    """Return a text without case and accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.casefold()) if not unicodedata.combining(c))


def names_child(line: str, known: list[str]) -> str:
    """Return the first word of the line that is one of the known words; nothing where none is."""
    wanted = {folded(word) for word in known}
    return next((word for word in WORD.findall(line) if folded(word) in wanted), "")
