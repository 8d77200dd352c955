"""My access: what somebody opens that others gave, why and until when; nothing of what has ended or is closed."""

import re

from django.urls import reverse

from portal.access.actions import accept, end, give
from portal.access.agreements import sign_agreement
from portal.access.identity import acting
from portal.access.models import Basis, Grant
from portal.access.sections import Level, Section
from portal.audit import clock
from portal.casework.clock import today
from portal.casework.models import Notice
from portal.casework.notices import sentence
from portal.casework.templatetags.portal import full_date
from tests.oversight import register_overseers
from tests.statements import last_event
from tests.world import DAY, declare

S = Section
PAGE = reverse("desk:access")


def rows_of(browse, person):
    """Return the lines of the table as words."""
    body = browse(person).get(PAGE).content.decode().partition("<tbody>")[2].partition("</tbody>")[0]
    return [" ".join(re.sub(r"<[^>]+>", " ", row).split()) for row in body.split("</tr>")[:-1]]


def given(cast, files, to, days, *sections, file="Mira", person=None):
    """Give a team, or one person, access to a file, and accept it."""
    audience = {"person": getattr(cast, to)} if person else {"team": cast.team(to)}
    grant = give(
        child_id=files[file], sections=dict.fromkeys(sections, Level.VIEW), until=clock.now() + days * DAY,
        by=cast.social_worker, reason="canary-reason", owner=cast.team("social_worker"), **audience,
    )  # fmt: skip
    return accept(grant=grant, by=getattr(cast, to)) or grant


def test_each_access_names_child_sections_reason_giver_and_last_day(cast, files, browse):
    given(cast, files, "stranger", 3, S.SUMMARY, S.CARE)
    (row,) = rows_of(browse, cast.stranger)
    for words in ("“Mira”", "VC-", "Summary, Care", "canary-reason", "given by A. Ferreira"):
        assert words in row, words
    assert str((clock.now() + 3 * DAY).year) in row
    assert files["Mira"] in last_event(kind="my access")["entities"]


def test_an_agreement_that_ends_sooner_is_the_last_day(cast, files, browse):
    register_overseers(cast)
    given(cast, files, "stranger", 30, S.SUMMARY, S.CARE)
    day = today("Europe/Lisbon") + 5 * DAY
    sign_agreement(
        agency=cast.stranger.agency, sections=[1, 6], signed_on=today("Europe/Lisbon"), until=day, by=cast.operator,
        reason="x",
    )  # fmt: skip
    assert [row["until"] for row in browse(cast.stranger).get(PAGE).context["rows"]] == [full_date(day)]


def test_what_ends_first_stands_first_and_ownership_is_not_listed(cast, files, browse):
    given(cast, files, "stranger", 30, S.SUMMARY, S.CARE)
    given(cast, files, "stranger", 3, S.SUMMARY, S.CARE, file="Ended")
    first, second = rows_of(browse, cast.stranger)
    assert "“Ended”" in first
    assert "“Mira”" in second
    with acting(cast.social_worker):
        own = Grant.objects.filter(basis=Basis.OWNERSHIP, ended=None).count()
    assert own > 3
    assert "“Mira”" not in " ".join(rows_of(browse, cast.social_worker))


def test_ended_access_and_a_file_closed_by_a_relation_leave_no_trace(cast, files, browse):
    grant = given(cast, files, "stranger", 30, S.SUMMARY, S.CARE)
    given(cast, files, "stranger", 9, S.SUMMARY, file="Ended")
    assert len(rows_of(browse, cast.stranger)) == 2
    end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    declare(cast.stranger, files["Ended"])
    page = browse(cast.stranger).get(PAGE).content.decode()
    assert "Mira" not in page
    assert "Ended" not in page
    assert "Nobody has given you or your team access to a child." in page


def test_whoever_needs_access_no_longer_gives_it_back_and_the_owner_is_told(cast, files, browse):
    grant = given(cast, files, "stranger", 30, S.SUMMARY, S.CARE)
    client = browse(cast.stranger)
    (row,) = client.get(PAGE).context["rows"]
    page = row["return_url"]
    asked = client.get(page).content.decode()
    for words in ("Give your access to “Mira” back?", "You lose: Summary and Care.", "It ends for everybody in it"):
        assert words in asked
    assert client.post(page, {"once": "a", "reason": ""}).context["form"].errors["reason"]
    done = client.post(page, {"once": "b", "reason": "canary-moved-away"}, follow=True)
    assert done.redirect_chain[-1][0] == PAGE
    assert "You gave the access back." in done.content.decode()
    assert client.get(page).status_code == 404
    with acting(cast.social_worker):
        assert Grant.objects.get(pk=grant.pk).ended_by_id == cast.stranger.pk
        (told,) = Notice.objects.filter(kind="access_returned", person=cast.social_worker)
        assert "“Mira” was given back" in sentence(told)
        mine = Grant.objects.get(child_id=files["Mira"], basis=Basis.OWNERSHIP, ended=None)
    browsing = browse(cast.social_worker)
    assert "canary-moved-away" in browsing.get(reverse("victims:who", args=[files["Mira"]])).content.decode()
    assert browsing.get(reverse("victims:end_access", args=[files["Mira"], mine.pk])).status_code == 404


def test_a_list_that_is_cut_says_so_and_a_whole_one_does_not(cast, files, browse, monkeypatch):
    given(cast, files, "stranger", 3, S.SUMMARY, file="Ended")
    monkeypatch.setattr("portal.desk.my_access.MOST", 1)
    assert "The first 1." not in browse(cast.stranger).get(PAGE).content.decode()
    given(cast, files, "stranger", 30, S.SUMMARY, S.CARE)
    assert "The first 1." in browse(cast.stranger).get(PAGE).content.decode()
    (row,) = rows_of(browse, cast.stranger)
    assert "“Ended”" in row


def test_police_read_until_when_their_certificate_holds(cast, files, browse):
    page = browse(cast.investigator).get(PAGE).content.decode()
    assert "Your certificate" in page
    assert "Your certificate" not in browse(cast.ngo_worker).get(PAGE).content.decode()


def test_its_figures_agree_with_what_the_pages_open(cast, files, browse):
    """The sections of a line open to the person, and one beside them does not."""
    given(cast, files, "stranger", 9, S.SUMMARY, S.CARE, S.SUSPECTS)
    (row,) = rows_of(browse, cast.stranger)
    assert "Suspects" not in row
    client = browse(cast.stranger)
    assert client.get(reverse("victims:section", args=[files["Mira"], "care"])).status_code == 200
    assert client.get(reverse("victims:section", args=[files["Mira"], "suspects"])).status_code == 403
