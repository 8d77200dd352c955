"""Emergency access: what opens and for how long, what never does, who is told, who reviews, and what no query can do."""

import datetime
import uuid

import pytest
from django.db import connection
from django.urls import reverse

from portal.access import emergency
from portal.access.fresh_codes import Proof, begin_signature
from portal.access.identity import Refused, acting, open_token
from portal.access.models import Basis, Emergency, Grant, Ground
from portal.access.rights import can, sections_open
from portal.access.sections import Level, Section, Stage
from portal.access.visibility import listed_ids
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Notice
from portal.casework.workflow import NotPossible
from tests.access.test_seals import sealed
from tests.attacks import attack
from tests.conftest import as_owner
from tests.oversight import register_overseers
from tests.statements import assert_refused, count_events, last_event, run, value
from tests.world import DAY, HOUR, declare, share
from victims.actions import take_step
from victims.models import Child

MINUTE = datetime.timedelta(minutes=1)
S = Section
TO_ALL = {S.SUMMARY, S.IDENTITY, S.HEALTH}


def number_of(child_id):
    return value("SELECT case_number FROM victims_child WHERE id = %s", child_id)


def opened(person, child_id, **more):
    values = {"ground": Ground.DANGER, "words": "canary-words: she was seen at the station.", "proof": Proof(person)}
    return emergency.open_file(number=number_of(child_id), by=person, **values | more)


def staying(person):
    """Sign the person in for a day: what is over then is not over with the sign-in."""
    person.identity = open_token(person, "session", idle=DAY, lifetime=DAY)
    return person


def held(person, child_id, level=Level.VIEW):
    with acting(person):
        return set(sections_open(person, child_id, level))


@pytest.mark.parametrize(
    ("name", "file", "more"),
    [
        ("stranger", "Mira", {S.WHEREABOUTS}),  # care roles have whereabouts while the child is in care
        ("stranger", "Planned", set()),
        ("investigator", "Foreign", {S.WHEREABOUTS}),  # an investigator has them before the rescue
        ("foreign", "Mira", set()),
        ("shelter_worker", "Waiting", {S.WHEREABOUTS}),
        ("clinician", "Closed", set()),
        ("analyst", "Foreign", set()),
    ],
)
@attack("D28")
def test_an_hour_opens_the_same_three_sections_to_every_role_and_whereabouts_by_the_table(
    cast, files, name, file, more
):
    person = getattr(cast, name)
    assert not held(person, files[file])
    opened(person, files[file])
    assert held(person, files[file]) == TO_ALL | more
    assert not held(person, files[file], Level.CHANGE)


@attack("D28")
def test_neither_investigation_nor_therapy_open_to_anybody(cast, files):
    for name, person in cast.all().items():
        with acting(person):
            before = {s for s in (S.INVESTIGATION, S.THERAPY) if can(person, files["Closed"], s)}
        if name not in ("social_worker", "supervisor"):
            opened(person, files["Closed"])
        with acting(person):
            assert {s for s in (S.INVESTIGATION, S.THERAPY) if can(person, files["Closed"], s)} == before == set()
    beyond = "SELECT count(*) FROM access_rule WHERE stages & 1 = 1 AND (section NOT IN (1, 2, 4) OR level = 1)"
    assert value(beyond) == 0  # whatever such a grant names, no role opens more by it


@attack("D28")
def test_after_an_hour_it_is_over_by_the_clock_of_the_database(cast, files):
    opened(staying(cast.stranger), files["Mira"])
    with shifted(HOUR - MINUTE):
        assert held(cast.stranger, files["Mira"])
    with shifted(HOUR + MINUTE):
        assert not held(cast.stranger, files["Mira"])
        with acting(cast.stranger):
            assert Emergency.objects.filter(person=cast.stranger).exists()
            assert not Child.objects.filter(pk=files["Mira"]).exists()


def test_a_change_of_stage_keeps_what_is_open_and_follows_the_table_for_whereabouts(cast, files):
    opened(cast.foreign, files["Planned"])
    assert held(cast.foreign, files["Planned"]) == TO_ALL | {S.WHEREABOUTS}
    child = Child(pk=files["Planned"])
    take_step(child=child, cycle="stage", name="rescue", by=cast.investigator, reason="raid")
    assert held(cast.foreign, files["Planned"]) == TO_ALL


@pytest.mark.parametrize("name", ["auditor", "operator", "privacy_officer", "registrar"])
@attack("D28", "D30")
def test_who_works_with_no_files_opens_none(cast, files, name):
    register_overseers(cast)
    person = getattr(cast, name)
    with pytest.raises(Refused):
        opened(person, files["Mira"])
    assert last_event()["reason_code"] == "not_a_caseworker"
    with acting(person):  # nor by a query of their own
        begin_signature(Proof(person), person)
        assert_refused("SELECT access.open_in_emergency(%s)", number_of(files["Mira"]), match="who work with files")


@attack("D28")
def test_a_number_that_is_not_there_and_one_that_is_shut_are_answered_alike(cast, files):
    answers = set()
    sealed(cast, files, custodians=("social_worker", "clinician"))
    for number in ("VC-2026-0000000-1", number_of(files["Conflict"]), number_of(files["Mira"])):
        with pytest.raises(emergency.NotOpen) as problem:
            emergency.open_file(
                number=number, ground=Ground.DANGER, words="x", proof=Proof(cast.ngo_worker), by=cast.ngo_worker
            )
        answers.add((str(problem.value.sentence), problem.value.field))
    assert len(answers) == 1
    assert not count_events(kind="emergency access")


@attack("D28")
def test_the_same_person_opens_the_same_file_again_only_after_the_review(cast, files):
    one = opened(staying(cast.stranger), files["Mira"])
    with shifted(2 * HOUR), pytest.raises(NotPossible, match="opened this file in an emergency before"):
        opened(cast.stranger, files["Mira"])
    emergency.review(emergency=one, is_justified=True, comment="right", by=cast.supervisor)
    with shifted(2 * HOUR):
        opened(cast.stranger, files["Mira"])
        assert held(cast.stranger, files["Mira"])


@attack("D28")
def test_three_that_wait_for_review_are_the_last_whatever_the_number(cast, files):
    for file in ("Mira", "Waiting", "Ended"):
        opened(cast.stranger, files[file])
    for number in (number_of(files["Follow"]), "VC-2026-0000000-1"):
        with pytest.raises(NotPossible, match="wait for review") as problem:
            emergency.open_file(
                number=number, ground=Ground.DANGER, words="x", proof=Proof(cast.stranger), by=cast.stranger
            )
        assert not isinstance(problem.value, emergency.NotOpen)


def told(emergency_id):
    with as_owner():
        return {
            n.person.email.split("@")[0]: n
            for n in Notice.objects.filter(subject_id=emergency_id).select_related("person")
        }


@attack("D28")
def test_the_lead_and_both_privacy_officers_are_told_by_reference_alone(cast, files):
    register_overseers(cast)
    one = opened(cast.shelter_worker, files["Waiting"])
    notices = told(one.pk)
    assert set(notices) == {"supervisor", "privacy_officer", "foreign_officer"}
    for notice in notices.values():
        assert (notice.kind, notice.level, notice.child_id) == ("emergency_opened", Notice.Level.CONFIRM, None)
        assert notice.words == ["L. Brandt", "", one.reference]


def test_it_is_on_record_with_its_ground_and_its_grant(cast, files):
    one = opened(cast.stranger, files["Mira"])
    event = last_event(kind="emergency access")
    assert (event["child_id"], event["entity_id"], event["purpose"]) == (files["Mira"], one.pk, "danger")
    assert last_event(kind="grant")["basis"] == Basis.EMERGENCY


def test_whoever_opened_it_ends_it_early_and_nobody_else_in_that_way(cast, files):
    one = opened(cast.stranger, files["Mira"])
    with acting(cast.social_worker):
        same = Emergency.objects.select_related("owner").get(pk=one.pk)
    with pytest.raises(Refused):
        emergency.end_early(emergency=same, by=cast.social_worker)
    emergency.end_early(emergency=one, by=cast.stranger)
    assert not held(cast.stranger, files["Mira"])


def test_two_presses_at_once_open_it_once(clone):
    person = clone.cast.stranger
    results = clone.at_once(lambda _number: opened(person, clone.files["Mira"]), 2)
    assert sorted(type(one).__name__ for one in results) == ["Emergency", "NotPossible"]
    assert clone.value("SELECT count(*) FROM access_grant WHERE basis = 'emergency'") == 1


# --- the review -----------------------------------------------------------------------------------------------------


def reviewers(one):
    ids = value("SELECT access.emergency_reviewers(%s)", one.pk)
    emails = [value("SELECT email FROM accounts_person WHERE id = %s", pk) for pk in ids]
    return {email.split("@")[0] for email in emails}


@attack("D28")
def test_it_is_due_after_72_hours_to_the_minute(cast, files):
    one = opened(cast.stranger, files["Mira"])
    assert one.due - one.opened == datetime.timedelta(hours=72)


def test_the_privacy_officer_of_the_owner_reviews_it_and_else_the_lead(cast, files):
    one = opened(cast.shelter_worker, files["Waiting"])
    assert reviewers(one) == {"supervisor"}
    register_overseers(cast)
    assert reviewers(one) == {"privacy_officer"}
    other = opened(cast.shelter_worker, files["Sought"])  # its agency has none: that of the worker does
    assert reviewers(other) == {"foreign_officer"}


@attack("D28")
def test_nobody_of_the_same_team_reviews_it(cast, files):
    one = opened(cast.investigator, files["Mira"])
    with as_owner(), stamping(Stamp(None, "set-up")):
        accounts.join_team(person=cast.supervisor, team=cast.team("investigator"))
    assert "supervisor" not in reviewers(one)
    with pytest.raises(Refused):
        emergency.review(emergency=one, is_justified=True, comment="fine", by=cast.supervisor)


def test_a_review_is_kept_and_told_to_whoever_opened_the_file(cast, files):
    one = opened(cast.stranger, files["Mira"])
    emergency.review(emergency=one, is_justified=False, comment="The duty desk could be reached.", by=cast.supervisor)
    with acting(cast.stranger):
        kept = Emergency.objects.get(pk=one.pk)
        notice = Notice.objects.get(person=cast.stranger, subject_id=one.pk)
    assert (kept.is_justified, kept.comment) == (False, "The duty desk could be reached.")
    assert kept.reviewed_by_id == cast.supervisor.pk
    assert notice.kind == "emergency_reviewed"
    with pytest.raises(NotPossible, match="already"):
        emergency.review(emergency=one, is_justified=True, comment="fine", by=cast.supervisor)


def test_a_seal_that_comes_after_it_leaves_the_review_to_those_who_were_told(cast, files, browse):
    """They judge whoever opened the file; which file it was they do not read."""
    register_overseers(cast)
    one = opened(cast.stranger, files["Mira"])
    sealed(cast, files, custodians=("social_worker", "clinician"))
    assert not held(cast.stranger, files["Mira"])
    assert reviewers(one) == {"privacy_officer"}
    page = reverse("desk:emergency_review", args=[one.pk])
    text = browse(cast.privacy_officer).get(page).content.decode()
    assert "canary-words" in text
    assert number_of(files["Mira"]) not in text
    for person in (cast.supervisor, cast.auditor, cast.foreign_officer):
        assert browse(person).get(page).status_code == 404
    emergency.review(emergency=one, is_justified=True, comment="right", by=cast.privacy_officer)
    with shifted(MINUTE), acting(cast.privacy_officer):  # who decides reads it until the transaction ends
        assert not Emergency.objects.filter(pk=one.pk).exists()


def test_who_has_a_relation_to_the_child_neither_reviews_it_nor_reads_of_it(cast, files):
    one = opened(cast.stranger, files["Mira"])
    declare(cast.supervisor, files["Mira"])
    with acting(cast.supervisor):
        assert not Emergency.objects.filter(pk=one.pk).exists()
    assert "supervisor" not in reviewers(one)


# --- what no query can do -------------------------------------------------------------------------------------------

GRANT = """
INSERT INTO access_grant (id, version, child_id, person_id, view, change, basis, legal_basis, reason, begins, until,
                          given_by_id, accepted_by_id, accepted, end_reason, onward)
VALUES (%s, 1, %s, %s, '{1,2,3,4}', '{}', 'emergency', '', 'x', app_now(), app_now() + interval '60 minutes', %s, %s,
        app_now(), '', false)
"""
RECORD = """
INSERT INTO access_emergency (id, version, child_id, grant_id, person_id, agency_id, owner_id, owner_agency_id, ground,
                              words, opened, due, comment)
SELECT %s, 1, %s, %s, p.id, p.agency_id, t.id, t.agency_id, 'danger', 'x', app_now(), app_now() + interval '72 hours', ''
  FROM accounts_person p, accounts_team t WHERE p.id = %s AND t.id = %s
"""


def forged(person):
    return [person.pk, person.pk, person.pk]


@attack("D28")
def test_nobody_gives_himself_such_a_grant_by_a_query(cast, files):
    with acting(cast.stranger):
        assert_refused(GRANT, uuid.uuid4(), files["Mira"], *forged(cast.stranger), match="row-level security")


@attack("D28")
def test_nobody_records_an_emergency_by_a_query(cast, files):
    team = cast.team("social_worker").pk
    with acting(cast.stranger):
        assert_refused(
            RECORD, uuid.uuid4(), files["Mira"], uuid.uuid4(), cast.stranger.pk, team, match="as it is opened"
        )


@attack("D29")
def test_without_a_fresh_code_the_database_answers_nothing(cast, files):
    number = number_of(files["Mira"])
    with acting(cast.stranger):
        assert_refused("SELECT access.open_in_emergency(%s)", number, match="with a fresh code")
        assert_refused("SELECT access.emergency_mark(%s)", files["Mira"], match="permission denied")
        run("SELECT set_config('safe.emergency', 'x', true)")
        assert_refused(
            RECORD, uuid.uuid4(), files["Mira"], uuid.uuid4(), cast.stranger.pk, cast.team("social_worker").pk
        )


@attack("D29")
def test_the_proof_of_one_person_opens_nothing_for_another(cast, files):
    with pytest.raises(ValueError, match="its own person's"):
        opened(cast.stranger, files["Mira"], proof=Proof(cast.ngo_worker))


@attack("D28")
def test_an_emergency_of_one_file_carries_no_grant_of_another_and_no_longer_one(cast, files):
    one = opened(cast.stranger, files["Mira"])
    with acting(cast.stranger):
        assert_refused(GRANT, uuid.uuid4(), files["Waiting"], *forged(cast.stranger), match="row-level security")
        longer = GRANT.replace("60 minutes", "61 minutes")
        assert_refused(longer, uuid.uuid4(), files["Mira"], *forged(cast.stranger), match="row-level security")
        later = "UPDATE access_grant SET until = until + interval '1 hour' WHERE id = %s"
        assert_refused(later, one.grant_id, match="never changed")
    own = opened(cast.social_worker, files["Ended"])  # nor by who renews what others were given of the file
    with acting(cast.social_worker):
        assert_refused(later, own.grant_id, match="never changed")


OF_EMERGENCY = "SELECT access.is_of_emergency({})"
AS_IT_IS = {
    "grant": "%(grant)s", "file": "%(file)s", "giver": "access.person()", "taker": "access.person()",
    "accepter": "access.person()", "view": "'{1,2,3,4}'", "change": "'{}'", "begins": "app_now()",
    "until": "app_now() + interval '60 minutes'", "basis": "'emergency'",
}  # fmt: skip
WRONG = {
    "grant": "gen_random_uuid()", "file": "gen_random_uuid()", "giver": "gen_random_uuid()",
    "taker": "gen_random_uuid()", "accepter": "gen_random_uuid()", "view": "'{1,2,8}'", "change": "'{1}'",
    "begins": "app_now() - interval '1 minute'", "until": "app_now() + interval '61 minutes'", "basis": "'assignment'",
}  # fmt: skip


@attack("D28")
def test_the_grant_of_an_emergency_is_that_of_its_record_and_nothing_of_it_another(cast, files):
    one = opened(cast.stranger, files["Mira"])
    values = {"grant": one.grant_id, "file": files["Mira"]}

    def is_taken(**more):
        with acting(cast.stranger), connection.cursor() as cursor:
            cursor.execute(OF_EMERGENCY.format(", ".join((AS_IT_IS | more).values())), values)
            return cursor.fetchone()[0]

    assert is_taken()
    assert not [name for name, wrong in WRONG.items() if is_taken(**{name: wrong})]
    with shifted(MINUTE):
        assert not is_taken()  # nor is another one added to it later


@attack("D28")
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("'danger'", "''"),
        ("'x'", "' '"),
        ("interval '72 hours'", "interval '90 hours'"),
        (
            "SELECT %s, 1, %s, %s, p.id",
            "SELECT %s, 1, %s, %s, (SELECT o.id FROM accounts_person o WHERE o.id <> p.id LIMIT 1)",
        ),
        ("SELECT %s, 1, %s,", "SELECT %s, 1, (SELECT %s::uuid WHERE false),"),
        ("words, opened", "reviewed, words, opened"),
    ],
    ids=["no ground", "no words", "reviewed later", "of somebody else", "of no file", "reviewed already"],
)
def test_under_the_mark_itself_an_emergency_is_recorded_as_it_is_and_in_no_other_way(cast, files, right, wrong):
    record = RECORD.replace(right, wrong)
    if "reviewed" in wrong and "words" in wrong:
        record = record.replace("'danger', 'x'", "'danger', app_now(), 'x'")
    values = [uuid.uuid4(), files["Mira"], uuid.uuid4(), cast.stranger.pk, cast.team("social_worker").pk]
    number = number_of(files["Mira"])
    with acting(cast.stranger):
        begin_signature(Proof(cast.stranger), cast.stranger)
        run("SELECT access.open_in_emergency(%s)", number)
        assert_refused(record, *values, match="as it is opened")
        assert record != RECORD


@attack("D28")
def test_a_review_is_not_forged(cast, files):
    one = opened(cast.stranger, files["Mira"])
    review = """UPDATE access_emergency SET version = 2, reviewed_by_id = %s, reviewed = app_now(), is_justified = true,
      comment = 'x' WHERE id = %s"""
    with acting(cast.stranger):
        assert_refused(review, cast.supervisor.pk, one.pk, match="by somebody else")
    with acting(cast.social_worker):  # of the team that owns it, but not who reviews it
        assert_refused(review, cast.social_worker.pk, one.pk, match="by somebody else")
    with acting(cast.supervisor):
        assert_refused("UPDATE access_emergency SET words = 'y' WHERE id = %s", one.pk, match="by somebody else")
    with acting(cast.ngo_worker):
        assert run(review, cast.ngo_worker.pk, one.pk) == 0  # holds the file, and learns nothing of it
    emergency.review(emergency=one, is_justified=False, comment="no", by=cast.supervisor)
    with acting(cast.supervisor):
        assert_refused(review, cast.supervisor.pk, one.pk, match="reviewed once")


# --- who reads what of it -------------------------------------------------------------------------------------------


def figures(person):
    with acting(person), connection.cursor() as cursor:
        cursor.execute("SELECT * FROM access.emergency_figures()")
        return cursor.fetchall()


def test_auditors_count_everybodys_and_privacy_officers_their_own(cast, files):
    register_overseers(cast)
    one = opened(cast.stranger, files["Mira"])
    opened(cast.shelter_worker, files["Sought"])
    emergency.note_refusal(by=cast.stranger)
    emergency.review(emergency=one, is_justified=False, comment="no", by=cast.privacy_officer)
    assert [line[0] for line in figures(cast.auditor)] == ["L. Brandt", "S. Engel"]
    assert figures(cast.auditor)[1][2:] == (1, 0, 1, 0, 0, 1)
    assert [line[0] for line in figures(cast.privacy_officer)] == ["S. Engel"]
    assert [line[0] for line in figures(cast.foreign_officer)] == ["L. Brandt"]
    assert figures(cast.social_worker) == []


@attack("D28")
def test_the_words_are_read_by_those_concerned_alone(cast, files):
    register_overseers(cast)
    one = opened(cast.stranger, files["Mira"])
    readers = set()
    for name in (*cast.all(), "auditor", "privacy_officer", "foreign_officer", "operator"):
        with acting(getattr(cast, name)):
            readers |= {name} if Emergency.objects.filter(pk=one.pk).exists() else set()
            assert (emergency.end_of(one)[0] is not None) == (name in readers), name
    assert readers == {"stranger", "social_worker", "supervisor", "privacy_officer"}


def test_it_counts_beside_other_access_to_the_file(cast, files):
    """A person who holds a section by name keeps it; the emergency opens it where the role does not, and the others."""
    share(
        cast,
        Child(pk=files["Follow"], code_name="Follow"),
        "social_worker",
        "clinician",
        S.SUMMARY,
        S.HEALTH,
        named=True,
    )
    assert held(cast.clinician, files["Follow"]) == {S.HEALTH}  # no clinician reads the summary after the stay
    opened(staying(cast.clinician), files["Follow"])
    assert held(cast.clinician, files["Follow"]) == TO_ALL
    with acting(cast.clinician):
        listed = {stage for stage in Stage if files["Follow"] in listed_ids(cast.clinician, stage=stage)}
    assert listed == {Stage.FOLLOW_UP}
    with as_owner():
        assert Grant.objects.filter(child=files["Follow"], basis=Basis.EMERGENCY).count() == 1
    with shifted(HOUR + MINUTE):
        assert held(cast.clinician, files["Follow"]) == {S.HEALTH}


def test_time_of_the_grant_is_that_of_the_database(cast, files):
    one = opened(cast.stranger, files["Mira"])
    with acting(cast.stranger):
        grant = Grant.objects.get(pk=one.grant_id)
        assert grant.until - grant.begins == HOUR
        assert emergency.running(cast.stranger, files["Mira"]).until == grant.until
        assert emergency.running(cast.stranger, files["Mira"]).until > clock.now()


def test_a_supervisor_without_a_team_of_workers_opens_it_too(cast, files):
    with as_owner(), stamping(Stamp(None, "set-up")):
        agency = accounts.register_agency(name="Duty", kind="social_services", country="PT", time_zone="Europe/Lisbon")
        person = accounts.register_person(
            email="duty@example.org", given_name="Dora", family_name="Nunes", agency=agency, roles=[Role.SUPERVISOR]
        )
        accounts.join_team(person=person, team=accounts.register_team(agency=agency, name="Duty desk"))
    opened(cast.duty, files["Mira"])
    assert held(cast.duty, files["Mira"]) == TO_ALL
