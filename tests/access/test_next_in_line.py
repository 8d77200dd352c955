"""What nobody confirms or answers for four hours is told to the next in line: once, and without any file."""

import datetime

import pytest

from portal.access.models import Extract
from portal.access.people import ask_for_roles
from portal.access.reminders import look_who_is_next
from portal.accounts import actions as accounts
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Notice
from portal.casework.notices import sentence
from tests.access.test_emergency import opened
from tests.access.test_seals import ask
from tests.conftest import as_owner
from tests.statements import count_events
from tests.world import HOUR, outlive

MINUTE = datetime.timedelta(minutes=1)


@pytest.fixture
def bosses(cast):
    """A supervisor and an administrator, in no team, of the agency whose team is asked and of the one that leads Mira's file."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        for name in ("ngo_worker", "social_worker"):
            for role in (Role.SUPERVISOR, Role.AGENCY_ADMIN):
                accounts.register_person(
                    email=f"{role}_{name}@example.org", given_name="Bo", family_name=role.title(),
                    agency=getattr(cast, name).agency, roles=[role],
                )  # fmt: skip


def told(kind):
    with as_owner():
        found = Notice.objects.filter(kind=kind).select_related("person").order_by("pk")
        assert all(one.child_id is None for one in found)
        return [(one.person.email.split("@")[0], sentence(one)) for one in found]


def test_a_question_that_nobody_answers_goes_to_a_supervisor_of_the_agency_and_once(cast, files, bosses):
    approval = ask(cast, files)
    assert approval.team == cast.team("ngo_worker")
    with shifted(4 * HOUR - MINUTE):
        assert look_who_is_next() == 0
    before = count_events(kind="clock")
    with shifted(4 * HOUR):
        assert look_who_is_next() == 1
        assert look_who_is_next() == 0
    words = "A question to the team ngo team has waited four hours for an answer. See that somebody answers it."
    assert told("answer_waits") == [("supervisor_ngo_worker", words)]
    assert count_events(kind="clock") == before + 1


def test_where_no_supervisor_is_left_the_administrators_are_next(cast, files, bosses):
    ask(cast, files)
    with as_owner(), stamping(Stamp(None, "set-up")):
        boss = Person.objects.get(email="supervisor_ngo_worker@example.org")
        boss.is_active = False
        boss.save()
    with shifted(5 * HOUR):
        look_who_is_next()
    assert [name for name, _words in told("answer_waits")] == ["agency_admin_ngo_worker"]


def test_what_has_to_be_confirmed_is_told_to_whoever_was_not_told(cast, files, bosses):
    one = opened(cast.stranger, files["Mira"])
    with shifted(5 * HOUR):
        assert look_who_is_next() == 1
        assert look_who_is_next() == 0
    words = "J. Pinto was told of something urgent four hours ago, and nobody has confirmed it. See that somebody does."
    assert told("confirmation_waits") == [("supervisor_social_worker", words)]
    assert one.reference not in words


def test_what_somebody_has_confirmed_goes_no_further(cast, files, bosses):
    opened(cast.stranger, files["Mira"])
    with as_owner(), stamping(Stamp(None, "set-up")):
        notice = Notice.objects.get(person=cast.supervisor, kind="emergency_opened")
        notice.seen = notice.made
        notice.save()
    with shifted(5 * HOUR):
        assert look_who_is_next() == 0


def test_a_change_of_an_account_that_nobody_decides_goes_to_a_supervisor_who_is_not_concerned(cast, files, bosses):
    with as_owner(), stamping(Stamp(None, "set-up")):
        admin = Person.objects.get(email="agency_admin_ngo_worker@example.org")
        accounts.register_person(
            email="second@example.org",
            given_name="Io",
            family_name="Second",
            agency=admin.agency,
            roles=[Role.AGENCY_ADMIN],
        )
        boss = Person.objects.get(email="supervisor_ngo_worker@example.org")
        accounts.register_person(
            email="other@example.org",
            given_name="Al",
            family_name="Other",
            agency=admin.agency,
            roles=[Role.SUPERVISOR],
        )
    outlive(admin, 8 * HOUR)
    ask_for_roles(person=boss, roles=[Role.NGO_WORKER], by=admin, reason="canary-reason")
    with shifted(4 * HOUR - MINUTE):
        assert look_who_is_next() == 0
    with shifted(4 * HOUR):
        assert look_who_is_next() == 1
        assert look_who_is_next() == 0
    words = "A question to I. Second has waited four hours for an answer. See that somebody answers it."
    assert told("person_waits") == [("other", words)]


def test_a_table_that_nobody_allows_goes_to_a_supervisor(cast, files, bosses):
    with as_owner(), stamping(Stamp(None, "set-up")):
        now = clock.now()
        privacy = accounts.register_person(
            email="gil@example.org", given_name="Gil", family_name="Vidal", agency=cast.ngo_worker.agency,
            roles=[Role.PRIVACY_OFFICER],
        )  # fmt: skip
        made = Extract(
            person=cast.ngo_worker, agency=cast.ngo_worker.agency, purpose="x", files=[], asked=now, needs_second=True
        )
        made.save(force_insert=True)
        Notice(person=privacy, kind="extract_asked", words=["M. Haddad"], level=2, made=now, subject_id=made.pk).save(
            force_insert=True
        )
    with shifted(4 * HOUR):
        assert look_who_is_next() == 1
    assert [name for name, _words in told("person_waits")] == ["supervisor_ngo_worker"]
