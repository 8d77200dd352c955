"""What a court is given: a scope, two others who decide, one paper with a hash, and nothing that a query could add to it."""

import hashlib
import io
import json

import pytest
from django.db import connection
from django.urls import reverse
from pypdf import PdfReader

from portal.access import jobs, seals
from portal.access.identity import Refused, acting, open_token
from portal.access.sections import Section
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Approval
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.people.conftest import set_account
from tests.posted import form_with
from tests.referrals.hand_overs.conftest import enrol
from tests.statements import assert_refused, jobs_of, last_event, rows, run, value
from tests.world import DAY, HOUR, declare, outlive
from victims import disclosed, disclosures
from victims.attachments import write_note
from victims.models import Child, Disclosure

S, State = Section, Disclosure.State
STATE = "SELECT state FROM victims_disclosure WHERE id = %s"


def page(name, one):
    return reverse(f"victims:{name}", args=[one.pk])


def work_through():
    """Do the jobs as the worker does."""
    return [jobs.run(job_id) for job_id in jobs_of("disclosure", "waiting")]


def seen_by(person, statement, *values):
    """What a query of this person reads."""
    with acting(person), connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


@pytest.fixture
def made(cast, approved):
    """A paper that was made of care and legal."""
    one = approved(S.CARE, S.LEGAL)
    disclosures.make(disclosure=one, by=cast.social_worker)
    assert work_through() == [True]
    with acting(cast.social_worker):
        return Disclosure.objects.get(pk=one.pk)


def test_asking_puts_together_what_would_be_given_and_asks_two(cast, order, browse):
    one = order(S.CARE)
    asked = rows("SELECT role, state FROM casework_approval WHERE subject_id = %s ORDER BY role", one.pk)
    assert asked == [("privacy_officer", 1), ("supervisor", 1)]
    told = rows("SELECT person_id, child_id, words FROM casework_notice WHERE kind = 'disclosure_asked'")
    assert {person for person, *_rest in told} == {cast.privacy_officer.pk, cast.supervisor.pk}
    assert all(child is None and "Mira" not in words for _person, child, words in told)
    text = browse(cast.privacy_officer).get(page("read_disclosure", one)).content.decode()
    assert "canary-care-Mira" in text
    assert "canary-whereabouts" not in text
    assert "Ferreira" not in text.split('class="paper"')[1].split("Your decision")[0]  # no worker's name in the paper
    seen = last_event(kind="read disclosure")
    assert (seen["child_id"], seen["sections"]) == (one.child_id, [S.CARE])


def test_what_would_be_given_stands_in_the_language_of_the_paper_whatever_that_of_the_page(cast, order, browse):
    one = order(S.CARE, language="ar", begins=clock.now().date() - 400 * DAY)
    text = browse(cast.privacy_officer).get(page("read_disclosure", one)).content.decode()
    before, paper = text.split('class="paper"')
    assert '<html lang="en"' in before
    assert paper.split(">")[0].split() == ['lang="ar"', 'dir="rtl"']
    paper, after = paper.split("Your decision")
    assert ("Left out" in paper, "Approve" in after) == (False, True)


def test_what_an_order_asks_for_is_closed_and_in_no_reason_of_the_record(order):
    one = order(S.CARE)
    closed = "SELECT position('canary-reason'::bytea IN reason) FROM victims_disclosure WHERE id = %s"
    assert value(closed, one.pk) == 0
    said = "SELECT count(*) FROM audit_event e, victims_historicaldisclosure h WHERE purpose || history_change_reason LIKE %s"
    assert value(said, "%canary-reason%") == 0


@attack("D27")
def test_of_a_sealed_file_custodians_alone_decide_and_a_relation_keeps_apart(cast, order, files):
    declare(cast.supervisor, files["Waiting"])
    with pytest.raises(NotPossible, match="cannot be decided in your agency now"):
        order(file="Waiting")
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    people = [cast.social_worker, cast.supervisor]
    asked = seals.ask(child=child, custodians=people, team=cast.team("stranger"), by=cast.social_worker, reason="x")
    waits = order(S.CARE)
    seals.decide(approval=asked, approve=True, by=cast.stranger)
    assert seen_by(cast.privacy_officer, "SELECT id FROM victims_disclosure WHERE id = %s", waits.pk) == []
    with pytest.raises(NotPossible, match="cannot be decided in your agency now"):
        order(S.CARE)


@attack("D29")
def test_whoever_decides_on_health_shows_a_code_as_fresh_as_its_page_asks_for(cast, order, browse):
    health, care = order(S.HEALTH), order(S.CARE)
    officer = cast.privacy_officer
    officer.identity = open_token(officer, "session", idle=9 * HOUR, lifetime=9 * HOUR)
    with shifted(5 * HOUR):
        client = browse(officer)
        assert client.get(page("read_disclosure", care)).status_code == 200
        assert client.get(page("read_disclosure", health)).url.startswith(reverse("desk:code"))
        assert seen_by(officer, "SELECT section FROM access.disclosure_keys(%s)", health.pk) == [(S.SUMMARY,)]
        assert seen_by(officer, "SELECT 1 FROM victims_disclosurecontent WHERE disclosure_id = %s", health.pk) == []
        assert client.get(page("disclosure", health)).status_code == 200


@attack("D20")
def test_whoever_decides_reads_the_paper_and_nothing_else_of_the_file(cast, order, browse, files):
    one = order(S.CARE)
    officer = browse(cast.privacy_officer)
    assert officer.get(reverse("victims:child", args=[files["Mira"]])).status_code == 404
    assert (
        seen_by(cast.privacy_officer, "SELECT id FROM victims_careentry UNION SELECT id FROM casework_sectionkey") == []
    )
    for name in ("foreign_officer", "stranger", "ngo_worker", "clinician", "shelter_worker"):
        for address in ("disclosure", "read_disclosure", "take_disclosure"):
            assert browse(getattr(cast, name)).get(page(address, one)).status_code == 404
        assert seen_by(getattr(cast, name), "SELECT * FROM access.disclosure_keys(%s)", one.pk) == []
        assert seen_by(getattr(cast, name), "SELECT id FROM victims_disclosure") == []


def test_two_approvals_let_it_be_made_and_its_hash_is_on_record(cast, made, browse):
    assert (made.state, made.until) == (State.MADE, made.made + 14 * DAY)
    change = last_event(kind="disclosure")
    assert (json.loads(change["details"]), change["sections"]) == ({"sha256": made.digest}, [S.CARE, S.LEGAL])
    for name in ("social_worker", "privacy_officer", "supervisor"):
        pdf = browse(getattr(cast, name)).get(page("take_disclosure", made)).content
        assert hashlib.sha256(pdf).hexdigest() == made.digest
        assert last_event(kind="take disclosure")["sections"] == [S.CARE, S.LEGAL]
    text = " ".join(one.extract_text() for one in PdfReader(io.BytesIO(pdf)).pages)
    assert "canary-care-Mira" in text
    assert "Left out" in text
    assert "canary-whereabouts" not in text
    cover = browse(cast.supervisor).get(page("take_disclosure", made) + "?page=cover").content
    assert made.digest in "".join(PdfReader(io.BytesIO(cover)).pages[0].extract_text().split())
    same, other = io.BytesIO(pdf), io.BytesIO(pdf + b" ")
    client = browse(cast.supervisor)
    assert "The same" in client.post(page("compare_disclosure", made), {"file": same}).content.decode()
    assert "Not the same" in client.post(page("compare_disclosure", made), {"file": other}).content.decode()


def test_after_its_time_the_hash_alone_stays(cast, made, browse):
    with shifted(15 * DAY):
        outlive(cast.supervisor, 30 * DAY)
        assert browse(cast.supervisor).get(page("take_disclosure", made)).status_code == 404
        assert disclosures.drop_old() == 1
        assert value("SELECT count(*) FROM victims_disclosurecontent") == 0
        keys = "SELECT section FROM access.disclosure_keys(%s)"  # of the summary alone, for the words of its page
        assert seen_by(cast.supervisor, keys, made.pk) == [(1,)]
        text = browse(cast.supervisor).get(page("disclosure", made)).content.decode()
    assert made.digest in text


def test_one_refusal_or_wish_ends_it_and_says_why(cast, order, decide, browse):
    one, two = order(), order()
    decide(one, "privacy_officer")
    with pytest.raises(NotPossible, match="Say why"):
        decide(one, "supervisor", Approval.State.REFUSED)
    decide(one, "supervisor", Approval.State.REFUSED, "The order names another child.")
    decide(two, "privacy_officer", Approval.State.CHANGES_ASKED, "Leave the days before May out.")
    assert (value(STATE, one.pk), value(STATE, two.pk)) == (State.REFUSED, State.SENT_BACK)
    with pytest.raises((NotPossible, Disclosure.DoesNotExist)):
        decide(two, "supervisor")
    text = browse(cast.social_worker).get(page("disclosure", two)).content.decode()
    assert "Leave the days before May out." in text
    again = reverse("victims:ask_disclosure", args=[two.child_id]) + f"?again={two.pk}"
    assert again in text
    assert form_with(browse(cast.social_worker).get(again), "authority")["parts"] == ["6"]
    assert "papers" not in {group.id for group in browse(cast.supervisor).get("/").context["groups"]}
    with acting(cast.supervisor):
        assert disclosures.may_read(two) is False
    assert disclosures.drop_old() == 2


def test_whoever_asked_decides_nothing_and_nobody_decides_twice(cast, order, decide):
    one = order()
    with pytest.raises(Refused):
        decide(one, "social_worker")
    assert last_event(kind="refusal")["reason_code"] == "own_approval"
    decide(one, "privacy_officer")
    with pytest.raises(Refused):
        decide(one, "privacy_officer")
    assert value(STATE, one.pk) == State.ASKED


def test_nobody_gives_what_they_do_not_hold_or_do_not_own(cast, order, files):
    with pytest.raises(Refused):
        order(S.CARE, S.THERAPY)
    for name in ("ngo_worker", "clinician", "shelter_worker"):
        with pytest.raises(Refused):
            order(S.SUMMARY, by=name)
    with pytest.raises(NotPossible, match="legal basis"):
        order(legal_basis="no such")
    declare(cast.social_worker, files["Mira"])
    with pytest.raises(Refused):
        order()
    assert value("SELECT count(*) FROM victims_disclosure") == 0


def test_asking_leaves_nothing_behind_when_its_event_cannot_be_written(order, owner):
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        order()
    assert value("SELECT count(*) FROM victims_disclosure") == 0


def test_a_right_that_ended_meanwhile_stops_the_job(cast, approved, owner):
    one = approved(S.CARE)
    disclosures.make(disclosure=one, by=cast.social_worker)
    with owner(), stamping(Stamp(None, "test")):
        cast.social_worker.roles = [Role.INTAKE]  # who reads no care
        cast.social_worker.save(update_fields=["roles", "version"])
    assert work_through() == [False]
    assert last_event(kind="refusal")["reason_code"] == "role_never"
    assert value(STATE, one.pk) == State.APPROVED


def test_an_approval_of_somebody_who_left_counts_no_more(cast, approved, owner):
    one = approved(S.CARE)
    with owner(), stamping(Stamp(None, "test")):
        cast.supervisor.is_active = False
        cast.supervisor.save(update_fields=["is_active", "version"])
    with pytest.raises(NotPossible, match="could not do so any more"):
        disclosures.make(disclosure=one, by=cast.social_worker)


def test_days_that_the_order_does_not_name_are_left_out_and_other_agencies_are_told(cast, order, browse):
    past = clock.now().date() - 30 * DAY
    one = order(S.CARE, S.HEALTH, begins=past - 5 * DAY, ends=past)
    two = order(S.CARE, S.HEALTH)
    with acting(cast.social_worker):
        early, whole = disclosed.read(one), disclosed.read(two)
    assert [part["groups"] for part in early["sections"]] == [[], []]
    assert "canary-health-Mira" in str(whole)
    assert whole["others"] == [str(cast.clinician.agency_id)]
    assert "written by Lapa Clinic" in browse(cast.supervisor).get(page("read_disclosure", two)).content.decode()


def test_where_the_child_is_since_before_the_days_is_of_them(cast, order):
    one = order(S.WHEREABOUTS, S.CARE, begins=clock.now().date() + DAY)
    with acting(cast.social_worker):
        where, care = disclosed.read(one)["sections"]
    assert "canary-whereabouts-Mira" in str(where["groups"])
    assert (care["groups"], care["empty"]) == ([], "Nothing of these days is written here.")


def test_nobody_decides_on_what_their_roles_open_no_more(cast, officers, files, owner):
    """The agency has no supervisor: one of the police is asked, whose team was given where the child was before the rescue."""
    with owner(), stamping(Stamp(None, "test")):
        chief = accounts.register_person(
            email="chief@example.org", given_name="Jorge", family_name="Leal", agency=cast.investigator.agency,
            roles=[Role.SUPERVISOR],
        )  # fmt: skip
        accounts.join_team(person=chief, team=cast.team("investigator"))
        accounts.brief(person=chief, until=clock.now() + 99 * DAY)
        run("ALTER TABLE access_grant DISABLE TRIGGER USER")
        run("UPDATE access_grant SET view = view || 3::smallint WHERE child_id = %s AND team_id = %s",
            files["Follow"], cast.team("investigator").pk)  # fmt: skip
        run("ALTER TABLE access_grant ENABLE TRIGGER USER")
    set_account(cast.supervisor, is_active=False)
    with acting(cast.social_worker):
        assert disclosures.who_decides(files["Follow"], Role.SUPERVISOR, [7]) == [chief]
        assert disclosures.who_decides(files["Follow"], Role.SUPERVISOR, [3]) == []


def test_whoever_decides_reads_no_house_by_its_name(cast, order, files, browse):
    """A shelter wrote of care: its name tells where the child lives, and the paper does not say it."""
    with acting(cast.shelter_worker):
        child = Child.objects.get(pk=files["Mira"])
    write_note(child=child, section=S.CARE, body="Sleeps well.", by=cast.shelter_worker)
    one = order(S.CARE)
    for name in ("privacy_officer", "supervisor"):
        text = browse(getattr(cast, name)).get(page("read_disclosure", one)).content.decode()
        assert "written by a shelter" in text
        assert "Farol" not in text


@attack("D18", "D21")
def test_no_query_approves_makes_or_reads_a_disclosure(cast, order, files, decide):
    one = order(S.CARE)
    approve = "UPDATE casework_approval SET state = 2, decided_by_id = %s, decided = app_now(), version = 2 WHERE subject_id = %s"
    with acting(cast.social_worker):
        assert_refused(approve, cast.social_worker.pk, one.pk)
        assert_refused("UPDATE victims_disclosure SET state = 4, version = 2 WHERE id = %s", one.pk)
        assert_refused("UPDATE victims_disclosure SET parts = '{3}', version = 2 WHERE id = %s", one.pk)
        assert_refused("UPDATE victims_disclosurecontent SET pdf = 'x' WHERE disclosure_id = %s", one.pk)
        assert_refused("UPDATE victims_disclosurecontent SET gathered = 'x' WHERE disclosure_id = %s", one.pk)
    with acting(cast.supervisor):  # of the right role, but without a fresh code
        assert_refused(approve + " AND role = 'supervisor'", cast.supervisor.pk, one.pk)
        assert_refused("UPDATE victims_disclosure SET state = 4, version = 2 WHERE id = %s", one.pk)
    decide(one, "privacy_officer")
    with acting(cast.privacy_officer):
        assert_refused("UPDATE victims_disclosure SET state = 4, version = 2 WHERE id = %s", one.pk)
    with acting(cast.social_worker):
        digest = "a" * 64
        made = "UPDATE victims_disclosure SET state = 5, made = app_now(), until = app_now() + interval '14 days', digest = %s"
        assert_refused(made + " WHERE id = %s", digest, one.pk)
        assert_refused("UPDATE victims_disclosurecontent SET pdf = 'x' WHERE disclosure_id = %s", one.pk)


def test_a_wide_scope_is_warned_of_and_taken_only_with_a_tick(cast, officers, browse, files):
    client, address = browse(cast.social_worker), reverse("victims:ask_disclosure", args=[files["Mira"]])
    form = form_with(client.get(address), "authority")
    form |= {
        "authority": "Court", "order_number": "1", "issued": clock.now().date().isoformat(), "reason": "x",
        "parts": ["1", "2", "3", "4", "6", "7"], "legal_basis": "court_order", "language": "en",
    }  # fmt: skip
    answer = client.post(address, form)
    assert "This is every section that you can open, of all time." in answer.content.decode()
    form = form_with(answer, "authority") | {"is_sure": "on"}
    assert client.post(address, form).status_code == 302


def test_the_page_of_the_decision_takes_a_fresh_code(cast, order, browse):
    one = order(S.CARE)
    client = browse(cast.supervisor)
    answer = client.post(page("read_disclosure", one), {"answer": "agree", "reason": "", "once": "k"})
    assert answer.status_code == 200
    assert "Enter the code from your phone." in answer.content.decode()
    assert value(STATE, one.pk) == State.ASKED
    papers = next(group for group in client.get("/").context["groups"] if group.id == "papers")
    assert [(row.code, row.why) for row in papers.rows] == [(one.reference, "A. Ferreira asks.")]
    answer = client.post(page("read_disclosure", one), {"answer": "refuse", "reason": "", "once": "l"})
    assert (
        "Say why, so that whoever asked knows what to do." in answer.content.decode()
    )  # beside the code, not after it


def test_whoever_asked_finds_it_on_my_work_and_reads_nobody_who_has_not_decided(cast, order, decide, browse):
    one, client = order(S.CARE), browse(cast.social_worker)

    def on_my_work(group_id):
        groups = {group.id: group.rows for group in client.get("/").context["groups"]}
        return [str(row.title) for row in groups.get(group_id, ()) if row.code == one.reference]

    assert cast.supervisor.short_name not in client.get(page("disclosure", one)).content.decode()
    assert on_my_work("waiting") == ["A paper of yours waits for decisions"]
    decide(one, "supervisor", Approval.State.CHANGES_ASKED, "Leave out the spring.")
    assert on_my_work("own_papers") == ["Changes to a paper are asked for"]
    order(S.CARE)
    assert on_my_work("own_papers") == []  # it was asked for anew


def of_group(browse, person, name):
    """The rows of one group of somebody's My work: what it is called, its day and why."""
    groups = {group.id: group for group in browse(person).get("/").context["groups"]}
    return [(row.code, row.due, str(row.why)) for row in groups[name].rows] if name in groups else []


def test_the_day_that_a_court_set_stands_on_my_work_until_the_paper_is_made(cast, order, decide, browse):
    day = clock.now().date() + 9 * DAY
    one, other = order(S.CARE, answer_by=day), order(S.CARE, order_number="FC-13")
    why = "By the day that the order names."
    assert of_group(browse, cast.social_worker, "waiting") == [(one.reference, day, why), (other.reference, None, "")]
    decider = of_group(browse, cast.supervisor, "papers")
    assert decider == [
        (one.reference, day, f"A. Ferreira asks. {why}"),
        (other.reference, None, "A. Ferreira asks."),
    ]
    decide(one, "privacy_officer")
    decide(other, "privacy_officer", Approval.State.REFUSED, "It names another child.")
    one = decide(one, "supervisor")
    assert of_group(browse, cast.social_worker, "own_papers") == [(one.reference, day, why)]
    disclosures.make(disclosure=one, by=cast.social_worker)
    assert work_through() == [True]
    assert of_group(browse, cast.social_worker, "own_papers") == []


def test_what_was_sent_back_stays_on_my_work_until_it_is_asked_about_again(cast, order, decide, browse):
    day = clock.now().date() + 9 * DAY
    one = order(S.CARE, answer_by=day)
    decide(one, "privacy_officer", Approval.State.CHANGES_ASKED, "Leave out May.")
    assert [row[:2] for row in of_group(browse, cast.social_worker, "own_papers")] == [(one.reference, day)]
    with shifted(61 * DAY), acting(cast.social_worker):
        assert list(disclosures.under_way(cast.social_worker, State.SENT_BACK)) == []
    again = order(S.CARE, answer_by=day)
    assert of_group(browse, cast.social_worker, "own_papers") == []
    assert [row[0] for row in of_group(browse, cast.social_worker, "waiting")] == [again.reference]
    disclosures.withdraw(disclosure=again, by=cast.social_worker)
    assert of_group(browse, cast.social_worker, "own_papers") == []
    assert of_group(browse, cast.ngo_worker, "waiting") == []


def test_pages_lead_from_the_question_to_the_paper(cast, order, browse):
    one, other, asker = order(S.CARE), order(S.CARE), browse(cast.social_worker)
    for name in ("privacy_officer", "supervisor"):
        client, shown = browse(getattr(cast, name)), enrol(getattr(cast, name))
        form = form_with(client.get(page("read_disclosure", one)), "code") | {"code": shown(), "answer": "agree"}
        assert client.post(page("read_disclosure", one), form).url == reverse("desk:home")
    made = {"once": form_with(asker.get(page("disclosure", one)), "once")["once"]}
    assert asker.post(page("make_disclosure", one), made).url == page("disclosure", one)
    assert work_through() == [True]
    taken_back = {"once": form_with(asker.get(page("disclosure", other)), "once")["once"]}
    assert asker.post(page("withdraw_disclosure", other), taken_back).url == page("disclosure", other)
    assert [value(STATE, asked.pk) for asked in (one, other)] == [State.MADE, State.WITHDRAWN]
