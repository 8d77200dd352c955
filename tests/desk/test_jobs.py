"""The pages of jobs: one's own with what to do next, and the operator's, which names neither people nor files."""

import datetime
import uuid

import pytest
from django.urls import reverse

from portal.access import jobs
from portal.access.actions import end
from portal.access.identity import acting
from portal.access.jobs import run, schedule
from portal.access.models import Grant
from portal.audit.kinds import shifted
from tests.oversight import register_overseers
from tests.statements import last_event, rows
from tests.statements import run as execute
from victims import documents

PAGE, ALL = reverse("desk:jobs"), reverse("desk:all_jobs")


@pytest.fixture
def ordered(cast, files):
    return documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.ngo_worker)


def words_of(answer):
    return " ".join(answer.content.decode().split())


def end_access(cast, files):
    with acting(cast.social_worker):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("ngo_worker"))
        end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")


def test_own_jobs_stand_on_the_page_and_on_my_work_and_those_of_others_do_not(cast, files, ordered, browse):
    client = browse(cast.ngo_worker)
    page = words_of(client.get(PAGE))
    assert "PDF of a file" in page
    assert "Mira" in page
    assert last_event(kind="list jobs")["entities"] == [files["Mira"]]
    assert "PDF of a file" in words_of(client.get("/"))
    other = browse(cast.social_worker)
    assert "No job yet" in words_of(other.get(PAGE))
    assert other.post(reverse("desk:cancel_job", args=[ordered.job_id])).status_code == 404


def test_result_is_linked_while_the_rights_last(cast, files, ordered, browse):
    assert run(ordered.job_id)
    client = browse(cast.ngo_worker)
    link = reverse("victims:document", args=[ordered.pk])
    assert link in words_of(client.get(PAGE))
    end_access(cast, files)
    page = words_of(client.get(PAGE))
    assert "PDF of a file" in page
    assert link not in page
    assert "Mira" not in page
    assert client.get(reverse("victims:take_document", args=[ordered.pk])).status_code == 404


def test_refused_job_says_what_to_do_and_is_tried_again(cast, files, ordered, browse):
    end_access(cast, files)
    run(ordered.job_id)
    client = browse(cast.ngo_worker)
    page = client.get(PAGE)
    assert "Ask whoever gave you access" in words_of(page)
    assert "Ask whoever gave you access" in words_of(client.get("/"))
    retry = reverse("desk:retry_job", args=[ordered.job_id])
    assert retry in words_of(page)
    assert "It is tried again now." in words_of(client.post(retry, follow=True))
    assert "under way again already" in words_of(client.post(retry, follow=True))
    assert rows("SELECT state FROM casework_job WHERE id = %s", ordered.job_id) == [("waiting",)]


def test_waiting_job_is_cancelled_on_the_page(cast, ordered, browse):
    client = browse(cast.ngo_worker)
    assert reverse("desk:cancel_job", args=[ordered.job_id]) in words_of(client.get(PAGE))
    said = client.post(reverse("desk:cancel_job", args=[ordered.job_id]), follow=True)
    assert "Nothing of it stays." in words_of(said)
    assert run(ordered.job_id) is False
    assert "You cancelled this PDF." in words_of(client.get(reverse("victims:document", args=[ordered.pk])))


def test_running_import_says_how_far_it_is(cast, browse, owner):
    with acting(cast.analyst):
        job = schedule("import", None, by=cast.analyst)
        jobs.note_progress(job, 1_500, 76_000)
    with owner():
        execute("UPDATE casework_job SET state = 'running'")
    page = words_of(browse(cast.analyst).get(PAGE))
    assert "1,500 of 76,000 entries" in page
    assert reverse("desk:cancel_job", args=[job.pk]) in page


def test_import_whose_file_is_gone_is_not_tried_again(cast, browse, owner):
    with acting(cast.analyst):
        job = schedule("import", uuid.uuid4(), by=cast.analyst)
    with owner():
        execute("UPDATE casework_job SET state = 'failed', problem = 'OSError'")
    client = browse(cast.analyst)
    page = words_of(client.get(PAGE))
    assert "The file is no longer kept. Send it again." in page
    assert reverse("desk:retry_job", args=[job.pk]) not in page
    said = client.post(reverse("desk:retry_job", args=[job.pk]), follow=True)  # on a page from before
    assert words_of(said).count("The file is no longer kept. Send it again.") == 2
    assert rows("SELECT state FROM casework_job WHERE id = %s", job.pk) == [("failed",)]


def test_operator_s_figure_counts_the_alarm_and_what_was_given_up(cast, files, ordered, browse):
    register_overseers(cast)
    client, later = (
        browse(cast.operator),
        documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.ngo_worker),
    )
    end_access(cast, files)
    run(ordered.job_id)

    def group():
        return next(one for one in client.get("/").context["groups"] if one.id == "jobs")

    assert ([row.why for row in group().rows], group().count) == (["Given up: refused"], 1)
    with shifted(datetime.timedelta(minutes=11)):
        found = group()
    assert (found.title, found.tile, found.count) == ("Jobs to look at", "jobs to look at", 2)
    run(later.job_id)
    assert [row.why for row in group().rows] == ["Given up: refused"] * 2


def test_operator_sees_kinds_counts_and_ages_and_nothing_else(cast, files, ordered, browse, owner):
    register_overseers(cast)
    client = browse(cast.operator)
    page = words_of(client.get(ALL))
    assert "PDF of a file" in page
    assert "A job waits since" not in page
    with shifted(datetime.timedelta(minutes=11)):
        assert "A job waits since" in words_of(client.get(ALL))
        assert "Jobs wait longer than 10 minutes" in words_of(client.get("/"))
    end_access(cast, files)
    run(ordered.job_id)
    page = words_of(client.get(ALL))
    assert "refused" in page
    for word in ("Mira", cast.ngo_worker.family_name, str(files["Mira"]), str(ordered.pk)):
        assert word not in page
    assert browse(cast.social_worker).get(ALL).status_code == 404
