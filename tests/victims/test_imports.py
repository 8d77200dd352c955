"""Reading in files: everything or nothing, into the right series, seen by the right people, and never a picture."""

import datetime
import json
import os

import pytest
from django.db import connection
from django.utils import translation

from portal.access import jobs
from portal.access.identity import Refused, acting
from portal.casework.workflow import NotPossible, WrongState, move
from tests.victims.vics_files import CASES, DATA, EXPECTED, MD5, PICTURE, as_file
from victims import import_files, imports, media_rows
from victims.import_steps import IMPORT
from victims.models import Import, Media, MediaHash, Series
from victims.series_list import figures_of, rows_of, series_open

TABLES = ["victims_media", "victims_mediahash", "victims_series", "access_grant", "victims_import"]


def read_file(cast, path, by="analyst", **options):
    settled = {"name": os.path.basename(path), "is_network": True, "dry_run": False, "team": cast.team(by)}
    return imports.read_file(path=path, by=getattr(cast, by), **settled | options)


def receive(cast, path, by="analyst", **options):
    settled = {"name": path.name, "is_network": True, "dry_run": False, "team": cast.team(by)}
    return imports.receive(file=[path.read_bytes()], by=getattr(cast, by), **settled | options)


def again(import_, by):
    with acting(by):
        return Import.objects.get(pk=import_.pk)


def written(tmp_path, value, context=CASES, name="case.json"):
    path = tmp_path / name
    path.write_bytes(as_file(value, context).getvalue())
    return path


@pytest.fixture
def counted(owner):
    """How many rows the tables hold, asked as their owner."""

    def counts():
        with owner(), connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(f"SELECT count(*) FROM {table}" for table in TABLES))
            return dict(zip(TABLES, [row[0] for row in cursor.fetchall()], strict=True))

    return counts


@pytest.fixture
def case(cast):
    return read_file(cast, DATA / "case-2.0.json")


# What is read in


@pytest.mark.parametrize("name", EXPECTED["media"])
def test_read_file_keeps_every_entry_of_the_invented_files(cast, name):
    import_ = read_file(cast, DATA / f"{name}.json")
    expected = EXPECTED["media"][name]
    assert (import_.state, import_.summary["good"], import_.summary["bad"]) == ("done", expected, 0)
    with acting(cast.analyst):
        assert Media.objects.filter(source=import_).count() == expected
        assert MediaHash.objects.filter(media__source=import_, kind=1).count() == expected
        kept = {MediaHash.Kind(media_rows.KINDS[kind]): count for kind, count in import_.summary["hashes"].items()}
        assert all(MediaHash.objects.filter(media__source=import_, kind=kind).count() == kept[kind] for kind in kept)


def test_read_file_case_1_3_drops_its_pictures_and_names_its_case(cast):
    import_ = read_file(cast, DATA / "case-1.3.json")
    assert (import_.summary["good"], import_.summary["dropped_binaries"]) == (60, 3)
    assert import_.summary["cases"][0]["number"] == "OLD/7"
    assert import_.summary["series"] == [
        {"name": "Unsorted: OLD/7", "id": import_.summary["series"][0]["id"], "count": 60, "new": True}
    ]


def test_read_file_sorts_the_hash_set_into_its_series(cast):
    import_ = read_file(cast, DATA / "hashset-2.0.json")
    names = {row["name"]: row["count"] for row in import_.summary["series"]}
    assert (names["Seaside caravan"], names["سلسلة النخلة"], sum(names.values())) == (177, 173, 1000)
    with acting(cast.analyst):
        series = Series.objects.get(name="série Étoile")
        assert Media.objects.filter(series=series).count() == 166
        assert (series.agency_id, series.is_network) == (cast.analyst.agency_id, True)


def test_read_file_keeps_the_values_of_an_entry(cast, case):
    with acting(cast.analyst):
        media = Media.objects.get(source=case, media_id="900050")
        assert (media.position, media.category, media.size, media.mime_type) == (1, 2, 1157045, "image/jpeg")
        assert (media.updated, media.victim_identified) == (
            datetime.datetime(2026, 3, 1, 4, 12, tzinfo=datetime.UTC),
            False,
        )
        assert (media.devices, media.file_count) == (["P9 lite"], 1)
        hashes = {row.kind: bytes(row.value).hex() for row in media.hashes.all()}
        assert hashes[MediaHash.Kind.MD5] == "ccec1f2d2236d8b473fae154996a67c0"
        assert len(hashes[MediaHash.Kind.PDQ]) == 64


def test_read_file_hash_list_with_bad_lines(cast):
    refused = read_file(cast, DATA / "hashlist.csv")
    assert refused.state == "refused"
    assert [problem["line"] for problem in refused.summary["problems"]] == EXPECTED["hashlist"]["bad_lines"]
    import_ = read_file(cast, DATA / "hashlist.csv", skip_bad=True)
    with acting(cast.analyst):
        assert Media.objects.filter(source=import_).count() == EXPECTED["hashlist"]["good"]
        assert set(Media.objects.filter(source=import_).values_list("tags", flat=True).distinct()[0]) == {
            "national list"
        }


def test_read_file_keeps_long_files_in_batches(cast, tmp_path, monkeypatch):
    monkeypatch.setattr(media_rows, "MOST", 7)
    path = written(tmp_path, [{"CaseNumber": "B", "Media": [{"MD5": MD5, "MediaID": n} for n in range(30)]}])
    told = []
    monkeypatch.setattr(imports, "STEP", 10)
    import_ = read_file(cast, path, report=lambda done, total, is_comparing: told.append((done, total, is_comparing)))
    with acting(cast.analyst):
        assert list(Media.objects.filter(source=import_).order_by("position").values_list("media_id", flat=True)) == [
            str(n) for n in range(30)
        ]
    assert (10, None, False) in told
    assert (30, 30, False) in told
    assert told[-1] == (30, 30, True)


def test_read_file_names_unsorted_series_by_case_or_file(cast, tmp_path):
    cases = [{"CaseNumber": "A-1", "Media": [{"MD5": MD5}]}, {"Media": [{"MD5": MD5}], "CaseID": "B-2"}]
    import_ = read_file(cast, written(tmp_path, [*cases, {"Media": [{"MD5": MD5}]}], name="third.json"))
    names = {row["name"] for row in import_.summary["series"]}
    assert names == {"Unsorted: A-1", "Unsorted: B-2", "Unsorted: third"}


# Everything or nothing


def test_read_file_broken_in_the_middle_leaves_nothing(cast, tmp_path, counted):
    path = tmp_path / "broken.json"
    path.write_bytes((DATA / "hashset-2.0.json").read_bytes()[:600_000])
    before = counted()
    import_ = read_file(cast, path, skip_bad=True)
    assert import_.state == "refused"
    assert import_.summary["refusal"][0].startswith("The file breaks off")
    assert counted() == before | {"victims_import": before["victims_import"] + 1}


def test_read_file_with_a_bad_entry_is_refused_whole_and_names_it(cast, tmp_path, counted):
    entries = [{"MediaID": 1, "MD5": MD5, "Series": "Half"}, {"MediaID": 2, "MD5": "nonsense"}]
    path, before = written(tmp_path, [{"Media": entries}]), counted()
    import_ = read_file(cast, path)
    assert import_.state == "refused"
    (problem,) = import_.summary["problems"]
    assert (problem["position"], problem["media_id"]) == (2, "2")
    assert problem["reasons"] == [[imports_sentence("MD5"), {"field": "MD5", "value": "nonsense", "digits": 32}]]
    assert counted() == before | {"victims_import": before["victims_import"] + 1}


def imports_sentence(field):
    return "%(field)s '%(value)s' is not %(digits)s hexadecimal digits. Correct it or leave it out."


def test_read_file_with_skip_bad_reads_in_the_good_ones(cast, tmp_path):
    entries = [{"MediaID": 1, "MD5": MD5}, {"MediaID": 2, "MD5": "nonsense"}, {"MediaID": 3, "MD5": MD5}]
    import_ = read_file(cast, written(tmp_path, [{"Media": entries}]), skip_bad=True)
    assert (import_.state, import_.summary["good"], import_.summary["bad"]) == ("done", 2, 1)
    with acting(cast.analyst):
        assert set(Media.objects.filter(source=import_).values_list("media_id", "position")) == {("1", 1), ("3", 3)}


def test_read_file_dry_run_leaves_only_its_line(cast, counted):
    before = counted()
    import_ = read_file(cast, DATA / "case-2.0.json", dry_run=True)
    assert (import_.state, import_.summary["good"]) == ("checked", 76)
    assert counted() == before | {"victims_import": before["victims_import"] + 1}


def test_read_file_a_failure_while_writing_leaves_nothing(cast, counted, monkeypatch):
    before = counted()
    monkeypatch.setattr(media_rows, "hash_rows", lambda *_: [].pop())
    with pytest.raises(IndexError):
        read_file(cast, DATA / "case-2.0.json")
    assert counted() == before


def test_read_file_that_changes_between_check_and_reading_leaves_nothing(cast, tmp_path, counted, monkeypatch):
    path, before = written(tmp_path, [{"Media": [{"MD5": MD5}]}]), counted()
    found = imports.find_series

    def meanwhile(*args):
        written(tmp_path, [{"Media": [{"MD5": MD5}, {"MD5": MD5}]}])
        return found(*args)

    monkeypatch.setattr(imports, "find_series", meanwhile)
    assert read_file(cast, path).summary["refusal"][0] == imports.CHANGED
    assert counted() == before | {"victims_import": before["victims_import"] + 1}


@pytest.mark.parametrize(
    ("value", "sentence"),
    [([{"CaseID": "7", "Media": []}], imports.EMPTY), ([{"CaseID": "7", "Media": [{"MD5": "x"}]}], imports.NO_GOOD)],
)
def test_read_file_without_anything_good(cast, tmp_path, value, sentence):
    import_ = read_file(cast, written(tmp_path, value), skip_bad=True)
    assert (import_.state, import_.summary["refusal"]) == ("refused", [sentence, {}])


def test_read_file_with_too_many_series(cast, tmp_path, monkeypatch):
    monkeypatch.setattr("victims.media_counts.MOST_SERIES", 1)
    import_ = read_file(cast, written(tmp_path, [{"Media": [{"MD5": MD5, "Series": name} for name in "ab"]}]))
    assert import_.summary["refusal"][0] == imports.MANY_SERIES


# The same file, the same series


def test_read_file_twice_is_refused_unless_wanted(cast, case):
    second = read_file(cast, DATA / "case-2.0.json")
    assert (second.state, second.summary["refusal"][0], second.summary["known"]) == (
        "refused",
        imports.KNOWN,
        str(case.pk),
    )
    third = read_file(cast, DATA / "case-2.0.json", again=True)
    assert third.state == "done"
    with acting(cast.analyst):
        assert Media.objects.filter(media_id="900050").count() == 2


def test_read_file_while_the_same_file_is_being_read_in_is_refused(cast):
    digest, _size = import_files.digest_of(import_files.chunks_of(DATA / "case-2.0.json"))
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            key = f"import {cast.analyst.agency_id} {digest}"
            cursor.execute("SELECT pg_advisory_lock(hashtextextended(%s, 0))", [key])
        assert read_file(cast, DATA / "case-2.0.json").summary["refusal"][0] == imports.BUSY
    finally:
        other.close()


def test_read_file_of_another_agency_is_not_known(cast, case):
    theirs = read_file(cast, DATA / "case-2.0.json", by="foreign")
    assert (theirs.state, theirs.summary["known"]) == ("done", None)
    with acting(cast.foreign):
        assert Series.objects.filter(name="Unsorted: INV-20260301-118").count() == 2


def test_read_file_goes_on_in_the_series_of_the_agency(cast):
    first = read_file(cast, DATA / "hashset-2.0.json")
    second = read_file(cast, DATA / "hashlist.csv", by="investigator", skip_bad=True)
    known = {row["id"] for row in first.summary["series"]}
    assert {row["id"] for row in second.summary["series"]} <= known
    assert not any(row["new"] for row in second.summary["series"])


def test_read_file_restricted_never_joins_a_network_series(cast, case):
    second = read_file(cast, DATA / "case-2.0.json", is_network=False, again=True)
    assert all(row["new"] for row in second.summary["series"])
    first = {row["id"] for row in case.summary["series"]}
    assert first.isdisjoint(row["id"] for row in second.summary["series"])
    third = read_file(cast, DATA / "case-2.0.json", is_network=False, again=True)
    assert [row["id"] for row in third.summary["series"]] == [row["id"] for row in second.summary["series"]]


# Who sees it


def test_another_agency_sees_a_network_series_and_its_hashes(cast, case):
    with acting(cast.foreign):
        assert Media.objects.filter(source_id=case.pk).count() == 76
        assert MediaHash.objects.filter(series__in=series_open(cast.foreign)).exists()
        assert not Import.objects.filter(pk=case.pk).exists()


def test_another_agency_does_not_see_a_restricted_series(cast):
    import_ = read_file(cast, DATA / "case-2.0.json", is_network=False)
    ids = [row["id"] for row in import_.summary["series"]]
    with acting(cast.foreign):
        assert not series_open(cast.foreign).filter(pk__in=ids).exists()
        assert not Series.objects.filter(pk__in=ids).exists()
        assert not Media.objects.filter(series_id__in=ids).exists()
        assert not MediaHash.objects.filter(series_id__in=ids).exists()
    with acting(cast.investigator):
        assert series_open(cast.investigator).filter(pk__in=ids).count() == len(ids)


@pytest.mark.parametrize("name", ["social_worker", "clinician", "stranger"])
def test_nobody_else_sees_or_reads_in_anything(cast, case, name):
    person = getattr(cast, name)
    with acting(person):
        assert not series_open(person).exists()
        assert not any(model.objects.exists() for model in (Series, Media, Import))
    with pytest.raises(Refused):
        read_file(cast, DATA / "case-1.3.json", by=name)


def test_read_file_for_a_team_of_others_is_refused(cast):
    with pytest.raises(Refused):
        read_file(cast, DATA / "case-1.3.json", team=cast.team("foreign"))


def test_no_embedded_picture_reaches_the_database(cast, owner, tmp_path):
    picture = json.loads((DATA / "case-1.3.json").read_text("utf-8-sig"))["value"][0]["Media"]
    embedded = [value for entry in picture for value in entry.values() if isinstance(value, str) and len(value) > 500]
    read_file(cast, DATA / "case-1.3.json")
    entries = [{"MD5": MD5, "Thumbnail": PICTURE}, {"MD5": PICTURE}, {"MD5": MD5, "Comments": f"see {PICTURE}"}]
    read_file(cast, written(tmp_path, [{"Media": entries, "Logo": PICTURE}]), skip_bad=True)
    assert embedded
    for text in [PICTURE, *embedded]:
        assert not holds(owner, text[40:100])


def holds(owner, text):
    """Whether any row of any table holds the text, or its bytes."""
    with owner(), connection.cursor() as cursor:
        cursor.execute("SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public')")
        tables = [row[0] for row in cursor.fetchall()]
        for table in tables:
            cursor.execute(
                f"SELECT EXISTS (SELECT FROM {table} t WHERE strpos(t::text, %s) > 0 OR strpos(t::text, %s) > 0)",
                [text, text.encode().hex()],
            )
            if cursor.fetchone()[0]:
                return True
    return False


def test_holds_finds_what_is_there(cast, case, owner):
    assert holds(owner, "900050")


def test_figures_of_a_series(cast, case):
    with acting(cast.analyst):
        series_id = Series.objects.get(name__startswith="Unsorted").pk
        figures, rows = figures_of(series_id), rows_of([series_id])
        expected = Media.objects.filter(series_id=series_id).count()
    assert figures.media == rows[series_id].media == sum(figures.categories.values()) == expected
    assert figures.imports == {case.pk: expected}
    assert figures.kinds[MediaHash.Kind.MD5] == expected


# Sent and read in by the worker


def test_receive_keeps_the_file_for_the_worker_alone(cast):
    import_ = receive(cast, DATA / "case-2.0.json")
    path = import_files.path_of(import_.pk)
    assert path.read_bytes() == (DATA / "case-2.0.json").read_bytes()
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o777) == (0o600, 0o700)
    assert (import_.state, import_.size) == ("waiting", path.stat().st_size)


def test_run_reads_in_the_file_and_deletes_it(cast, django_capture_on_commit_callbacks):
    import_ = receive(cast, DATA / "case-2.0.json")
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.run(import_.job_id)
    done = again(import_, cast.analyst)
    assert (done.state, done.summary["good"]) == ("done", 76)
    assert done.finished
    assert not import_files.is_kept(import_.pk)
    assert not jobs.run(import_.job_id)


def test_run_deletes_a_refused_file(cast, tmp_path, django_capture_on_commit_callbacks):
    path = tmp_path / "half.json"
    path.write_text('{"value": [{"CaseID": "7", "Media": [{"MD5"')
    import_ = receive(cast, path)
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.run(import_.job_id)
    assert again(import_, cast.analyst).state == "refused"
    assert not import_files.is_kept(import_.pk)


def test_run_that_fails_keeps_the_file_for_the_next_try(cast, monkeypatch, counted):
    import_, before = receive(cast, DATA / "case-2.0.json"), counted()
    with monkeypatch.context() as broken:
        broken.setattr(media_rows, "hash_rows", lambda *_: [].pop())
        assert not jobs.run(import_.job_id)
    assert (counted(), again(import_, cast.analyst).state) == (before, "waiting")
    assert jobs.run(import_.job_id)
    assert again(import_, cast.analyst).state == "done"


def test_run_without_its_file_says_so(cast):
    import_ = receive(cast, DATA / "case-2.0.json")
    jobs.cancel(job=import_.job, by=cast.analyst)
    import_files.drop(import_.pk)
    jobs.retry(job=import_.job, by=cast.analyst)
    assert jobs.run(import_.job_id)  # at once: no further try would find it
    assert again(import_, cast.analyst).summary["refusal"] == [imports.GONE, {}]


def test_read_now_reads_in_a_checked_file(cast, django_capture_on_commit_callbacks):
    import_ = receive(cast, DATA / "case-2.0.json", dry_run=True)
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.run(import_.job_id)
    assert import_files.is_kept(import_.pk)
    sent = imports.read_now(import_=import_, by=cast.analyst)
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.run(sent.job_id)
    assert again(import_, cast.analyst).state == "done"
    assert not import_files.is_kept(import_.pk)
    with pytest.raises(NotPossible):
        imports.read_now(import_=import_, by=cast.analyst)


def test_read_now_by_somebody_else_is_refused(cast):
    import_ = receive(cast, DATA / "case-2.0.json", dry_run=True)
    jobs.run(import_.job_id)
    for person in (cast.investigator, cast.foreign, cast.social_worker):
        with pytest.raises(Refused):
            imports.read_now(import_=import_, by=person)


def test_read_now_after_the_file_is_gone(cast):
    import_ = receive(cast, DATA / "case-2.0.json", dry_run=True)
    jobs.run(import_.job_id)
    import_files.drop(import_.pk)
    with pytest.raises(NotPossible, match="no longer kept"):
        imports.read_now(import_=import_, by=cast.analyst)


def test_receive_a_known_file_is_refused_at_once(cast, case, counted):
    before = counted()
    with pytest.raises(NotPossible, match="read in before"):
        receive(cast, DATA / "case-2.0.json")
    assert counted() == before
    assert list(import_files.folder().iterdir()) == []


def test_receive_too_large_a_file_keeps_nothing(cast, settings):
    settings.UPLOAD_LIMIT = 1_000
    with pytest.raises(NotPossible, match="larger than"):
        receive(cast, DATA / "case-2.0.json")
    assert list(import_files.folder().iterdir()) == []


def test_receive_whose_event_cannot_be_written_keeps_nothing(cast, counted, monkeypatch):
    before = counted()
    monkeypatch.setattr("portal.audit.events.record", lambda *_args, **_more: [].pop())
    with pytest.raises(IndexError):
        receive(cast, DATA / "case-2.0.json")
    assert counted() == before
    assert list(import_files.folder().iterdir()) == []


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("a/b/case.json", "case.json"),
        ("C:\\cases\\case.json", "case.json"),
        ("\u202egnp.esac", "gnp.esac"),
        ("x" * 300, "x" * 200),
        ("", "-"),
        ("\udcff.json", "?.json"),
    ],
)
def test_plain_name(sent, kept):
    assert imports.plain_name(sent) == kept


def test_move_takes_no_step_twice(cast, case):
    with acting(cast.analyst), pytest.raises(WrongState):
        move(case, IMPORT, IMPORT.named("finish"))


def test_sentences_are_said_in_the_readers_language():
    with translation.override("ar"):
        assert imports.said([imports.GONE, {}])


# Files that nobody will read in any more


HOUR = datetime.timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "hours", "is_over"),
    [
        (None, 0.5, False),
        (None, 2, True),
        ("waiting", 100, False),
        ("waiting", 200, True),
        ("failed", 23, False),
        ("cancelled", 25, True),
        ("done", 23, False),
        ("done", 25, True),
    ],
)
def test_is_over(state, hours, is_over):
    assert import_files.is_over(state, hours * HOUR) is is_over


def test_drop_old_deletes_a_checked_file_after_a_day(cast):
    import_ = receive(cast, DATA / "case-2.0.json", dry_run=True)
    jobs.run(import_.job_id)
    assert import_files.drop_old() == 0
    path = import_files.path_of(import_.pk)
    os.utime(path, (path.stat().st_atime, path.stat().st_mtime - 25 * 3600))
    assert import_files.drop_old() == 1
    assert not import_files.is_kept(import_.pk)
