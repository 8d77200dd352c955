"""One press, one result: the same post again goes where the first one went, and nothing is saved twice."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.access.actions import give
from portal.access.identity import acting
from portal.access.models import Grant
from portal.access.sections import Level, Section
from portal.access.work import add_task
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.casework.templatetags.portal import full_date
from tests.attacks import attack
from tests.posted import form_with
from tests.statements import assert_refused, value
from tests.world import HOUR

WISH = {"on": "2026-01-02", "kind": "wish", "text": "canary-once", "once": "key-1"}
SAVED = "SELECT count(*) FROM victims_careentry WHERE text = 'canary-once'"


@pytest.fixture
def page(files):
    return reverse("victims:add", args=[files["Mira"], "care"])


def test_the_same_post_twice_saves_once_and_leads_to_the_same_page(cast, browse, page):
    client = browse(cast.social_worker)
    first, second = client.post(page, WISH), client.post(page, WISH)
    assert (first.status_code, first.url) == (second.status_code, second.url)
    assert first.status_code == 302
    assert value(SAVED) == 1


def test_the_same_key_with_other_words_is_answered_422(cast, browse, page):
    client = browse(cast.social_worker)
    client.post(page, WISH)
    answer = client.post(page, WISH | {"text": "other words"})
    assert answer.status_code == 422
    assert value("SELECT count(*) FROM victims_careentry WHERE text = 'other words'") == 0


def test_the_key_of_one_person_is_free_for_another(cast, browse, page):
    browse(cast.social_worker).post(page, WISH)
    assert browse(cast.ngo_worker).post(page, WISH).status_code == 302
    assert value(SAVED) == 2


def test_a_post_that_failed_leaves_its_key_free(cast, browse, page):
    client = browse(cast.social_worker)
    assert client.post(page, WISH | {"on": "no day"}).status_code == 200
    assert client.post(page, WISH).status_code == 302
    assert value(SAVED) == 1


def test_a_form_comes_with_a_new_key_each_time(cast, browse, page):
    client = browse(cast.social_worker)
    keys = {client.get(page).context["form"]["once"].value() for _ in range(3)}
    assert len(keys) == 3
    assert all(len(key) >= 20 for key in keys)


@attack("D42")
def test_five_presses_at_once_save_one_record(clone):
    page = reverse("victims:add", args=[clone.files["Mira"], "care"])
    clients = [clone.browse(clone.cast.social_worker) for _ in range(5)]
    answers = clone.at_once(lambda number: clients[number].post(page, WISH), 5)
    assert {(answer.status_code, answer.url) for answer in answers} == {
        (302, reverse("victims:section", args=[clone.files["Mira"], "care"]))
    }
    assert clone.value(SAVED) == 1


def test_opening_a_file_twice_opens_one(cast, browse):
    client, page = browse(cast.social_worker), reverse("victims:new")
    values = {"stage": 4, "team": cast.team("social_worker").pk, "code_name": "Lark", "sex": 2, "risk": 0, "once": "k"}
    values |= {"is_known": "1", "needs_interpreter": "unknown"}
    first, second = client.post(page, values), client.post(page, values)
    assert first.status_code == 302, first.context["form"].errors
    assert first.url == second.url
    assert value("SELECT count(*) FROM victims_child WHERE code_name = 'Lark'") == 1


def test_giving_access_twice_gives_one_grant(cast, files, browse):
    page = reverse("victims:give_access", args=[files["Closed"]]) + f"?agency={cast.ngo_worker.agency_id}"
    until = (clock.now().date() + clock.datetime.timedelta(days=9)).isoformat()
    team = cast.team("ngo_worker")
    values = {"team": team.pk, "view": [6], "until": until, "reason": "after-care", "legal_basis": "duty", "once": "k"}
    client = browse(cast.social_worker)
    first, second = client.post(page, values), client.post(page, values)
    assert first.status_code == 302
    assert first.url == second.url
    assert (
        value("SELECT count(*) FROM access_grant WHERE child_id = %s AND team_id = %s", files["Closed"], team.pk) == 1
    )


def test_ending_access_twice_leads_to_the_same_page(cast, files, browse):
    grant = value(
        "SELECT id FROM access_grant WHERE child_id = %s AND team_id = %s", files["Mira"], cast.team("ngo_worker").pk
    )
    page, client = reverse("victims:end_access", args=[files["Mira"], grant]), browse(cast.social_worker)
    first, second = (client.post(page, {"reason": "done", "once": "k"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)
    assert first.url == second.url


def test_marking_a_task_done_twice_leads_to_the_same_page(cast, browse):
    task = add_task(kind="call", title="Call", team=cast.team("social_worker"), by=cast.social_worker)
    page, client = reverse("desk:task_done", args=[task.pk]), browse(cast.social_worker)
    first, second = (client.post(page, {"reason": "", "once": "k"}) for _ in range(2))
    assert (first.status_code, second.status_code) == (302, 302)


def test_taking_a_step_twice_is_not_answered_with_a_problem(cast, files, browse):
    page, client = reverse("victims:step", args=[files["Mira"], "stage", "take_into_care"]), browse(cast.social_worker)
    version = client.get(page).context["form"]["version"].value()
    client.post(page, {"version": version, "reason": "", "once": "k"})
    second = client.post(page, {"version": version, "reason": "", "once": "k"}, follow=True)
    assert "Nothing was changed" not in second.content.decode()


def offered(cast, files):
    """Return the access that waits for the NGO on one file."""
    team = cast.team("ngo_worker").pk
    return value("SELECT id FROM access_grant WHERE child_id = %s AND team_id = %s", files["Waiting"], team)


def test_accepting_twice_leads_to_the_file_both_times(cast, files, browse):
    client, page = browse(cast.ngo_worker), reverse("desk:accept_grant", args=[offered(cast, files)])
    form = form_with(client.get("/"), "once")
    answers = [client.post(page, form) for _ in range(2)]
    assert {answer.url for answer in answers} == {reverse("victims:child", args=[files["Waiting"]])}
    assert client.get(answers[1].url).status_code == 200
    assert value("SELECT version FROM access_grant WHERE id = %s", offered(cast, files)) == 2


def test_access_that_was_accepted_before_leads_to_the_file(cast, files, browse):
    client, page = browse(cast.ngo_worker), reverse("desk:accept_grant", args=[offered(cast, files)])
    assert [client.post(page, {"once": key}).status_code for key in ("one", "two")] == [302, 302]
    accepted = value("SELECT accepted_by_id FROM access_grant WHERE id = %s", offered(cast, files))
    assert accepted == cast.ngo_worker.pk


def test_an_offer_past_its_day_says_whom_to_ask_and_opens_nothing(cast, files, browse):
    grant = give(
        child_id=files["Mira"], sections={Section.SUMMARY: Level.VIEW}, until=clock.now() + HOUR / 9, team=cast.team("stranger"),
        by=cast.social_worker, reason="x", owner=cast.team("social_worker"),
    )  # fmt: skip
    page = reverse("desk:accept_grant", args=[grant.pk])
    assert page in browse(cast.stranger).get("/").content.decode()
    with shifted(HOUR / 9):
        client = browse(cast.stranger)
        assert page not in client.get("/").content.decode()
        said = client.post(page, {"once": "late"}, follow=True).content.decode()
        assert "opens nothing any more. Ask A. Ferreira (" in said
        assert full_date(grant.until) in said
        with acting(cast.stranger):
            assert_refused(
                "UPDATE access_grant SET accepted = app_now(), accepted_by_id = %s, version = version + 1 WHERE id = %s",
                cast.stranger.pk, grant.pk, match="accepted and ended now",
            )  # fmt: skip
            assert Grant.objects.get(pk=grant.pk).accepted is None


@pytest.mark.parametrize("name", ["stranger", "social_worker", "shelter_worker"])
def test_access_of_others_leads_nowhere(cast, files, browse, name):
    page = reverse("desk:accept_grant", args=[offered(cast, files)])
    assert browse(getattr(cast, name)).post(page, {"once": "k"}).status_code == 404
    assert value("SELECT accepted FROM access_grant WHERE id = %s", offered(cast, files)) is None


def test_asking_for_a_pdf_twice_makes_one(cast, files, browse):
    client, before = browse(cast.social_worker), value("SELECT count(*) FROM casework_document")
    form = form_with(client.get(reverse("victims:child", args=[files["Mira"]])), "once")
    answers = [client.post(reverse("victims:print", args=[files["Mira"]]), form) for _ in range(2)]
    assert answers[0].url == answers[1].url
    assert value("SELECT count(*) FROM casework_document") == before + 1
    client.post(reverse("victims:print", args=[files["Mira"]]), {"once": "another"})
    assert value("SELECT count(*) FROM casework_document") == before + 2


@pytest.mark.parametrize("key", ["", "canary\0", "x" * 41, "two words"])
def test_a_key_that_no_form_carries_is_none(cast, files, browse, key):
    answer = browse(cast.social_worker).post(reverse("victims:print", args=[files["Mira"]]), {"once": key})
    assert answer.status_code == 302
    assert value("SELECT count(*) FROM casework_oncekey WHERE key = %s", key.replace("\0", "")) == 0


def test_the_same_key_with_another_document_is_answered_422(cast, files, browse):
    page, client = reverse("victims:attach", args=[files["Mira"], "care"]), browse(cast.social_worker)
    answers = [
        client.post(page, {"title": "Letter", "once": "k", "file": SimpleUploadedFile("a.txt", words)})
        for words in (b"first letter", b"second letter")
    ]
    assert [answer.status_code for answer in answers] == [302, 422]


def test_the_page_that_follows_says_once_that_it_was_saved(cast, browse, page):
    client = browse(cast.social_worker)
    client.post(page, WISH)
    client.post(page, WISH)
    after = client.get(client.post(page, WISH).url).content.decode()
    assert len(re.findall(r"Saved at \d\d:\d\d\.", after)) == 1
    assert "Saved at" not in client.get(page).content.decode()


def test_a_form_that_is_not_saved_says_nothing_of_the_kind(cast, browse, page):
    client = browse(cast.social_worker)
    assert "Saved at" not in client.post(page, WISH | {"on": "no day"}).content.decode()
    assert "Saved at" not in client.get("/").content.decode()


def test_a_pdf_that_is_made_and_settings_are_not_confirmed_twice(cast, files, browse):
    client = browse(cast.social_worker)
    waiting = client.post(reverse("victims:print", args=[files["Mira"]]), {"once": "p"})
    assert "Saved at" not in client.get(waiting.url).content.decode()
    posted = {"language": "en", "time_zone": "Europe/Lisbon", "once": "s"}
    after = client.get(client.post(reverse("desk:settings"), posted).url).content.decode()
    assert after.count("Saved") == 1
