"""Access that is passed on: the same or less, no longer, one step, to one agency; and it dies with what it came from."""

import pytest
from django.db import DatabaseError
from django.urls import reverse

from portal.access.actions import accept, end, give
from portal.access.going_on import pass_on
from portal.access.identity import Refused, acting
from portal.access.legal_bases import end_basis
from portal.access.models import Grant, LegalBasis
from portal.access.rights import sections_open
from portal.access.sections import Level, Section
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.casework.models import Notice
from portal.casework.workflow import NotPossible
from tests import world
from tests.attacks import attack
from tests.oversight import register_overseers
from tests.statements import value
from tests.world import DAY

S, VIEW, CHANGE = Section, Level.VIEW, Level.CHANGE


def held(person, child_id):
    with acting(person):
        return set(sections_open(person, child_id))


def given(cast, files, onward=True, days=30, sections=None, to="ngo_worker", **more):
    grant = give(
        child_id=files["Follow"], sections=sections or {S.SUMMARY: VIEW, S.CARE: CHANGE, S.HEALTH: VIEW},
        until=clock.now() + days * DAY, team=cast.team(to), owner=cast.team("social_worker"), by=cast.social_worker,
        reason="works with the child", onward=onward, **more,
    )  # fmt: skip
    return accept(grant=grant, by=getattr(cast, to))


def passed(cast, parent, to="stranger", sections=None, until=None, **more):
    return pass_on(
        parent=parent, sections=sections or {S.SUMMARY: VIEW, S.CARE: VIEW}, until=until or parent.until - DAY,
        owner=cast.team("social_worker"), by=cast.ngo_worker, reason="on Sundays",
        **{"team": cast.team(to)} | more,
    )  # fmt: skip


@attack("D23")
def test_what_is_passed_on_opens_on_acceptance_and_dies_with_its_parent(cast, files):
    parent = given(cast, files)
    grant = passed(cast, parent)
    assert held(cast.stranger, files["Follow"]) == set()
    accept(grant=grant, by=cast.stranger)
    assert held(cast.stranger, files["Follow"]) == {S.SUMMARY, S.CARE}
    with acting(cast.social_worker):
        assert Notice.objects.filter(person=cast.social_worker, kind="access_passed_on").exists()
    end(grant=parent, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    assert held(cast.stranger, files["Follow"]) == set()
    assert value("SELECT end_reason FROM access_grant WHERE id = %s", grant.pk) == "The access that it came from ended"
    with acting(cast.stranger):
        assert Notice.objects.filter(person=cast.stranger, kind="access_ended", subject_id=grant.pk).exists()


def test_it_ends_with_its_parent_by_the_holder_too_and_by_time(cast, files):
    parent = given(cast, files, days=3)
    grant = passed(cast, parent, until=parent.until)
    accept(grant=grant, by=cast.stranger)
    cast.stranger.identity = world.open_token(cast.stranger, "session", idle=9 * DAY, lifetime=9 * DAY)
    with shifted(4 * DAY):
        assert held(cast.stranger, files["Follow"]) == set()
    end(grant=parent, owner=cast.team("social_worker"), by=cast.ngo_worker, reason="done")
    assert value("SELECT ended IS NOT NULL FROM access_grant WHERE id = %s", grant.pk)


@attack("D23")
def test_it_ends_with_the_legal_basis_of_its_parent_section_by_section(cast, files):
    parent = given(cast, files)
    accept(grant=passed(cast, parent, legal_basis="court_order"), by=cast.stranger)
    register_overseers(cast)
    with acting(cast.operator):
        basis = LegalBasis.objects.get(code="duty")
    end_basis(basis=basis, by=cast.operator, reason="repealed")
    assert held(cast.stranger, files["Follow"]) == set()


def test_whoever_passed_it_on_ends_it_and_so_does_the_owner(cast, files):
    parent = given(cast, files)
    for by in ("ngo_worker", "social_worker"):
        grant = passed(cast, parent)
        accept(grant=grant, by=cast.stranger)
        end(grant=grant, owner=cast.team("social_worker"), by=getattr(cast, by), reason="enough")
        assert held(cast.stranger, files["Follow"]) == set()


@pytest.mark.parametrize(
    ("more", "field", "words"),
    [
        ({"sections": {S.SUMMARY: VIEW, S.LEGAL: VIEW}}, "view", "not given: Legal"),
        ({"sections": {S.SUMMARY: VIEW, S.HEALTH: CHANGE}}, "view", "not given: Health"),
        ({"until": 1}, "until", "Your own access ends on"),
        ({"team": "ngo_worker"}, "team", "another agency"),
    ],
)
def test_nobody_passes_on_more_or_longer_than_was_given(cast, files, more, field, words):
    parent = given(cast, files)
    if "until" in more:
        more = {"until": parent.until + DAY}
    if "team" in more:
        more = {"team": cast.team(more["team"])}
    with pytest.raises(NotPossible, match=words) as wrong:
        passed(cast, parent, **more)
    assert wrong.value.field == field


def test_it_goes_to_one_agency_at_a_time(cast, files):
    parent = given(cast, files)
    first = passed(cast, parent)
    with pytest.raises(NotPossible, match="another agency already"):
        passed(cast, parent, to="clinician")
    end(grant=first, owner=cast.team("social_worker"), by=cast.ngo_worker, reason="x")
    assert passed(cast, parent, to="clinician")


def test_nobody_passes_on_what_does_not_say_so_nor_a_second_time(cast, files):
    closed = given(cast, files, onward=False)
    with pytest.raises(Refused):
        passed(cast, closed)
    grant = accept(grant=passed(cast, given(cast, files)), by=cast.stranger)
    with pytest.raises(Refused):
        pass_on(
            parent=grant, sections={S.SUMMARY: VIEW}, until=grant.until, owner=cast.team("social_worker"),
            by=cast.stranger, reason="x", team=cast.team("clinician"),
        )  # fmt: skip


def raw(by, child_id, **more):
    now = clock.now()
    values = {"child_id": child_id, "view": [1, 6], "basis": "referral", "reason": "x", "begins": now, "given_by": by}
    Grant(**values | more).save()


def test_the_wall_holds_what_is_passed_on_to_its_parent(cast, files):
    parent = given(cast, files)
    good = {"team": cast.team("stranger"), "parent": parent, "until": parent.until - DAY}
    tries = {
        "more": {"view": [1, 2, 6]},
        "to change": {"view": [1, 4], "change": [4]},
        "longer": {"until": parent.until + DAY},
        "without parent": {"parent": None},
        "to the own agency": {"team": cast.team("ngo_worker")},
        "onward again": {"onward": True},
        "confirmed": {"confirmed": clock.now()},
        "as owner": {"basis": "ownership"},
        "as transfer": {"basis": "transfer"},
        "on no legal basis": {"legal_basis": "none"},
    }
    for name, values in tries.items():
        with pytest.raises(DatabaseError, match="row-level security"), acting(cast.ngo_worker, reason=name):
            raw(cast.ngo_worker, files["Follow"], **good | values)
    with acting(cast.ngo_worker, reason="x"):
        raw(cast.ngo_worker, files["Follow"], **good)
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.ngo_worker, reason="to two agencies"):
        raw(cast.ngo_worker, files["Follow"], **good | {"team": cast.team("clinician")})


def test_the_wall_lets_nothing_be_passed_on_twice(cast, files):
    parent = given(cast, files)
    grant = accept(grant=passed(cast, parent), by=cast.stranger)
    again = {"team": cast.team("clinician"), "parent": grant, "until": grant.until - DAY}
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.stranger, reason="x"):
        raw(cast.stranger, files["Follow"], **again)
    with pytest.raises(DatabaseError, match="row-level security"), acting(cast.stranger, reason="x"):
        raw(cast.stranger, files["Follow"], **again | {"parent": parent})


def test_the_page_of_who_can_see_shows_it_under_what_it_came_from(cast, files, browse):
    parent = given(cast, files)
    accept(grant=passed(cast, parent), by=cast.stranger)
    rows = browse(cast.social_worker).get(reverse("victims:who", args=[files["Follow"]])).context["holders"]
    at = next(place for place, row in enumerate(rows) if row["passed_on"])
    assert (rows[at - 1]["agency"], rows[at]["agency"]) == ("Casa Aurora", "Open Door")
    assert rows[at]["end_url"]
    assert not rows[at]["renew_url"]
    mine = browse(cast.ngo_worker).get(reverse("victims:who", args=[files["Follow"]])).context["holders"]
    assert [row["agency"] for row in mine if row["pass_on_url"]] == ["Casa Aurora"]
    assert [row["agency"] for row in mine if row["renew_url"]] == ["Open Door"]


def test_nobody_of_the_owners_team_is_offered_to_pass_on(cast, files, browse):
    """Whoever owns the file gives access; to pass on is refused there, so no button says it."""
    grant = give(
        child_id=files["Follow"], sections={S.SUMMARY: VIEW, S.CARE: VIEW}, until=clock.now() + 30 * DAY, reason="x",
        person=cast.supervisor, owner=cast.team("social_worker"), by=cast.social_worker, onward=True,
    )  # fmt: skip
    client = browse(cast.supervisor)
    rows = client.get(reverse("victims:who", args=[files["Follow"]])).context["holders"]
    assert any(row["may_pass_on"] for row in rows)
    assert not any(row["pass_on_url"] for row in rows)
    assert client.get(reverse("victims:pass_on", args=[files["Follow"], grant.pk])).status_code == 404


def test_whoever_it_was_passed_on_to_reads_the_page_and_gives_it_back(cast, files, browse):
    grant = accept(grant=passed(cast, given(cast, files)), by=cast.stranger)
    rows = browse(cast.stranger).get(reverse("victims:who", args=[files["Follow"]])).context["holders"]
    assert [row["agency"] for row in rows if row["passed_on"]] == ["Open Door"]
    assert not any(row[f"{act}_url"] for row in rows for act in ("end", "renew", "ask", "pass_on"))
    end(grant=grant, owner=cast.team("social_worker"), by=cast.stranger, reason="not needed")
    assert held(cast.stranger, files["Follow"]) == set()


def test_passing_on_from_the_page(cast, files, browse):
    parent = given(cast, files)
    page = reverse("victims:pass_on", args=[files["Follow"], parent.pk]) + f"?agency={cast.stranger.agency_id}"
    client = browse(cast.ngo_worker)
    form = client.get(page).context["form"]
    assert [number for number, _label in form.fields["view"].choices] == [4, 6]
    assert "onward" not in form.fields
    day = (clock.now() + 5 * DAY).date()
    posted = {
        "team": cast.team("stranger").pk,
        "view": [6],
        "until": day,
        "reason": "x",
        "legal_basis": "duty",
        "once": "a",
    }
    assert client.post(page, posted).status_code == 302
    assert value("SELECT count(*) FROM access_grant WHERE parent_id = %s", parent.pk) == 1
    assert browse(cast.shelter_worker).get(page).status_code == 404
