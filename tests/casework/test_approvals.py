"""What a query cannot forge of a question and its answer."""

import pytest

from portal.access.identity import Refused, acting
from portal.access.work import ask, decide, to_answer
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.ids import uuid7
from portal.casework.models import Approval
from portal.casework.notices import APPROVALS, KINDS
from portal.casework.workflow import NotPossible
from tests.conftest import as_owner
from tests.people.conftest import set_account
from tests.statements import assert_refused, run
from tests.world import declare

FORGED = """UPDATE casework_approval SET state = 2, decided_by_id = %s, decided = app_now() + interval '90 years',
  version = version + 1 WHERE id = %s"""


@pytest.fixture
def asked(cast):
    """The social worker asks the own team."""
    about = {"kind": "care_plan", "subject_id": uuid7(), "team": cast.team("social_worker")}
    return ask(by=cast.social_worker, name="Mira", to=[cast.supervisor], **about)


def test_whoever_asked_forges_no_answer_of_a_supervisor(cast, asked):
    with acting(cast.social_worker):
        assert_refused(FORGED, cast.supervisor.pk, asked.pk, match="answered once")


def test_a_question_does_not_come_with_its_answer(cast):
    with acting(cast.social_worker):
        done = {"state": 2, "decided_by": cast.supervisor, "decided": clock.now()}
        one = Approval(
            kind="care_plan", subject_id=uuid7(), team=cast.team("social_worker"), asked_by=cast.social_worker,
            asked=clock.now(), **done,
        )  # fmt: skip
        with pytest.raises(Exception, match="asked in one's own name"):
            one.save(force_insert=True)


def test_a_supervisor_answers_once(cast, asked):
    assert decide(approval=asked, state=Approval.State.APPROVED, by=cast.supervisor).decided_by == cast.supervisor
    with pytest.raises(NotPossible, match="decided on this already"):
        decide(approval=asked, state=Approval.State.REFUSED, by=cast.supervisor)
    with acting(cast.supervisor):
        assert_refused(FORGED, cast.supervisor.pk, asked.pk, match="answered once")


def test_neither_whoever_asked_nor_another_team_nor_a_colleague_who_does_not_supervise_answers(cast, asked):
    set_account(cast.supervisor, roles=[Role.SOCIAL_WORKER])
    for name in ("social_worker", "ngo_worker", "supervisor"):
        person = getattr(cast, name)
        with pytest.raises(Refused, match="own_approval" if name == "social_worker" else "not_your_approval"):
            decide(approval=asked, state=Approval.State.APPROVED, by=person)
        if name != "ngo_worker":  # who does not even read it
            with acting(person):
                assert_refused(FORGED, person.pk, asked.pk, match="answered once")


def test_a_supervisor_whom_a_relation_keeps_apart_answers_no_question_where_the_wall_is_open(cast, files):
    about = {"kind": "care_plan", "subject_id": uuid7(), "team": cast.team("social_worker"), "child_id": files["Mira"]}
    one = ask(by=cast.social_worker, name="Mira", to=[cast.supervisor], **about)
    declare(cast.supervisor, files["Mira"])
    with as_owner():
        run("CREATE POLICY lifted ON casework_approval TO app USING (true)")
    with pytest.raises(Refused, match="not_your_approval"):
        decide(approval=one, state=Approval.State.APPROVED, by=cast.supervisor)
    with acting(cast.supervisor):
        assert one not in to_answer()
        assert_refused(FORGED, cast.supervisor.pk, one.pk, match="answered once")


def test_every_kind_of_question_and_its_answer_lead_to_a_page():
    kinds = {kind for pair in APPROVALS.values() for kind in pair}
    assert {kind for kind in kinds if not (KINDS[kind].page and KINDS[kind].link)} == set()


def test_a_question_of_no_known_kind_is_not_asked(cast):
    with pytest.raises(KeyError):
        ask(kind="holiday", subject_id=uuid7(), team=cast.team("social_worker"), by=cast.social_worker)
