"""The page of a step: stale forms say where the file stands, refusals are on record, and nothing typed is lost."""

from contextlib import contextmanager

import pytest
from django.urls import reverse

from portal.access.identity import acting
from portal.access.sections import Section, Stage
from portal.casework.workflow import NotPossible
from tests.conftest import as_owner
from tests.posted import form_with
from tests.statements import count_events, last_event, run, value
from tests.world import DAY, share
from victims.actions import change_summary, open_file, take_step
from victims.models import Child

STAGE = "SELECT stage FROM victims_child WHERE id = %s"


def page_of(files, file, name, cycle="stage"):
    return reverse("victims:step", args=[files[file], cycle, name])


def child_of(cast, files, file, by="social_worker"):
    with acting(getattr(cast, by)):
        return Child.objects.get(pk=files[file])


def test_a_step_asked_on_an_old_version_says_where_the_file_stands_and_keeps_the_reason(cast, files, browse):
    client, page = browse(cast.social_worker), page_of(files, "Follow", "close")
    form = form_with(client.get(page), "version")
    child = child_of(cast, files, "Follow")
    change_summary(child=child, values={"risk": 3}, by=cast.social_worker, reason="new facts")
    answer = client.post(page, form | {"reason": "canary-safe"})
    assert "It now stands at: At home, followed, Unidentified." in answer.content.decode()
    assert value(STAGE, child.pk) == Stage.FOLLOW_UP
    again = form_with(answer, "version")
    assert again["reason"] == ["canary-safe"]
    assert client.post(page, again).status_code == 302
    assert value(STAGE, child.pk) == Stage.CLOSED


def test_a_step_that_somebody_else_took_meanwhile_keeps_the_reason_too(cast, files, browse):
    client, page = browse(cast.social_worker), page_of(files, "Follow", "close")
    form = form_with(client.get(page), "version")
    take_step(child=child_of(cast, files, "Follow"), cycle="stage", name="close", by=cast.social_worker, reason="first")
    answer = client.post(page, form | {"reason": "canary-safe"})
    assert "It now stands at: Closed" in answer.content.decode()
    assert last_event(kind="refusal")["reason_code"] == "version_not_current"
    answer = client.post(page, form_with(answer, "version"))
    assert "The file stands at: Closed." in answer.content.decode()
    assert last_event(kind="refusal", reason_code="step_not_allowed")["child_id"] == files["Follow"]
    assert form_with(answer, "version")["reason"] == ["canary-safe"]
    assert value("SELECT count(*) FROM victims_historicalchild WHERE id = %s AND stage = 7", files["Follow"]) == 1


def test_the_action_itself_compares_the_version(cast, files):
    child = child_of(cast, files, "Follow")
    with pytest.raises(NotPossible, match="stands at"):
        take_step(
            child=child, cycle="stage", name="close", version=child.version - 1, by=cast.social_worker, reason="x"
        )
    take_step(child=child, cycle="stage", name="close", version=child.version, by=cast.social_worker, reason="x")


def test_of_two_steps_at_the_same_moment_one_is_taken(clone):
    """Both posts wait for the row, so that both have looked before either moves the file."""
    names, clients = ["close", "return_to_care"], [clone.browse(clone.cast.social_worker) for _ in range(2)]
    pages = [page_of(clone.files, "Follow", name) for name in names]
    forms = [form_with(client.get(page), "version") for client, page in zip(clients, pages, strict=True)]

    def press(number):
        if number < 2:
            return clients[number].post(pages[number], forms[number] | {"reason": "x"}).status_code
        with clone.connect() as other, other.transaction():
            other.execute("SELECT FROM victims_child WHERE id = %s FOR UPDATE", [clone.files["Follow"]])
            clone.wait_for(2)
        return None

    assert sorted(filter(None, clone.at_once(press, 3))) == [200, 302]


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_step_without_its_right_is_refused_and_recorded(cast, files, browse, method):
    before = count_events(kind="refusal")
    sent = {"version": 1, "reason": "x", "once": "k"} if method == "post" else {}
    answer = getattr(browse(cast.ngo_worker), method)(page_of(files, "Mira", "record_death"), sent)
    assert answer.status_code == 403
    assert "may not change Summary" in answer.content.decode()
    event = last_event(kind="refusal")
    assert count_events(kind="refusal") == before + 1
    assert (event["child_id"], event["sections"], event["details"]) == (files["Mira"], [1], '{"level": "change"}')
    assert value(STAGE, files["Mira"]) == Stage.RESCUED


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_step_of_the_owner_is_not_offered_to_others_and_its_page_says_whose_it_is(cast, files, browse, method):
    client, page = browse(cast.ngo_worker), page_of(files, "Mira", "take_into_care")
    assert page not in client.get(reverse("victims:child", args=[files["Mira"]])).content.decode()
    assert page in browse(cast.social_worker).get(reverse("victims:child", args=[files["Mira"]])).content.decode()
    answer = getattr(client, method)(page, {"version": 1, "once": "k"} if method == "post" else {})
    assert answer.status_code == 403
    assert "Only the team that owns it does this" in answer.content.decode()
    assert last_event(kind="refusal")["reason_code"] == "not_the_owner"


def test_the_right_is_asked_before_the_state(cast, files, browse):
    answer = browse(cast.ngo_worker).get(page_of(files, "Mira", "propose", "identity"))
    assert answer.status_code == 403
    assert last_event(kind="refusal")["sections"] == [Section.INVESTIGATION]


def test_a_step_from_the_wrong_state_leads_back_to_the_file_and_is_no_refusal(cast, files, browse):
    before = count_events(kind="refusal")
    answer = browse(cast.social_worker).get(page_of(files, "Closed", "close"), follow=True)
    assert answer.redirect_chain == [(reverse("victims:child", args=[files["Closed"]]), 302)]
    assert "The file stands at: Closed. This step is not possible from there." in answer.content.decode()
    assert count_events(kind="refusal") == before


def test_the_first_officer_is_told_that_a_second_one_is_needed(cast, files, browse):
    child = child_of(cast, files, "Sought", "investigator")
    for name in ("propose", "make_probable"):
        take_step(child=child, cycle="identity", name=name, by=cast.investigator, reason="x")
    answer = browse(cast.investigator).get(page_of(files, "Sought", "confirm", "identity"), follow=True)
    assert "A second officer, of another team," in answer.content.decode()


@pytest.mark.parametrize(("cycle", "name"), [("stage", "nothing"), ("nothing", "close"), ("identity", "close")])
def test_a_step_that_does_not_exist_is_a_page_that_does_not_exist(cast, files, browse, cycle, name):
    assert browse(cast.social_worker).get(page_of(files, "Follow", name, cycle)).status_code == 404


def test_a_step_after_which_nobody_could_work_on_the_file_is_refused(cast, files):
    """A child of whom everything is known is sought again: without police on the file nobody could act."""
    known = {"team": cast.team("social_worker"), "stage": Stage.RESCUED, "is_known": True}
    child = open_file(values={"code_name": "Noor"}, by=cast.social_worker, reason="x", **known)
    values = {"child": child, "cycle": "stage", "name": "search_again", "by": cast.social_worker, "reason": "ran away"}
    with pytest.raises(NotPossible, match="nobody with access could work"):
        take_step(**values)
    share(cast, child, "social_worker", "investigator", Section.SUMMARY, Section.INVESTIGATION)
    with certificates_ended(), pytest.raises(NotPossible, match="nobody with access could work"):
        take_step(**values)
    assert take_step(**values).stage == Stage.SOUGHT


@contextmanager
def certificates_ended():
    """Every certificate has ended for a while."""
    move_certificates(-9000 * DAY)
    yield
    move_certificates(9000 * DAY)


def move_certificates(by):
    """Move the days of every certificate, past what keeps them as they are."""
    with as_owner():
        run("SET CONSTRAINTS ALL IMMEDIATE")
        run("ALTER TABLE accounts_certificate DISABLE TRIGGER USER")
        run("UPDATE accounts_certificate SET valid_from = valid_from + %s, valid_until = valid_until + %s", by, by)
        run("ALTER TABLE accounts_certificate ENABLE TRIGGER USER")
        run("SET CONSTRAINTS ALL DEFERRED")
