"""The outbox: a job is written with its cause, published until it is done, and done once, with rights that still stand."""

import datetime
import os
import signal
import subprocess
import sys

import pytest

from portal.access import jobs
from portal.access.actions import end
from portal.access.identity import acting
from portal.access.jobs import PUBLISH_AGAIN, note_progress, progress, relay, run, schedule
from portal.access.models import Grant
from portal.access.work import tell
from portal.accounts.models import Agency
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Job
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.conftest import as_owner
from tests.embedded.portal_process import wait_for
from tests.people.conftest import register_keepers
from tests.statements import assert_refused, last_event, rows, value
from tests.world import DAY
from victims import documents

DONE = []


def note_done(job, person):
    """A handler that leaves an effect: a notice to its person."""
    tell([person], "import_done", [str(job.id)])
    DONE.append(job.id)


def fail(job, person):
    raise RuntimeError("canary-in-the-problem")


@pytest.fixture(autouse=True)
def kinds(settings):
    here = "tests.casework.test_outbox"
    settings.JOBS = settings.JOBS | {"note": f"{here}.note_done", "fail": f"{here}.fail"}
    DONE.clear()


@pytest.fixture
def job(cast):
    with acting(cast.social_worker):
        return schedule("note", None, by=cast.social_worker)


def state(job):
    return rows("SELECT state, tries, problem FROM casework_job WHERE id = %s", job.id)[0]


def published():
    found = []
    relay(lambda job: found.append(job.id))
    return found


def test_job_of_an_unknown_kind_is_not_written(cast):
    with pytest.raises(LookupError, match="No job is called"), acting(cast.social_worker):
        schedule("nothing", None, by=cast.social_worker)


def schedule_and_stumble(person):
    with acting(person):
        schedule("note", None, by=person)
        raise RuntimeError


def test_job_written_in_a_transaction_that_fails_is_not_there(cast):
    with pytest.raises(RuntimeError):
        schedule_and_stumble(cast.social_worker)
    assert value("SELECT count(*) FROM casework_job") == 0


def test_relay_hands_a_waiting_job_to_the_broker(job):
    assert published() == [job.id]


def test_relay_publishes_a_job_once_then_again_after_five_minutes(job):
    assert (len(published()), published()) == (1, [])
    with shifted(PUBLISH_AGAIN + datetime.timedelta(seconds=1)):
        assert published() == [job.id]


def test_job_runs_once_however_often_it_is_delivered(job):
    assert [run(job.id) for _ in range(3)] == [True, False, False]
    assert [job.id] == DONE
    assert state(job) == ("done", 1, "")
    assert published() == []


@attack("D39")
def test_job_acts_as_its_originator_and_says_so(cast, job):
    run(job.id)
    event = last_event(entity="casework.notice")
    assert (event["person_id"], event["via"], event["request_id"]) == (cast.social_worker.pk, "job", job.id.hex)


def test_job_that_fails_is_put_off_longer_each_time_and_then_given_up(cast):
    with acting(cast.social_worker):
        job = schedule("fail", None, by=cast.social_worker)
    waits = []
    for _ in range(5):
        assert run(job.id) is False
        waits.append(value("SELECT extract(epoch FROM due - app_now())::int FROM casework_job WHERE id = %s", job.id))
    assert waits == [30, 90, 270, 810, 2430]
    assert state(job) == ("failed", 5, "RuntimeError")
    assert run(job.id) is False


def test_job_that_failed_is_published_only_when_it_is_due_again(cast):
    with acting(cast.social_worker):
        job = schedule("fail", None, by=cast.social_worker)
    published()
    run(job.id)
    assert published() == []
    with shifted(datetime.timedelta(seconds=31)):
        assert published() == [job.id]


def test_words_of_a_failure_are_neither_kept_nor_logged(cast, caplog):
    with acting(cast.social_worker):
        job = schedule("fail", None, by=cast.social_worker)
    run(job.id)
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text + str(state(job))


def test_job_whose_originator_is_closed_has_no_effect(cast, job, owner):
    with owner():
        value(
            "WITH x AS (UPDATE access_identitytoken SET until = app_now() WHERE kind = 'job' RETURNING 1) SELECT count(*) FROM x"
        )
    assert run(job.id) is False
    assert value("SELECT count(*) FROM casework_notice WHERE kind = 'import_done'") == 0
    assert state(job) == ("failed", 1, jobs.CLOSED)


def test_job_that_waited_for_weeks_is_done(job):
    age = "SELECT made - proved FROM access_identitytoken WHERE id = %s"
    with as_owner():
        before = value(age, job.id)
    with shifted(30 * DAY):
        assert run(job.id) is True
    assert [job.id] == DONE
    with as_owner():
        assert value(age, job.id) == before  # the code that was shown is no newer for it


@pytest.mark.parametrize("ends", ["sign-ins", "agency"])
def test_job_that_waited_for_weeks_is_not_done_once_somebody_ended_it(cast, job, ends):
    if ends == "agency":
        with shifted(20 * DAY), as_owner(), stamping(Stamp(None, "set-up")):
            agency = Agency.objects.get(pk=cast.social_worker.agency_id)
            for agency.is_active in (False, True):
                agency.save()
    if ends == "sign-ins":
        register_keepers(cast)
        with shifted(20 * DAY), acting(cast.keeper):
            value("SELECT access.end_tokens(%s)", cast.social_worker.pk)
    with shifted(30 * DAY):
        assert run(job.id) is False
    assert state(job) == ("failed", 1, jobs.CLOSED)


def test_secret_of_a_job_stands_in_no_table(job):
    secret = jobs.job_secret(job.id)
    assert value("SELECT count(*) FROM casework_job j WHERE to_jsonb(j)::text LIKE %s", f"%{secret}%") == 0
    assert value("SELECT count(*) FROM access_identitytoken t WHERE to_jsonb(t)::text LIKE %s", f"%{secret}%") == 0


def test_document_is_not_made_once_the_rights_have_ended(cast, files):
    document = documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.ngo_worker)
    with acting(cast.social_worker):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("ngo_worker"))
        end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    assert run(document.job_id) is False
    assert value("SELECT data IS NULL FROM casework_document WHERE id = %s", document.pk)
    assert last_event(kind="refusal")["reason_code"] == "no_grant"


def test_job_without_the_right_is_given_up_at_once_and_tried_again_when_asked(cast, files):
    document = documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.ngo_worker)
    with acting(cast.social_worker):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("ngo_worker"))
        end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    assert run(document.job_id) is False
    assert state(document.job) == ("failed", 1, jobs.REFUSED)
    jobs.retry(job=document.job, by=cast.ngo_worker)
    assert state(document.job) == ("waiting", 0, "")
    assert published() == [document.job_id]
    assert run(document.job_id) is False  # the right is asked for each time
    assert last_event(kind="retry job")["entity_id"] == document.job_id


def test_waiting_job_is_cancelled_by_its_person_alone(cast, job):
    for act in (jobs.cancel, jobs.retry):
        with pytest.raises(NotPossible):
            act(job=job, by=cast.ngo_worker)
    jobs.cancel(job=job, by=cast.social_worker)
    assert (run(job.id), published(), DONE) == (False, [], [])
    assert state(job) == ("cancelled", 0, "")
    with pytest.raises(NotPossible):
        jobs.cancel(job=job, by=cast.social_worker)


def test_mail_for_somebody_else_is_not_cancelled_by_who_caused_it(cast):
    with acting(cast.social_worker):
        job = schedule("factors_reset", cast.ngo_worker.pk, by=cast.social_worker)
        assert value("SELECT access.cancel_job(%s)", job.id) is False
    assert not jobs.may_cancel(job)


KEYED = [
    "access.open_job('x', gen_random_uuid(), 'note', NULL, NULL, '\\x00')",
    "access.jobs_to_publish('x', 9)",
    "access.note_published('x', '{}')",
    "access.begin_job('x', gen_random_uuid(), 5)",
    "access.put_off_job('x', gen_random_uuid(), '', 0, true)",
    "access.last_job_state('x', 'import', gen_random_uuid())",
]


def test_query_reads_its_persons_jobs_and_writes_none(cast, job):
    with acting(cast.social_worker):
        assert list(Job.objects.values_list("pk", flat=True)) == [job.id]
    with acting(cast.ngo_worker):
        assert not Job.objects.exists()
        assert value("SELECT access.finish_job()") is False  # a session is no job
        assert not rows("SELECT * FROM access.job_figures()")
        for change in ("UPDATE casework_job SET state = 'done'", "DELETE FROM casework_job"):
            assert_refused(change, match="permission denied")
        assert_refused("INSERT INTO casework_processed VALUES (%s, now())", job.id, match="permission denied")
        for call in KEYED:
            assert_refused(f"SELECT {call}", match="opening key does not fit")


def test_progress_is_told_before_the_job_ends(cast, job):
    assert progress(job) == (0, None, False)
    with acting(cast.social_worker):
        note_progress(job, 3, 10)
    assert progress(job) == (3, 10, False)


def test_two_workers_at_once_leave_one_effect(clone, settings):
    person = clone.cast.social_worker
    with acting(person):
        job = schedule("note", None, by=person)
    results = clone.at_once(lambda _number: run(job.id), 2)
    assert sorted(results) == [False, True]
    assert clone.value("SELECT count(*) FROM casework_notice WHERE kind = 'import_done'") == 1
    assert clone.value("SELECT count(*) FROM casework_processed") == 1
    assert clone.value("SELECT tries FROM casework_job") == 1


ONE_TRY = """
import sys, uuid
import django
django.setup()
from django.conf import settings
from django.db import connection
from portal.access.jobs import run
connection.settings_dict["NAME"], connection.settings_dict["OPTIONS"]["assume_role"] = sys.argv[1], "app"
settings.JOBS = {"kill": "tests.casework.test_outbox.end_the_process"}
run(uuid.UUID(sys.argv[2]))
"""


def end_the_process(job, person):
    """What a time limit and want of memory do to a worker's process."""
    tell([person], "import_done", ["lost"])
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture
def killed(clone, settings):
    """A job whose process was killed at its first try."""
    settings.JOBS = settings.JOBS | {"kill": "tests.casework.test_outbox.end_the_process"}
    with acting(clone.cast.social_worker):
        job = schedule("kill", None, by=clone.cast.social_worker)
    command = [sys.executable, "-c", ONE_TRY, clone.name, str(job.id)]
    done = subprocess.run(command, cwd=settings.ROOT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL, done.stderr
    return job


def state_in(clone):
    return clone.value("SELECT json_build_array(state, tries, problem) FROM casework_job")


@pytest.mark.stack
def test_try_that_ends_with_its_process_is_counted_and_tried_again_until_the_last(clone, killed, settings):
    assert state_in(clone) == ["running", 1, ""]
    with shifted(PUBLISH_AGAIN + datetime.timedelta(seconds=1)):
        assert published() == [killed.id]
    clone.run("UPDATE casework_job SET tries = %s", jobs.MOST_TRIES)
    assert wait_for(lambda: run(killed.id) or state_in(clone)[0] == "failed")
    assert state_in(clone) == ["failed", jobs.MOST_TRIES, "cut short"]
    assert (run(killed.id), published()) == (False, [])
    clone.run("UPDATE casework_job SET state = 'running', tries = 1, problem = ''")  # as after the first try
    settings.JOBS = settings.JOBS | {"kill": "tests.casework.test_outbox.note_done"}
    assert wait_for(lambda: run(killed.id))
    assert state_in(clone) == ["done", 2, "cut short"]
    assert clone.value("SELECT count(*) FROM casework_notice WHERE kind = 'import_done'") == 1


def cancel_meanwhile(job, person):
    """Somebody cancels while the handler is at it, and the handler does not look."""
    note_done(job, person)
    CANCELLING[0].run("UPDATE casework_job SET state = 'cancelled' WHERE id = %s", job.id)


CANCELLING = []


def test_effect_of_a_job_that_was_cancelled_before_its_end_does_not_stay(clone, settings):
    settings.JOBS = settings.JOBS | {"note": "tests.casework.test_outbox.cancel_meanwhile"}
    CANCELLING[:] = [clone]
    with acting(clone.cast.social_worker):
        job = schedule("note", None, by=clone.cast.social_worker)
    assert run(job.id) is False
    assert [job.id] == DONE
    assert state_in(clone) == ["cancelled", 1, ""]
    assert clone.value("SELECT count(*) FROM casework_notice WHERE kind = 'import_done'") == 0


def test_job_that_is_being_done_is_left_alone_by_others(clone):
    person = clone.cast.social_worker
    with acting(person):
        job = schedule("note", None, by=person)
    with jobs.held(job.id) as is_ours:
        assert is_ours
        assert clone.at_once(lambda _number: run(job.id), 1) == [False]
    assert state_in(clone) == ["waiting", 0, ""]


def test_two_relays_at_once_publish_a_job_once(clone):
    person = clone.cast.social_worker
    with acting(person):
        made = [schedule("note", None, by=person) for _ in range(6)]
    found: list = []
    clone.at_once(lambda _number: relay(lambda job: found.append(job.id)), 2)
    assert sorted(found) == sorted(job.id for job in made)
    assert clone.value("SELECT DISTINCT state FROM casework_job") == Job.State.WAITING
