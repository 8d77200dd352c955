"""Every person on every page of every file: no answer holds a word that the design does not let this person read.

A word of its own stands in every text of every record. Which of them a person may read says the oracle, not the code.
"""

import dataclasses
import itertools

import pytest
from django.urls import reverse

from portal.access.sections import Section
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from portal.desk.crawl import Walk, addresses, browser, open_to, words_of, write_words, written_in
from tests.access.stories import LETTER, Beginning
from tests.attacks import attack
from tests.conftest import as_owner
from tests.statements import digest
from tests.world import FILES, PEOPLE


def filled_everywhere():
    """Write a word of its own into every text of every record that has room for one; return where each may be read."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        written, closed = write_words()
        assert written > closed.total()
        return words_of(written_in())


def may_read(world, name):
    """Return the places that the oracle opens to the person."""
    places = [(file, section) for file in FILES for section in Section]
    return {(FILES[f], s) for f, s in places if world.may(name, f, LETTER[s], False, clock.now())}


@pytest.fixture
def words(cast, files):
    return filled_everywhere()


def walked(name, person, words, allowed):
    """Walk as a person. What one does not try somebody else does: files of which nothing is open, and pages without any."""
    turn, ids = sorted(PEOPLE).index(name), list(FILES.values())
    known = sorted({place[0] for place in allowed})
    closed = [child_id for child_id in ids[turn:] + ids[:turn] if child_id not in known][:1]
    tried = (known if len(known) < 4 else known[turn % 3 :: 3]) + closed
    start = addresses(tried, forms=False)
    start = [one for n, one in enumerate(start) if n % 5 == turn % 5 or any(str(child_id) in one for child_id in tried)]
    walk = Walk(person, browser(person, raise_request_exception=False), words, allowed, each=1).go(start, FILES)
    for child_id, section in itertools.product(tried, set(Section) - {Section.SUMMARY}):
        expected = 200 if (child_id, section) in allowed else 403 if child_id in known else 404
        assert walk.answered[reverse("victims:section", args=[child_id, section.slug])] == expected, (name, section)
    return walk


@attack("D12", "D13", "D16", "D20", "D22")
def test_no_answer_holds_a_word_that_the_person_may_not_read(cast, words):
    world, pages, seen, before = Beginning().world, 0, set(), digest()
    assert len(words) > 150
    for name, person in cast.all().items():
        allowed = may_read(world, name)
        assert open_to(person, list(FILES.values())) == allowed
        walk = walked(name, person, words, allowed)
        assert walk.leaks == [], name
        print(f"{name}: {dict(walk.pages)}, {walk.bytes // 1024} KB, {len(walk.seen)} of {len(walk.permitted)} words")
        pages, seen = pages + walk.pages.total(), seen | walk.seen
    assert digest() == before  # reading and searching change nothing but the record of looks
    assert pages > 500
    assert len(seen) > 40  # what may be read is read somewhere: the walk goes where the words are


def test_a_word_too_many_is_found(cast, words):
    """A decision that forgets one section of one file: the page that shows it is a leak."""
    person, place = cast.social_worker, (FILES["Mira"], Section.CARE)
    allowed = open_to(person, list(FILES.values()))
    walk = Walk(person, browser(person), words, allowed - {place}, each=0)
    walk.go([f"/children/{FILES['Mira']}/care/"])
    assert walk.leaks
    assert "canary-care-Mira" in walk.leaks[0]
    again = dataclasses.replace(walk, allowed=allowed, leaks=[], client=browser(person))
    assert again.go([f"/children/{FILES['Mira']}/care/"]).leaks == []
