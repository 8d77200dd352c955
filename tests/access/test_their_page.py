"""What they will see before it is sent: drawn by the functions that draw their own page, so byte by byte the same."""

import re

import pytest
from django.urls import reverse

from portal.access.actions import accept
from portal.access.identity import acting
from portal.access.models import Grant
from portal.access.sections import Section
from portal.audit import clock
from tests.access.test_masking import add_therapist_and_colleague
from tests.attacks import attack
from tests.statements import count_events, value
from tests.world import DAY
from victims import attachments
from victims.models import Child

S = Section


def page_of(files, agency):
    return reverse("victims:give_access", args=[files["Mira"]]) + f"?agency={agency.pk}"


def gift(cast, to, view=(6,), change=(), **more):
    day = (clock.now() + 20 * DAY).date()
    values = {"view": view, "change": change, "until": day, "reason": "x", "legal_basis": "duty", "once": "k"}
    return {"team": cast.team(to).pk, **values} | more


def section_of(answer):
    """The part of a page that shows a section."""
    text = answer.content.decode()
    return re.search(r'<div id="records">.*', text, re.S)[0]


@pytest.fixture
def noted(cast, files):
    with acting(cast.social_worker):
        mira = Child.objects.get(pk=files["Mira"])
    attachments.write_note(child=mira, section=S.CARE, body="Sleeps badly.", by=cast.social_worker)
    attachments.attach(child=mira, section=S.CARE, title="Letter", data=b"Dear colleagues", by=cast.social_worker)


@pytest.mark.parametrize("change", [(), (6,)])
def test_the_preview_is_the_page_that_they_see_once_they_accept(cast, files, browse, noted, change):
    client, page = browse(cast.social_worker), page_of(files, cast.stranger.agency)
    seen = client.post(page, gift(cast, "stranger", change=change, show="care")).context
    assert value("SELECT count(*) FROM access_grant WHERE team_id = %s", cast.team("stranger").pk) == 0
    assert "canary-care-Mira" in seen["their_section"]
    assert client.post(page, gift(cast, "stranger", change=change)).status_code == 302
    with acting(cast.stranger):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("stranger"))
    accept(grant=grant, by=cast.stranger)
    theirs = browse(cast.stranger).get(reverse("victims:section", args=[files["Mira"], "care"])).content.decode()
    assert seen["their_section"] in theirs
    assert ("Change" in seen["their_section"]) == bool(change)
    assert seen["theirs"]["child"].code_name == "Mira"


def lines(text):
    return {line.strip() for line in text.splitlines() if line.strip()}


def test_overview_and_care_plan_are_what_they_see_once_they_accept(cast, files, browse):
    """Lines that only their own page has are buttons; what the database shows to others alone stands in neither."""
    client, page = browse(cast.social_worker), page_of(files, cast.stranger.agency)
    seen = {
        show: client.post(page, gift(cast, "stranger", show=show)).context["their_section"]
        for show in ("first", "plan")
    }
    assert "canary-care-Mira" in seen["first"]
    assert "Farol House" not in seen["first"]  # who else is on the file, as they will read it
    assert "a shelter" in seen["first"]
    assert "<form" not in seen["first"] + seen["plan"]
    client.post(page, gift(cast, "stranger"))
    with acting(cast.stranger):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("stranger"))
    accept(grant=grant, by=cast.stranger)
    theirs = browse(cast.stranger)
    for show, name in (("first", "child"), ("plan", "care")):
        page = theirs.get(reverse(f"victims:{name}", args=[files["Mira"]])).content.decode()
        assert lines(seen[show]) - lines(page) <= {"<strong>4 agencies, 5 people.</strong>"}, (
            show
        )  # they count themselves


def test_it_shows_no_more_than_their_role_opens_at_this_stage(cast, files, browse):
    for show in ("identity", "suspects", "care"):
        answer = browse(cast.social_worker).post(
            page_of(files, cast.shelter_worker.agency), gift(cast, "shelter_worker", [3, 6], show=show)
        )
        tabs = {slug for slug, _label, _now in answer.context["their_tabs"]}
        assert tabs == {"overview", "whereabouts", "plan", "care"}
        assert "canary-identity" not in answer.content.decode()


def test_what_the_sender_does_not_read_does_not_stand_there(cast, files, browse):
    answer = browse(cast.social_worker).post(
        page_of(files, cast.clinician.agency),
        gift(cast, "clinician", [2, 4], team="", person=cast.clinician.pk, show="identity"),
    )
    assert "canary-therapy-Mira" not in answer.content.decode()
    assert {slug for slug, _label, _now in answer.context["their_tabs"]} == {"overview", "identity", "health"}


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"view": [5]}, "view"),  # therapy to a team
        ({"until": "2019-01-01"}, "until"),
        ({"beside": [2], "legal_basis_beside": "vital"}, "beside"),  # identity is not among what is given
    ],
)
def test_what_can_never_be_given_is_not_shown_but_said(cast, files, browse, more, field):
    client, page = browse(cast.social_worker), page_of(files, cast.stranger.agency)
    answer = client.post(page, gift(cast, "stranger", show="care") | more)
    assert set(answer.context["form"].errors) == {field}
    assert "is_previewed" not in answer.context


def test_a_section_that_the_sender_does_not_read_is_named_where_it_opens(cast, files, browse):
    answer = browse(cast.social_worker).post(
        page_of(files, cast.clinician.agency),
        gift(cast, "clinician", [5], team="", person=cast.clinician.pk, show="care"),
    )
    assert "Therapy" in answer.context["their_people"][0]
    assert answer.context["not_shown"] == ["Therapy"]


def test_a_preview_gives_nothing_and_is_recorded_as_a_look_of_the_sender_at_what_it_shows(cast, files, browse):
    before = value("SELECT count(*) FROM access_grant")
    looks = "SELECT count(*) FROM audit_event WHERE child_id = %s AND person_id = %s AND action = 'R'"
    seen = value(looks, files["Mira"], cast.social_worker.pk)
    of_care = {"kind": "view", "child_id": files["Mira"], "person_id": cast.social_worker.pk, "sections": [6]}
    drawn = count_events(**of_care)
    browse(cast.social_worker).post(page_of(files, cast.stranger.agency), gift(cast, "stranger", show="care"))
    assert value("SELECT count(*) FROM access_grant") == before
    assert value(looks, files["Mira"], cast.social_worker.pk) == seen + 2  # the page of the form, and what it drew
    assert count_events(**of_care) == drawn + 1
    assert value(looks, files["Mira"], cast.stranger.pk) == 0


def test_nobody_else_previews(cast, files, browse):
    for name in ("ngo_worker", "supervisor"):
        answer = browse(getattr(cast, name)).post(
            page_of(files, cast.stranger.agency), gift(cast, "stranger", show="care")
        )
        assert answer.status_code == 403


@attack("D20")
def test_trying_agencies_one_by_one_does_not_tell_which_of_them_is_the_therapist(cast, files, browse, owner):
    """A colleague of whoever gave access reads 'another agency' on the file; the preview tells no more."""
    add_therapist_and_colleague(cast, owner)
    page = page_of(files, cast.clinician.agency)
    for person, opens in (
        (cast.social_worker, "Summary, Health"),
        (cast.una, "Summary"),
    ):  # the one gave the other access
        for show in ("overview", "health"):
            seen = browse(person).post(page, gift(cast, "clinician", [], show=show)).context
            assert seen["their_people"] == [f"K. Osei, clinician: {opens}"]
            assert "Lapa Clinic" not in seen["their_section"], (person, show)
            assert "Osei" not in seen["their_section"], (person, show)


def test_a_transfer_shows_the_page_of_the_team_that_is_to_own_the_file(cast, files, browse):
    page = reverse("victims:transfer", args=[files["Mira"]]) + f"?agency={cast.stranger.agency_id}"
    posted = {"team": cast.team("stranger").pk, "reason": "moved", "once": "k", "show": "legal"}
    answer = browse(cast.social_worker).post(page, posted)
    assert "canary-legal-Mira" in answer.context["their_section"]
    assert value("SELECT count(*) FROM access_grant WHERE team_id = %s", cast.team("stranger").pk) == 0
