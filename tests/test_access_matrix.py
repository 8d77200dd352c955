"""Who opens what: every person of the small world on every page of every file, and the text of every PDF, against a plain oracle.

The oracle is written from the design's own table of roles, not from the code. Run it with -s to read the matrix.
"""

import io

import pypdf
import pytest
from django.urls import reverse

from portal.access.identity import acting
from portal.access.rights import sections_open
from portal.access.sections import Section, Stage
from portal.casework.pdf import render_pdf
from tests.attacks import attack
from victims.models import Child
from victims.printing import contents
from victims.section_pages import PAGES

S, AT = Section, Stage
CARE_STAGES = (AT.RESCUED, AT.IN_CARE)
BEFORE = (AT.SOUGHT, AT.LOCATED, AT.RESCUE_PLANNED)
EVERYTHING = set(S) - {S.THERAPY}

# Role: at these stages, these sections are read.
READS = {
    "analyst": {
        BEFORE: {S.SUMMARY, S.INVESTIGATION, S.SUSPECTS, S.IDENTITY},
        CARE_STAGES: {S.INVESTIGATION, S.IDENTITY},
    },
    "investigator": {
        BEFORE: {S.SUMMARY, S.IDENTITY, S.INVESTIGATION, S.SUSPECTS, S.WHEREABOUTS, S.LEGAL},
        CARE_STAGES: {S.SUMMARY, S.IDENTITY, S.INVESTIGATION, S.SUSPECTS, S.LEGAL},
        (AT.FOLLOW_UP,): {S.SUSPECTS, S.LEGAL},
        (AT.CLOSED,): {S.SUSPECTS},
    },
    "social_worker": {
        BEFORE: {S.SUMMARY},
        (*CARE_STAGES, AT.FOLLOW_UP): {S.SUMMARY, S.IDENTITY, S.WHEREABOUTS, S.CARE, S.LEGAL, S.HEALTH},
        (AT.CLOSED,): {S.SUMMARY, S.CARE, S.WHEREABOUTS},
    },
    "shelter_worker": {CARE_STAGES: {S.SUMMARY, S.CARE, S.WHEREABOUTS}},
    "clinician": {
        CARE_STAGES: {S.SUMMARY, S.IDENTITY, S.HEALTH, S.THERAPY},
        (AT.FOLLOW_UP, AT.CLOSED): {S.HEALTH, S.THERAPY},
    },
    "ngo_worker": {(*CARE_STAGES, AT.FOLLOW_UP): {S.SUMMARY, S.IDENTITY, S.WHEREABOUTS, S.CARE, S.HEALTH, S.LEGAL}},
}
READS |= {"foreign": READS["investigator"], "supervisor": READS["social_worker"], "stranger": READS["ngo_worker"]}

POLICE, SERVICES = {"analyst", "investigator"}, {"social_worker", "supervisor"}
# File: its stage, and what was given to whom; the owner's team holds everything but therapy.
WORLD = {
    "Open": (AT.SOUGHT, [(POLICE, EVERYTHING)]),
    "Sought": (AT.SOUGHT, [(POLICE, EVERYTHING)]),
    "Foreign": (AT.LOCATED, [({"foreign"}, EVERYTHING)]),
    "Planned": (AT.RESCUE_PLANNED, [(POLICE, EVERYTHING)]),
    "Rescued": (
        AT.RESCUED,
        [(POLICE, EVERYTHING), (SERVICES, {S.SUMMARY, S.IDENTITY, S.WHEREABOUTS, S.CARE, S.LEGAL})],
    ),
    "Mira": (
        AT.RESCUED,
        [
            (SERVICES, EVERYTHING),
            ({"shelter_worker"}, {S.SUMMARY, S.CARE, S.WHEREABOUTS}),
            ({"ngo_worker"}, {S.SUMMARY, S.CARE}),
            ({"clinician"}, {S.SUMMARY, S.HEALTH, S.THERAPY}),
        ],
    ),
    "Waiting": (AT.RESCUED, [(SERVICES, EVERYTHING)]),
    "Ended": (AT.RESCUED, [(SERVICES, EVERYTHING)]),
    "Follow": (AT.FOLLOW_UP, [(SERVICES, EVERYTHING), (POLICE, {S.SUMMARY, S.SUSPECTS, S.LEGAL})]),
    "Closed": (AT.CLOSED, [(SERVICES, EVERYTHING)]),
    "Conflict": (AT.RESCUED, [(SERVICES, EVERYTHING)]),
    "Short": (AT.RESCUED, [(SERVICES, EVERYTHING), ({"clinician"}, {S.SUMMARY, S.HEALTH})]),
}
CERTIFIED = {"analyst", "investigator", "foreign"}


def held(name: str, file: str) -> set[Section]:
    """Return the sections that the person opens, by the design's two keys and its one exception."""
    stage, given = WORLD[file]
    by_role = next((sections for stages, sections in READS[name].items() if stage in stages), set())
    by_grant = set().union(*(sections for people, sections in given if name in people))
    if file in ("Open", "Sought") and name in CERTIFIED:
        by_grant |= {S.SUMMARY, S.INVESTIGATION}
    return by_role & by_grant


def pages_of(child_id):
    """Return the pages of a file by title, each with its section and address."""
    made = {"overview": (S.SUMMARY, reverse("victims:child", args=[child_id]))}
    for section in PAGES.keys() - {S.SUMMARY}:
        made[section.slug] = (section, reverse("victims:section", args=[child_id, section.slug]))
    made["who"] = (S.SUMMARY, reverse("victims:who", args=[child_id]))
    made["looks"] = (S.SUMMARY, reverse("victims:looks", args=[child_id]))
    made["beds"] = (S.WHEREABOUTS, reverse("shelters:placements", args=[child_id]))
    return made


@pytest.mark.parametrize("name", READS)
@attack("D13")
def test_every_page_of_every_file_answers_as_the_design_says(cast, files, browse, name):
    client, lines = browse(getattr(cast, name)), []
    for file in WORLD:
        opens = held(name, file)
        for title, (section, address) in pages_of(files[file]).items():
            wanted = 200 if section in opens else 403 if opens else 404
            answer = client.get(address)
            assert answer.status_code == wanted, (name, file, title)
            lines.append(f"{name:15} {file:9} {title:14} {answer.status_code}")
    assert len(lines) == len(WORLD) * 12
    print(*lines, sep="\n")


def text_of(cast, name: str, child_id) -> str:
    """Return what the PDF of a file says to the person, without the gaps that its lines make."""
    person = getattr(cast, name)
    with acting(person):
        shown = sections_open(person, child_id)
        child = Child.objects.get(pk=child_id)
        document = type("Ordered", (), {"language": "en", "pk": child_id, "asked": child.opened, "number": 1})()
        pdf = render_pdf("documents/file.html", contents(document, child, person, shown), "en")
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.mark.parametrize("name", READS)
@attack("D20")
def test_the_words_of_a_pdf_are_those_of_the_sections_that_open(cast, files, name):
    made = 0
    for file in WORLD:
        opens = held(name, file)
        if S.SUMMARY not in opens:
            continue
        text, made = text_of(cast, name, files[file]), made + 1
        for section in PAGES.keys() - {S.SUMMARY}:
            stands = f"canary-{section.slug}-{file}" in text
            assert stands == (section in opens), (name, file, section.slug)
            print(f"{name:15} {file:9} PDF {section.slug:14} {'stands' if stands else '-'}")
    assert made > 0 or name == "stranger"
