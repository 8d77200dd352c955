"""What the child asks for: by when it is answered, the copy in plain words, who looked, what is wrong, words of disagreement."""

import datetime
import io
import uuid

import pytest
from django.db import transaction
from django.urls import reverse
from pypdf import PdfReader

from portal.access import jobs
from portal.access.identity import Refused, acting
from portal.access.sections import Section
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Approval, DueRule, Task
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.conftest import as_owner
from tests.posted import form_with
from tests.statements import assert_refused, jobs_of, rows, run, value
from tests.world import DAY, outlive
from victims import actions, child_requests, disclosed, disclosures
from victims.models import CareEntry, Child, ChildRequest, Correction, Disclosure
from victims.rescues import record_rescue

S, State = Section, ChildRequest.State
TASKS = "SELECT kind, state, due FROM casework_task WHERE child_id = %s AND kind LIKE 'child_request%%' ORDER BY id"
WORDS = {"words": "Given and read together.", "given_to": "the child", "given_how": "at school"}


def page(name, *parts):
    return reverse(f"victims:{name}", args=parts)


@pytest.fixture
def copy(cast, request_of):
    """A copy for the child, put together: copy(S.CARE, withheld={"3": "risk"})."""

    def asked(*parts, kind="copy", **values):
        request = request_of(kind)
        known = {
            "kind": "copy", "request": request, "parts": [int(one) for one in parts], "language": "en",
            "legal_basis": disclosures.BY_LAW, "with_looks": True, "reason": "",
        } | values  # fmt: skip
        return disclosures.ask(child_id=request.child_id, values=known, by=cast.social_worker)

    return asked


@pytest.fixture
def correction(cast, request_of):
    """Something that the child calls wrong in the health section."""
    request = request_of("correction")
    return child_requests.ask_correction(
        request=request, section=S.HEALTH, wrong="canary-wrong", correct="canary-right", by=cast.social_worker
    )


def test_a_request_is_answered_within_a_month_and_takes_longer_once(cast, files, request_of):
    one = request_of()
    asked = one.asked_on
    assert one.due == asked + datetime.timedelta(days=30)
    ((kind, state, due),) = rows(TASKS, files["Mira"])
    assert (kind, state, due.date()) == ("child_request", Task.State.OPEN, one.due)
    later = child_requests.take_longer(request=one, why="Three agencies have to be asked.", by=cast.social_worker)
    assert later.due == asked + datetime.timedelta(days=90)
    assert [(kind, state) for kind, state, _due in rows(TASKS, files["Mira"])] == [
        ("child_request", Task.State.DONE),
        ("child_request_longer", Task.State.OPEN),
    ]
    with pytest.raises(NotPossible, match="taken already"):
        child_requests.take_longer(request=later, why="x", by=cast.social_worker)


def test_of_two_requests_the_one_that_is_due_first_has_the_task(cast, files, request_of):
    first, second = request_of("erasure"), request_of("correction", asked_on=clock.now().date())
    child_requests.answer(
        request=first, state=State.DECLINED, values={"words": "A hold is on it."}, by=cast.social_worker
    )
    open_ones = [due.date() for _kind, state, due in rows(TASKS, files["Mira"]) if state == Task.State.OPEN]
    assert open_ones == [second.due]
    with pytest.raises(NotPossible, match="answered already"):
        child_requests.answer(request=first, state=State.DECLINED, values={"words": "x"}, by=cast.social_worker)


def test_only_those_who_answer_for_the_file_record_and_read_requests(cast, files, request_of, browse):
    one = request_of()
    for name in ("ngo_worker", "clinician", "shelter_worker", "stranger"):
        client = browse(getattr(cast, name))
        for address in (page("requests", files["Mira"]), page("request", files["Mira"], one.pk)):
            assert client.get(address).status_code in (403, 404)
        with acting(getattr(cast, name)):
            assert not ChildRequest.objects.exists()
    with pytest.raises(Refused):
        child_requests.record(child_id=files["Mira"], values={"asked_on": clock.now().date()}, by=cast.ngo_worker)


def test_a_request_leaves_nothing_behind_when_its_event_cannot_be_written(request_of, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        request_of()
    assert value("SELECT count(*) FROM victims_childrequest") == 0


def test_the_copy_is_read_by_an_officer_made_and_given(cast, copy, decide, browse):
    one = copy(S.SUMMARY, S.IDENTITY, S.CARE, withheld={str(int(S.WHEREABOUTS)): "risk"})
    assert rows("SELECT role FROM casework_approval WHERE subject_id = %s", one.pk) == [("privacy_officer",)]
    with pytest.raises(NotPossible, match="No copy was made yet"):
        child_requests.answer(request=one.request, state=State.ANSWERED, values=WORDS, by=cast.social_worker)
    request, one = one.request, decide(one, "privacy_officer")
    assert one.state == Disclosure.State.APPROVED
    disclosures.make(disclosure=one, by=cast.social_worker)
    assert [jobs.run(job_id) for job_id in jobs_of("disclosure", "waiting")] == [True]
    pdf = browse(cast.social_worker).get(page("take_disclosure", one.pk)).content
    text = " ".join(part.extract_text() for part in PdfReader(io.BytesIO(pdf)).pages)
    for words in (
        "What we have written about you",
        "canary-care-Mira",
        "canary-identity-Mira",
        "Some parts are not in this copy",
    ):
        assert words in text
    for words in (
        "canary-whereabouts",
        "canary-suspects",
        "canary-therapy",
        "risk",
        "Ferreira",
        "Farol House",
        "Lapa Clinic",
    ):
        assert words not in text
    done = child_requests.answer(request=request, state=State.ANSWERED, values=WORDS, by=cast.social_worker)
    assert (done.state, done.given_to) == (State.ANSWERED, "the child")


def test_no_section_of_others_is_offered_for_the_copy(cast, files, request_of, browse):
    one = request_of()
    form = form_with(browse(cast.social_worker).get(page("copy_for_child", files["Mira"], one.pk)), "section_6")
    numbers = {int(name.removeprefix("section_")) for name in form if name.startswith("section_")}
    assert numbers == {S.SUMMARY, S.IDENTITY, S.WHEREABOUTS, S.HEALTH, S.CARE, S.LEGAL}


def test_agencies_that_looked_are_told_by_month_without_people_houses_or_police(cast, files, copy, browse):
    for name in ("ngo_worker", "shelter_worker", "clinician"):
        browse(getattr(cast, name)).get(page("child", files["Mira"]))
    one = copy(kind="looks")
    with acting(cast.social_worker):
        found = disclosed.read(one)["looks"]
    assert {row["who"] for row in found} >= {"Casa Aurora", "a shelter", "a clinic"}
    said = str(found)
    assert not any(words in said for words in ("Farol", "Lapa", "Unit", "Haddad"))
    with acting(cast.ngo_worker):
        assert disclosures.asked("SELECT * FROM access.agencies_that_looked(%s)", files["Mira"]) == []


def test_words_of_disagreement_stand_beside_the_section_until_taken_back(cast, files, correction, browse):
    decline = {"correction": correction, "accept": False, "by": cast.social_worker}
    with pytest.raises(NotPossible, match="Say why"):
        child_requests.decide_correction(**decline)
    with pytest.raises(NotPossible):
        child_requests.state_disagreement(correction=correction, words="No!", by=cast.social_worker)
    child_requests.decide_correction(**decline, why="The doctor saw it.")
    child_requests.state_disagreement(correction=correction, words="canary-says I fell.", by=cast.social_worker)
    for name in ("social_worker", "clinician"):
        assert (
            "canary-says I fell."
            in browse(getattr(cast, name)).get(page("section", files["Mira"], "health")).content.decode()
        )
    assert "canary-says" not in browse(cast.clinician).get(page("child", files["Mira"])).content.decode()
    assert value("SELECT position('canary' in encode(statement, 'escape')) FROM victims_correction") == 0  # sealed
    child_requests.withdraw_statement(correction=correction, by=cast.social_worker)
    assert "canary-says" not in browse(cast.clinician).get(page("section", files["Mira"], "health")).content.decode()


@attack("D20", "D22")
def test_what_is_called_wrong_is_read_with_its_section_alone(cast, files, correction, browse):
    with acting(cast.ngo_worker):  # holds summary and care
        assert not Correction.objects.exists()
        assert not Correction.history.exists()
    for name in ("ngo_worker", "shelter_worker"):
        address = page("decide_correction", files["Mira"], correction.pk)
        assert browse(getattr(cast, name)).get(address).status_code == 404
    with pytest.raises(Refused):
        child_requests.decide_correction(correction=correction, accept=True, by=cast.clinician)  # not of the owner's


def test_an_accepted_correction_leads_to_the_record_until_it_is_changed(cast, files, correction, browse):
    child_requests.decide_correction(correction=correction, accept=True, by=cast.social_worker)
    with acting(cast.social_worker):
        assert child_requests.was_changed(Correction.objects.get()) is False
    text = browse(cast.social_worker).get(page("request", files["Mira"], correction.request_id)).content.decode()
    assert "Change the record now" in text
    done = child_requests.answer(request=correction.request, state=State.ANSWERED, values=WORDS, by=cast.social_worker)
    assert done.state == State.ANSWERED


@attack("D18")
def test_no_query_answers_in_the_name_of_another_or_changes_what_was_said(cast, correction):
    request = correction.request
    with acting(cast.social_worker):
        answer = "UPDATE victims_childrequest SET state = 2, answered = app_now(), words = 'x', version = 2, answered_by_id = %s"
        assert_refused(answer, cast.supervisor.pk)
        assert_refused("UPDATE victims_childrequest SET due = due + 400, version = 2 WHERE id = %s", request.pk)
        assert_refused("UPDATE victims_childrequest SET checked = 'x', version = 2 WHERE id = %s", request.pk)
        assert_refused("UPDATE victims_correction SET wrong = 'x', version = 2 WHERE id = %s", correction.pk)
        assert_refused(
            "UPDATE victims_correction SET stated = app_now(), statement = 'x', version = 2 WHERE id = %s",
            correction.pk,
        )


@attack("D18")
def test_no_query_puts_the_day_of_an_answer_past_what_the_rule_allows(cast, files, request_of):
    request = request_of()
    copied = """INSERT INTO victims_childrequest (id, version, child_id, kind, asker, checked, asked_on, language, safely,
          recorded_by_id, recorded, state, due)
        SELECT gen_random_uuid(), 1, child_id, kind, asker, checked, asked_on, language, safely, recorded_by_id, app_now(), 1, %s
          FROM victims_childrequest"""
    longer = "UPDATE victims_childrequest SET longer_why = 'x', version = 2, due = %s WHERE id = %s"
    month, months = (request.asked_on + days * DAY for days in (30, 90))
    with acting(cast.social_worker):
        for due in (month + DAY, request.asked_on - DAY):
            assert_refused(copied, due, match="recorded in one's own name")
        assert run(copied, month) == 1
        assert_refused(longer, months + DAY, request.pk, match="takes longer once")
        assert run(longer, months, request.pk) == 1
        transaction.set_rollback(True)  # no history was written


def test_the_day_of_an_answer_follows_the_figure_of_the_agency(cast, request_of, owner):
    with owner(), stamping(Stamp(None, "set-up")):
        default = DueRule.objects.get(code="child_request", agency=None)
        default.pk, default.agency, default.amount, default.unit = None, cast.social_worker.agency, 20, "w"
        default._state.adding, default.pk = True, uuid.uuid4()
        default.save(force_insert=True)
    assert request_of().due > clock.now().date() + 20 * DAY


def test_pages_walk_from_the_request_to_the_answer(cast, files, officers, browse):
    client = browse(cast.social_worker)
    form = form_with(client.get(page("record_request", files["Mira"])), "checked")
    form |= {"kind": "correction", "asker": "child", "checked": "in person", "safely": "at school", "language": "en"}
    address = client.post(page("record_request", files["Mira"]), form).url
    add = form_with(client.get(address + "correction/"), "wrong") | {"place": "6", "wrong": "x", "correct": "y"}
    assert client.post(address + "correction/", add).url == address
    with acting(cast.social_worker):
        one = Correction.objects.get()
    decide = page("decide_correction", files["Mira"], one.pk)
    assert client.post(decide, form_with(client.get(decide), "reason") | {"answer": "agree"}).url == address
    end = form_with(client.get(address + "answer/"), "words") | WORDS
    assert client.post(address + "answer/", end).url == address
    assert "Given and read together." in client.get(address).content.decode()
    assert "Request of the child answered" in client.get(page("child", files["Mira"])).content.decode()
    form = form_with(client.get(page("record_request", files["Mira"])), "checked") | form | {"kind": "erasure"}
    other = client.post(page("record_request", files["Mira"]), form | {"once": "another"}).url
    no = form_with(client.get(other + "decline/"), "reason") | {"reason": "It is needed until the trial is over."}
    assert client.post(other + "decline/", no).url == other
    assert "It is needed until the trial is over." in client.get(other).content.decode()


def test_a_late_answer_stands_on_my_work_and_leads_to_the_request(cast, request_of, browse):
    request_of()
    with shifted(40 * DAY):
        outlive(cast.social_worker, 60 * DAY)
        groups = {group.id: group for group in browse(cast.social_worker).get("/").context["groups"]}
    late = [row for row in groups["late"].rows if row.title == "Answer what the child asked for"]
    assert [row.act for row in late] == ["Answer"]


def test_the_copy_of_a_file_of_the_police_names_none_and_no_rescue(cast, officers, files, raid):
    """Whoever finds the paper learns of no investigation: neither who leads where the police do, nor who came."""
    with acting(cast.investigator):
        planned = Child.objects.get(pk=files["Planned"])
    record_rescue(child=planned, values=raid, by=cast.investigator)
    asked_on = clock.now().date() - DAY
    known = {"asker": "child", "checked": "x", "asked_on": asked_on, "language": "en", "safely": "x", "kind": "copy"}
    request = child_requests.record(child_id=planned.pk, values=known, by=cast.investigator)
    values = {"kind": "copy", "request": request, "parts": [1, 7], "language": "en", "legal_basis": disclosures.BY_LAW,
              "with_looks": True, "reason": ""}  # fmt: skip
    with as_owner(), stamping(Stamp(None, "set-up")):
        accounts.register_person(
            email="po@example.org", given_name="Ed", family_name="Roy", agency=cast.investigator.agency,
            roles=[Role.PRIVACY_OFFICER],
        )  # fmt: skip
    one = disclosures.ask(child_id=planned.pk, values=values, by=cast.investigator)
    with acting(cast.investigator):
        found = disclosed.read(one)
    assert found["helps"] == []
    assert not any(words in str(found) for words in ("Northern Unit", raid["lead_agency"], raid["operation"]))


def test_the_copy_speaks_to_the_child_and_names_no_place_to_live(cast, copy, hold, contact):
    hold("Mira")
    contact(seen_alone=1)
    with acting(cast.social_worker):
        found = disclosed.read(copy(S.WHEREABOUTS, S.CARE))
    where, care = found["sections"]
    assert where["groups"][0]["entries"][0]["values"] == [["kind of place", "shelter or residential care"]]
    assert not any(words in str(found) for words in ("canary-whereabouts", "Rua Clara", "Seen alone"))
    assert "We talked with you alone" in str(care)


def test_the_copy_says_chosen_words_to_the_child(cast, copy, contact, files):
    contact(result=3, mode="came", seen_alone=None, is_safe=None)
    values = {"on": clock.now().date(), "kind": "wish", "text": "To see the sea."}
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    actions.add(model=CareEntry, child=child, values=values, by=cast.social_worker)
    with acting(cast.social_worker):
        (care,) = disclosed.read(copy(S.CARE))["sections"]
    told = [tuple(pair) for group in care["groups"] for entry in group["entries"] for pair in entry["values"]]
    assert {("How", "you came to us"), ("kind", "what you want"), ("What came of it", "you did not want it")} <= {*told}
    assert "child" not in str(told)


def test_what_was_chosen_for_a_copy_that_was_sent_back_stands_in_the_form(cast, copy, decide, browse):
    one = copy(S.SUMMARY, S.CARE, withheld={str(int(S.HEALTH)): "others"})
    decide(one, "privacy_officer", Approval.State.CHANGES_ASKED, "Leave the plan out.")
    client, again = browse(cast.social_worker), page("copy_for_child", one.child_id, one.request_id)
    assert again in client.get(page("disclosure", one.pk)).content.decode()
    form = form_with(client.get(again), "section_6")
    assert (form["section_6"], form["section_4"]) == (["give"], ["others"])


def test_a_request_for_a_copy_leads_to_the_copy_before_the_answer(cast, files, request_of, decide, browse):
    one, client = request_of(), browse(cast.social_worker)
    address, answer = page("request", files["Mira"], one.pk), page("answer_request", files["Mira"], one.pk)
    put_together = page("copy_for_child", files["Mira"], one.pk)
    text = client.get(address).content.decode()
    assert (put_together in text, answer in text) == (True, False)
    client.post(put_together, form_with(client.get(put_together), "section_6"))
    with acting(cast.social_worker):
        asked = Disclosure.objects.get(request=one)
    made = decide(asked, "privacy_officer")
    rows = {
        row.code: row for group in client.get("/").context["groups"] if group.id == "own_papers" for row in group.rows
    }
    assert str(rows[made.reference].title) == "A paper was approved: make it"
    disclosures.make(disclosure=made, by=cast.social_worker)
    assert [jobs.run(job_id) for job_id in jobs_of("disclosure", "waiting")] == [True]
    assert answer in client.get(address).content.decode()
