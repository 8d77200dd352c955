"""The clock of the work: what each rule of the table is called by, and what ends what it asked for."""

import datetime

import pytest
from django.urls import reverse

from portal.access.actions import accept, transfer
from portal.access.going_on import ask_renewal
from portal.access.identity import acting
from portal.access.models import Basis, Grant
from portal.access.reminders import look_at_the_clock
from portal.access.sections import Section, Stage
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.due_rules import RULES
from portal.casework.models import DueRule, Task
from shelters import actions as stays
from tests.care.conftest import SCORES
from tests.conftest import as_owner
from tests.matching.pairs import make_match
from tests.referrals.hand_overs.conftest import begun, given, received, rescued
from tests.shelters.conftest import CARD, opened
from tests.statements import run, value
from tests.world import DAY, contents, open_file, share
from victims import care, child_requests, decisions
from victims.actions import add, change, take_step
from victims.identification import make_probable
from victims.models import Child, ChildRequest, Identity, InvestigationEntry, LegalOrder, MatchDecision
from victims.workflow import IdentityState

DUE = "SELECT due FROM casework_task WHERE child_id = %s AND kind = %s AND state = 1"
STATE = "SELECT (SELECT state FROM casework_task WHERE child_id = %s AND kind = %s ORDER BY id DESC LIMIT 1)"


def is_open(child_id, code):
    return value(STATE, child_id, code) == Task.State.OPEN


def assessed(cast, child_id, kind):
    values = {"kind": kind, "on": clock.now().date(), "level": 2, "scores": SCORES}
    return care.record_assessment(child_id=child_id, values=values, by=cast.social_worker)


def contacted(cast, child_id, **values):
    given_ = {"mode": "visit", "result": 1, "on": clock.now().date(), "seen_alone": 1, "is_safe": True} | values
    return care.record_contact(child_id=child_id, values=given_, by=cast.social_worker)


def met(cast, name="Plover"):
    return open_file(cast, name, "social_worker", Stage.RESCUED)


def wanted(cast, stage=Stage.SOUGHT):
    return open_file(cast, "Vega", "investigator", stage)


def ordered(cast, child, ends, issued=0, by="social_worker"):
    today = clock.now().date()
    values = {"basis": "court_order", "issued": today + issued * DAY, "expires": ends and today + ends * DAY}
    return add(model=LegalOrder, child=child, values=values, by=getattr(cast, by))


# --- each rule is called by something ---------------------------------------------------------------------------------


def first_contact(cast, files):
    return met(cast).pk


def registration_48h(cast, files):
    child = met(cast)
    contacted(cast, child.pk)
    return child.pk


def of_rescue(cast, files):
    return rescued(cast).pk


def taken_into_care(cast, files):
    child = met(cast)
    take_step(child=child, cycle="stage", name="take_into_care", by=cast.social_worker)
    return child.pk


def care_plan(cast, files):
    assessed(cast, files["Mira"], "comprehensive")
    return files["Mira"]


def contact_retry(cast, files):
    contacted(cast, files["Mira"], result=2)
    return files["Mira"]


def placement_visit(cast, files):
    house = opened(cast, "A")
    held = stays.hold(child_id=files["Waiting"], shelter=house, card=CARD, by=cast.social_worker)
    stays.admit(placement=held, by=cast.shelter_worker)
    return files["Waiting"]


def plan_review(cast, files):
    plan = care.start_plan(
        child_id=files["Mira"], values={"words": "x", "agreed_by_child": True, "language": "pt"}, by=cast.social_worker
    )
    care.add_goal(plan=plan, values={"title": "Safe", "domain": "safety"}, by=cast.social_worker)
    care.send_plan(plan=plan, by=cast.social_worker)
    care.decide_plan(plan=plan, agrees=True, by=cast.supervisor)
    return files["Mira"]


def probable(cast, files=None):
    child = wanted(cast)
    add(model=InvestigationEntry, child=child, values=contents(Section.INVESTIGATION, "lead"), by=cast.foreign)
    child = take_step(child=child, cycle="identity", name="propose", by=cast.investigator, reason="a photo")
    keepers, owner = [cast.team("foreign")], cast.team("investigator")
    return make_probable(child=child, keepers=keepers, owner=owner, by=cast.investigator, reason="record").pk


def plan_rescue(cast, files=None):
    return take_step(child=wanted(cast), cycle="stage", name="locate", by=cast.investigator).pk


def order_expiry(cast, files):
    child = met(cast)
    ordered(cast, child, 100)
    return child.pk


def renew_access(cast, files):
    with acting(cast.ngo_worker):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("ngo_worker"))
    ask_renewal(grant=grant, owner=cast.team("social_worker"), by=cast.ngo_worker)
    return files["Mira"]


def confirm_access(cast, files):
    with as_owner():
        run("SELECT audit.make_partitions(app_now()::date, (app_now() + interval '7 months')::date)")
    with shifted(170 * DAY):
        look_at_the_clock()
    return files["Mira"]


def child_request(cast, files):
    values = {"kind": "copy", "asker": "child", "checked": "x", "asked_on": clock.now().date(), "language": "en"}
    child_requests.record(child_id=files["Mira"], values=values | {"safely": "x"}, by=cast.social_worker)
    return files["Mira"]


def child_request_longer(cast, files):
    child_request(cast, files)
    with acting(cast.social_worker):
        request = ChildRequest.objects.get()
    child_requests.take_longer(request=request, why="x", by=cast.social_worker)
    return files["Mira"]


CALLED_BY = {
    "child_request": child_request,
    "child_request_longer": child_request_longer,
    "medical_72h": of_rescue,
    "authority_24h": of_rescue,
    "first_contact": first_contact,
    "registration_48h": registration_48h,
    "initial_assessment": taken_into_care,
    "full_assessment": taken_into_care,
    "care_plan": care_plan,
    "visit": taken_into_care,
    "contact_retry": contact_retry,
    "placement_visit": placement_visit,
    "plan_review": plan_review,
    "second_officer_24h": probable,
    "plan_rescue": plan_rescue,
    "order_expiry": order_expiry,
    "renew_access": renew_access,
    "confirm_access": confirm_access,
}
# A pair is in no file: its decision keeps the moment itself. The last word on access that ends is a notice, no task.
OF_PAIRS = {"match_second_officer_24h", "renew_access_last"}


@pytest.mark.parametrize("code", [code for code in RULES if code not in OF_PAIRS])
def test_each_rule_of_the_table_makes_its_task(cast, files, code):
    child_id = CALLED_BY[code](cast, files)
    assert value("SELECT count(*) FROM casework_task WHERE child_id = %s AND kind = %s", child_id, code) == 1


def test_a_proposed_pair_keeps_until_when_a_second_officer_is_asked(cast, files, owner):
    pair_id = make_match(cast, near=(2,), identical=1).pair_id
    with owner(), stamping(Stamp(None, "test")):
        rule = DueRule.objects.get(code="match_second_officer_24h")
        rule.amount = 5
        rule.save()
    decisions.decide(pair_id=pair_id, step="propose", version=0, by=cast.investigator, reason="same room")
    with acting(cast.investigator):
        decision = MatchDecision.objects.get(pair=pair_id)
    assert decision.answer_by == decision.decided + datetime.timedelta(hours=5)


# --- a file that changes hands ----------------------------------------------------------------------------------------


def test_a_child_who_was_assessed_is_not_assessed_for_the_first_time_again(cast, files):
    child = rescued(cast)
    received(cast, given(cast, begun(cast, child)))
    assert is_open(child.pk, "initial_assessment")
    assessed(cast, child.pk, "initial")
    with acting(cast.social_worker):
        child.refresh_from_db()
    take_step(child=child, cycle="stage", name="take_into_care", by=cast.social_worker)
    assert not is_open(child.pk, "initial_assessment")


def test_another_team_meets_the_child_for_the_first_time(cast, files):
    with acting(cast.social_worker):
        mira = Child.objects.select_related("owner__agency").get(pk=files["Mira"])
    contacted(cast, mira.pk)
    transfer(child=mira, team=cast.team("ngo_worker"), by=cast.social_worker, reason="moved")
    assert not is_open(mira.pk, "first_contact")
    with acting(cast.ngo_worker):
        offered = Grant.objects.get(child_id=mira.pk, team=cast.team("ngo_worker"), basis=Basis.TRANSFER)
    accept(grant=offered, by=cast.ngo_worker)
    team = "SELECT team_id FROM casework_task WHERE child_id = %s AND kind = 'first_contact' AND state = 1"
    assert value(team, mira.pk) == cast.team("ngo_worker").pk


def test_nobody_meets_a_child_who_is_sought(cast, files):
    assert not is_open(wanted(cast).pk, "first_contact")


# --- what ends a task -------------------------------------------------------------------------------------------------


def test_the_name_completes_the_registration(cast, files):
    child_id = registration_48h(cast, files)
    add(model=Identity, child=Child(pk=child_id), values=contents(Section.IDENTITY, "x"), by=cast.social_worker)
    assert value(STATE, child_id, "registration_48h") == Task.State.DONE


def test_a_child_with_a_name_needs_no_registration(cast, files):
    child = met(cast)
    add(model=Identity, child=child, values=contents(Section.IDENTITY, "x"), by=cast.social_worker)
    contacted(cast, child.pk)
    assert value(STATE, child.pk, "registration_48h") is None


@pytest.mark.parametrize("step", ["plan_rescue", "record_death"])
def test_a_rescue_is_planned_by_the_step_or_by_nobody_any_more(cast, files, step):
    child_id = plan_rescue(cast)
    with acting(cast.investigator):
        child = Child.objects.get(pk=child_id)
    take_step(child=child, cycle="stage", name=step, by=cast.investigator, reason="x")
    assert value(STATE, child_id, "plan_rescue") == (2 if step == "plan_rescue" else 3)


def test_an_identity_that_is_withdrawn_is_not_confirmed_by_anybody(cast, files):
    child_id = probable(cast)
    with acting(cast.investigator):
        child = Child.objects.get(pk=child_id)
    assert child.identity == IdentityState.PROBABLE
    take_step(child=child, cycle="identity", name="withdraw", by=cast.investigator, reason="mistaken")
    assert value(STATE, child_id, "second_officer_24h") == Task.State.CANCELLED


def test_the_team_that_owns_the_file_is_the_second_officer_of_what_another_called_probable(cast, files):
    child = wanted(cast, Stage.LOCATED)
    share(cast, child, "investigator", "foreign", Section.SUMMARY, Section.INVESTIGATION)
    for step in ("propose", "make_probable"):
        with acting(cast.foreign):
            child.refresh_from_db()
        take_step(child=child, cycle="identity", name=step, by=cast.foreign, reason="x")
    team = "SELECT team_id FROM casework_task WHERE child_id = %s AND kind = 'second_officer_24h'"
    assert value(team, child.pk) == cast.team("investigator").pk


def test_a_new_order_is_the_renewal_of_the_one_before(cast, files):
    child = met(cast)
    ordered(cast, child, 20, issued=-10)
    first = value(DUE, child.pk, "order_expiry").date()
    ordered(cast, child, 200)
    assert (first, value(DUE, child.pk, "order_expiry").date()) == (
        clock.now().date() + 6 * DAY,
        clock.now().date() + 186 * DAY,
    )


def test_an_order_without_an_end_is_not_renewed(cast, files):
    child = met(cast)
    ordered(cast, child, 20, issued=-10)
    ordered(cast, child, None)
    assert not is_open(child.pk, "order_expiry")


def test_a_corrected_end_moves_the_renewal_and_a_corrected_court_does_not(cast, files):
    child = met(cast)
    order = ordered(cast, child, 100)
    change(record=order, values={"court": "Family Court"}, by=cast.social_worker, reason="typed wrongly")
    count = "SELECT count(*) FROM casework_task WHERE child_id = %s AND kind = 'order_expiry'"
    assert value(count, child.pk) == 1
    change(record=order, values={"expires": clock.now().date() + 50 * DAY}, by=cast.social_worker, reason="x")
    assert value(DUE, child.pk, "order_expiry").date() == clock.now().date() + 36 * DAY


# --- where a task is done ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("made", "who", "code", "page"),
    [
        (plan_rescue, "investigator", "plan_rescue", ["victims:step", "stage", "plan_rescue"]),
        (registration_48h, "social_worker", "registration_48h", ["victims:add", "identity"]),
        (order_expiry, "social_worker", "order_expiry", ["victims:add", "legal"]),
    ],
)
def test_a_task_leads_to_the_page_that_ends_it(cast, files, browse, made, who, code, page):
    child_id = made(cast, files)
    task = value("SELECT id FROM casework_task WHERE child_id = %s AND kind = %s", child_id, code)
    name, *further = page
    answer = browse(getattr(cast, who)).get(reverse("desk:task_done", args=[task]))
    assert (answer.status_code, answer.url) == (302, reverse(name, args=[child_id, *further]))


def test_a_second_officer_ticks_nothing_off_but_confirms(cast, files, browse):
    child_id = probable(cast)
    task = value("SELECT id FROM casework_task WHERE child_id = %s AND kind = 'second_officer_24h'", child_id)
    client, there = browse(cast.foreign), reverse("desk:task_done", args=[task])
    assert client.get(there).url == "/#offers"
    with acting(cast.foreign):
        offered = Grant.objects.get(child_id=child_id, team=cast.team("foreign"), ended=None)
    accept(grant=offered, by=cast.foreign)
    assert client.get(there).url == reverse("victims:step", args=[child_id, "identity", "confirm"])
