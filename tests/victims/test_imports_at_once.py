"""Imports on a copy of the database, where transactions really commit: several workers at once, and a worker that dies."""

import threading

import pytest
from django.db import connections

from portal.access import jobs
from tests.victims.vics_files import CASES, DATA, MD5, as_file
from victims import import_files, imports, media_rows

COUNT = "SELECT count(*) FROM victims_media"


def receive(clone, content, name="case.json"):
    team, by = clone.cast.team("analyst"), clone.cast.analyst
    return imports.receive(file=[content], name=name, is_network=True, dry_run=False, team=team, by=by)


def case_of(*numbers, series="Shared"):
    return as_file([{"Media": [{"MD5": MD5, "MediaID": n, "Series": series} for n in numbers]}], CASES).getvalue()


def run_all(clone, *sent):
    """Run the jobs of these imports at once; return what state each is in after."""
    job_ids = [import_.job_id for import_ in sent]
    results = clone.at_once(lambda number: jobs.run(job_ids[number]), len(job_ids))
    assert all(isinstance(result, bool) for result in results), results
    return sorted(clone.value("SELECT state FROM victims_import WHERE id = %s", import_.pk) for import_ in sent)


def test_an_import_is_there_after_its_commit_and_its_file_is_not(clone):
    import_ = receive(clone, (DATA / "case-2.0.json").read_bytes())
    assert jobs.run(import_.job_id)
    assert clone.value(COUNT) == 76
    assert clone.value("SELECT count(*) FROM victims_mediahash") == sum(
        clone.value("SELECT summary FROM victims_import")["hashes"].values()
    )
    assert not import_files.is_kept(import_.pk)


def test_the_same_file_sent_twice_is_read_in_once(clone):
    sent = [receive(clone, case_of(1, 2, 3)) for _ in range(2)]
    assert run_all(clone, *sent) == ["done", "refused"]
    assert clone.value(COUNT) == 3


def test_two_files_with_the_same_new_series_share_it(clone):
    sent = [receive(clone, case_of(*range(at, at + 20))) for at in (100, 200)]
    assert run_all(clone, *sent) == ["done", "done"]
    assert clone.value("SELECT count(*) FROM victims_series WHERE starts_with(name, 'Shared')") == 1
    assert clone.value(COUNT) == 40


def test_one_job_published_twice_is_done_once(clone):
    import_ = receive(clone, case_of(1, 2, 3))
    assert run_all(clone, import_, import_) == ["done", "done"]
    assert clone.value(COUNT) == 3


def test_a_worker_that_dies_half_way_leaves_nothing_and_the_next_one_does_it(clone, monkeypatch):
    import_ = receive(clone, case_of(*range(30)))
    monkeypatch.setattr(media_rows, "MOST", 10)
    seen = []

    def dying(entry, *ids):
        seen.append(entry.position)
        if len(seen) == 25:
            raise SystemExit
        return []

    with monkeypatch.context() as half:
        half.setattr(media_rows, "hash_rows", dying)
        with pytest.raises(SystemExit):
            jobs.run(import_.job_id)
    assert (clone.value(COUNT), clone.value("SELECT count(*) FROM victims_series")) == (0, 0)
    assert import_files.is_kept(import_.pk)
    assert jobs.run(import_.job_id)
    assert (clone.value(COUNT), clone.value("SELECT state FROM casework_job")) == (30, "done")


def test_import_that_is_cancelled_half_way_stops_there_and_leaves_nothing(clone, monkeypatch):
    import_ = receive(clone, case_of(*range(30)))
    monkeypatch.setattr(imports, "STEP", 10)
    seen = []
    note = jobs.note_progress

    def cancelling(job, done, *rest):
        seen.append(done)
        if seen.count(20) == 2:  # the first time it was checked, the second time it is read in
            other = threading.Thread(target=cancel_in_a_thread, args=[clone, job])
            other.start()
            other.join()
        note(job, done, *rest)

    monkeypatch.setattr(imports, "note_progress", cancelling)
    assert not jobs.run(import_.job_id)
    assert (seen[-1], seen.count(20)) == (20, 2)
    assert (clone.value(COUNT), clone.value("SELECT count(*) FROM victims_series")) == (0, 0)
    assert clone.value("SELECT state FROM casework_job") == "cancelled"
    assert import_files.is_kept(import_.pk)  # for a while, for whoever tries again


def cancel_in_a_thread(clone, job):
    try:
        jobs.cancel(job=job, by=clone.cast.analyst)
    finally:
        connections["default"].close()
