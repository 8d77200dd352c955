"""The pages of series and imports: who may open them, sending a file, watching it, reading it in."""

import io
import json
import re
import uuid

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import connection
from django.urls import reverse
from django.utils import translation

from portal.access import jobs
from portal.access.identity import acting
from portal.audit.models import AccessEvent
from portal.casework.models import Job, Notice
from tests.statements import run
from tests.victims.vics_files import CASES, DATA, MD5, as_file
from victims import import_files, imports
from victims.models import Import, Media, Series
from victims.sources import said
from victims.views import series as series_pages
from victims.views import watching

UPLOAD = {"openness": "network", "dry_run": "on", "once": "first"}


def read_in(cast, **options):
    settled = {"path": DATA / "case-2.0.json", "name": "case-2.0.json", "is_network": True, "dry_run": False}
    return imports.read_file(team=cast.team("analyst"), by=cast.analyst, **settled | options)


def send(client, content=None, **fields):
    content = (DATA / "case-2.0.json").read_bytes() if content is None else content
    file = SimpleUploadedFile("case-2.0.json", content)
    return client.post(reverse("victims:upload"), {**UPLOAD, "file": file, **fields})


def sent(client, cast, content=None, **fields):
    """The import that a sent file became."""
    response = send(client, content, **fields)
    assert response.status_code == 302, response.content.decode()
    with acting(cast.analyst):
        return Import.objects.get(pk=response.url.split("/")[-2])


def words_of(response):
    text = re.sub(r"<[^>]+>", " ", response.content.decode())
    return re.sub(r"\s+", " ", text)


def title_of(response):
    return re.search(r"<title>(.*?)</title>", response.content.decode(), re.DOTALL)[1]


def green_buttons(response):
    buttons = re.findall(r'class="govuk-button ([^"]*)"', response.content.decode())
    return [classes for classes in buttons if "secondary" not in classes]


def look(browse, person, name, *args, status=200):
    response = browse(person).get(reverse(f"victims:{name}", args=args))
    assert response.status_code == status
    return response


# Who may open them


@pytest.mark.parametrize("name", ["social_worker", "clinician", "ngo_worker", "stranger"])
def test_pages_do_not_exist_for_others(cast, browse, name):
    import_ = read_in(cast)
    client = browse(getattr(cast, name))
    series_id = import_.summary["series"][0]["id"]
    addresses = [reverse(f"victims:{page}") for page in ("series", "imports", "upload")]
    addresses += [reverse("victims:one_series", args=[series_id])]
    addresses += [reverse(f"victims:{page}", args=[import_.pk]) for page in ("import", "import_progress")]
    assert [client.get(address).status_code for address in addresses] == [404] * len(addresses)
    assert client.post(reverse("victims:read_now", args=[import_.pk])).status_code == 404
    assert send(client).status_code == 404
    assert list(import_files.folder().iterdir()) == []


def test_another_agency_sees_the_series_but_not_the_import(cast, browse):
    import_ = read_in(cast)
    series_id = import_.summary["series"][0]["id"]
    look(browse, cast.foreign, "import", import_.pk, status=404)
    response = look(browse, cast.foreign, "one_series", series_id)
    assert "Only those at Northern Unit who hold this series" in words_of(response)
    assert "case-2.0.json" not in response.content.decode()
    assert "has sent no file yet" in words_of(look(browse, cast.foreign, "imports"))


def test_another_agency_does_not_see_a_restricted_series(cast, browse):
    import_ = read_in(cast, is_network=False)
    series_id = import_.summary["series"][0]["id"]
    look(browse, cast.foreign, "one_series", series_id, status=404)
    assert "Unsorted: INV" not in words_of(look(browse, cast.foreign, "series"))
    assert "restricted" in words_of(look(browse, cast.investigator, "series"))


def test_pages_that_do_not_exist(cast, browse):
    look(browse, cast.analyst, "one_series", uuid.uuid4(), status=404)
    look(browse, cast.analyst, "import", uuid.uuid4(), status=404)
    assert browse(cast.analyst).get(reverse("victims:series") + "?before=x").status_code == 404


def test_a_restricted_import_is_no_more_open_than_its_series(cast, browse, owner):
    import_ = read_in(cast, is_network=False)
    look(browse, cast.investigator, "import", import_.pk)
    with owner(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE accounts_membership DISABLE TRIGGER USER")
        cursor.execute(
            "UPDATE accounts_membership SET until = since + interval '1 second' WHERE person_id = %s",
            [cast.investigator.pk],
        )
    look(browse, cast.investigator, "import", import_.pk, status=404)
    assert "case-2.0.json" not in words_of(look(browse, cast.investigator, "imports"))
    look(browse, cast.analyst, "import", import_.pk)
    with acting(cast.investigator):  # the wall says the same to a forgotten filter
        assert not Import.objects.exists()
        assert not Import.history.exists()
    read_in(cast, again=True)
    with acting(cast.investigator):
        assert [known.is_network for known in Import.objects.all()] == [True]


# Lists


def test_series_listed_with_counts(cast, browse):
    read_in(cast)
    response = look(browse, cast.analyst, "series")
    words = words_of(response)
    assert "Unsorted: INV-20260301-118" in words
    assert "no child linked yet" in words
    assert "1 series is open to you" in words
    assert "76" in words
    assert len(green_buttons(response)) == 1


def test_series_listed_empty(cast, browse):
    assert "No series is open to you yet." in words_of(look(browse, cast.analyst, "series"))


def test_series_listed_page_by_page(cast, browse, monkeypatch):
    monkeypatch.setattr(series_pages, "PAGE", 2)
    names = [f"Series {letter}" for letter in "abc"]
    for name in names:
        imports.open_series(name=name, team=cast.team("analyst"), is_network=True, by=cast.analyst)
    client = browse(cast.analyst)
    first = client.get(reverse("victims:series"))
    assert [name for name in names if name in words_of(first)] == names[1:]
    older = client.get(reverse("victims:series") + first.context["older_url"])
    assert [name for name in names if name in words_of(older)] == names[:1]
    assert older.context["newer_url"] == "?"


def test_series_listed_is_recorded_with_its_ids(cast, browse):
    series_id = uuid.UUID(read_in(cast).summary["series"][0]["id"])
    look(browse, cast.analyst, "series")
    with acting(cast.analyst):
        assert AccessEvent.objects.filter(kind="list series", entities__contains=[series_id]).exists()


def test_one_series_says_how_many_children_are_identified(cast, browse, monkeypatch):
    series_id = read_in(cast).summary["series"][0]["id"]
    counted = series_pages.SeriesRow(media=76, children=5, identified=2)
    monkeypatch.setattr(series_pages, "rows_of", lambda ids: dict.fromkeys(ids, counted))
    response = look(browse, cast.analyst, "one_series", series_id)
    assert "2 of 5 children identified" in words_of(response)


def test_one_series_counts_and_names_no_media(cast, browse):
    import_ = read_in(cast)
    series_id = import_.summary["series"][0]["id"]
    response = look(browse, cast.analyst, "one_series", series_id)
    words = words_of(response)
    assert all(
        part in words
        for part in ("PDQ", "SHA-1", "By category", "case-2.0.json", "76 media items, sent by J. Tremblay")
    )
    assert "900050" not in words
    assert "<img" not in response.content.decode()
    assert "INV" not in title_of(response)
    with acting(cast.analyst):
        assert AccessEvent.objects.filter(kind="view series", series_id=series_id).exists()


def test_one_series_larger_than_is_counted(cast, browse, monkeypatch):
    series_id = read_in(cast).summary["series"][0]["id"]
    monkeypatch.setattr("victims.series_list.NEWEST", 10)
    assert "newest" in words_of(look(browse, cast.analyst, "one_series", series_id))


def test_imports_listed(cast, browse):
    assert "has sent no file yet" in words_of(look(browse, cast.analyst, "imports"))
    read_in(cast)
    words = words_of(look(browse, cast.investigator, "imports"))
    assert "case-2.0.json Read in" in words
    assert "J. Tremblay" in words


# Sending a file


def test_upload_page(cast, browse):
    response = look(browse, cast.analyst, "upload")
    assert len(green_buttons(response)) == 1
    assert 'name="team"' not in response.content.decode()
    assert re.search(r'name="dry_run"[^>]*checked', response.content.decode())


def test_upload_without_answers_names_them(cast, browse):
    response = browse(cast.analyst).post(reverse("victims:upload"), {})
    words = words_of(response)
    assert "Choose the file to read in." in words
    assert "Choose who may see the series." in words
    assert "Error:" in title_of(response)


@pytest.mark.parametrize(
    ("content", "sentence"), [(b"", "The file is empty."), (b"x" * 2_000, "The file is larger than")]
)
def test_upload_of_a_file_that_is_not_taken(cast, browse, settings, content, sentence):
    settings.UPLOAD_LIMIT = 1_000
    assert sentence in words_of(send(browse(cast.analyst), content))
    assert list(import_files.folder().iterdir()) == []


def test_upload_twice_with_one_press_sends_one_file(cast, browse):
    client = browse(cast.analyst)
    assert send(client).url == send(client).url
    assert len(list(import_files.folder().iterdir())) == 1


def test_upload_of_a_known_file_can_be_mended(cast, browse):
    read_in(cast)
    client = browse(cast.analyst)
    assert "This file was read in before." in words_of(send(client, dry_run=""))
    assert sent(client, cast, as_file([{"Media": [{"MD5": MD5}]}], CASES).getvalue()).state == "waiting"


def test_upload_of_a_person_in_two_teams_asks_for_the_team(cast, browse, monkeypatch):
    teams = [cast.team("analyst"), cast.team("foreign")]
    monkeypatch.setattr("victims.series_forms.teams_of", lambda _person: teams)
    client = browse(cast.analyst)
    assert "Choose the team that owns new series." in words_of(send(client))
    assert sent(client, cast, team=str(teams[0].pk)).summary["team"] == str(teams[0].pk)


def test_upload_checks_and_then_reads_in(cast, browse, django_capture_on_commit_callbacks):
    client = browse(cast.analyst)
    import_ = sent(client, cast)
    waiting = client.get(reverse("victims:import", args=[import_.pk]))
    assert "waits for its turn" in words_of(waiting)
    assert "Look again" in words_of(waiting)
    assert 'hx-trigger="every 2s"' in waiting.content.decode()
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.run(import_.job_id)
    checked = client.get(reverse("victims:import", args=[import_.pk]))
    assert "Nothing was read in yet. Every entry is good." in words_of(checked)
    assert "The file is kept until" in words_of(checked)
    assert len(green_buttons(checked)) == 1
    with acting(cast.analyst):
        assert not Media.objects.exists()
    response = client.post(reverse("victims:read_now", args=[import_.pk]), {"once": "second"})
    assert response.url == reverse("victims:import", args=[import_.pk])
    with acting(cast.analyst):
        job_id = Import.objects.get(pk=import_.pk).job_id
    with django_capture_on_commit_callbacks(execute=True):
        assert jobs.run(job_id)
    done = client.get(response.url)
    assert "The media went into these series." in words_of(done)
    assert green_buttons(done) == []
    with acting(cast.analyst):
        assert Media.objects.count() == 76
    assert not import_files.is_kept(import_.pk)


def test_import_names_the_bad_entries_and_reads_in_the_good_ones(cast, browse):
    client = browse(cast.analyst)
    content = as_file([{"Media": [{"MD5": MD5, "Series": "سلسلة"}, {"MediaID": 9, "MD5": "zz"}]}], CASES).getvalue()
    import_ = sent(client, cast, content)
    jobs.run(import_.job_id)
    words = words_of(client.get(reverse("victims:import", args=[import_.pk])))
    assert "MD5 &#x27;zz&#x27; is not 32 hexadecimal digits." in words
    assert "Read in the good ones now" in words
    client.post(reverse("victims:read_now", args=[import_.pk]), {"once": "second"})
    with acting(cast.analyst):
        job_id = Import.objects.get(pk=import_.pk).job_id
    jobs.run(job_id)
    with acting(cast.analyst):
        assert Media.objects.count() == 1
        assert Series.objects.filter(name="سلسلة").exists()


def test_import_that_was_read_in_before_can_be_read_in_again(cast, browse):
    first = read_in(cast)
    client = browse(cast.analyst)
    import_ = sent(client, cast)
    jobs.run(import_.job_id)
    page = client.get(reverse("victims:import", args=[import_.pk]))
    assert "Read it in again" in words_of(page)
    assert reverse("victims:import", args=[first.pk]) in page.content.decode()
    client.post(reverse("victims:read_now", args=[import_.pk]), {"once": "second"})
    with acting(cast.analyst):
        job_id = Import.objects.get(pk=import_.pk).job_id
    jobs.run(job_id)
    with acting(cast.analyst):
        assert Media.objects.count() == 2 * 76


def test_import_refused_says_why(cast, browse):
    client = browse(cast.analyst)
    import_ = sent(client, cast, b'{"value": [{"CaseID": "7", "Media": [{"MD5"', dry_run="")
    jobs.run(import_.job_id)
    page = client.get(reverse("victims:import", args=[import_.pk]))
    assert "The file breaks off near byte" in words_of(page)
    assert "Refused, nothing read in" in words_of(page)
    assert green_buttons(page) == []


def test_import_of_a_colleague_has_no_button(cast, browse):
    import_ = sent(browse(cast.analyst), cast)
    jobs.run(import_.job_id)
    page = look(browse, cast.investigator, "import", import_.pk)
    assert "The file was checked only." in words_of(page)
    assert green_buttons(page) == []
    response = browse(cast.investigator).post(reverse("victims:read_now", args=[import_.pk]), {"once": "x"})
    assert response.status_code == 404


def test_read_now_after_the_file_is_gone_says_so(cast, browse):
    client = browse(cast.analyst)
    import_ = sent(client, cast)
    jobs.run(import_.job_id)
    import_files.drop(import_.pk)
    response = client.post(reverse("victims:read_now", args=[import_.pk]), {"once": "x"}, follow=True)
    assert "The file is no longer kept. Send it again." in words_of(response)


# Watching it


def watch(client, import_):
    return client.get(reverse("victims:import_progress", args=[import_.pk]))


def test_progress_of_an_import(cast, browse, monkeypatch):
    client = browse(cast.analyst)
    import_ = sent(client, cast)
    assert "waits for its turn" in words_of(watch(client, import_))
    with acting(cast.analyst):
        job = Job.objects.get(pk=import_.job_id)

    def note(*how_far):
        with acting(cast.analyst):
            jobs.note_progress(*how_far)

    note(job, 500)
    assert "Checking: 500 entries so far." in words_of(watch(client, import_))
    note(job, 1_500, 76_000)
    assert "Reading in: 1,500 of 76,000 entries." in words_of(watch(client, import_))
    note(job, 800, 76_000, True)
    assert "Comparing with everything known: 800 of 76,000 entries." in words_of(watch(client, import_))
    monkeypatch.setattr(watching, "WATCHED", -watching.WATCHED)
    assert watch(client, import_).status_code == watching.STOP_ASKING
    jobs.run(import_.job_id)
    assert watch(client, import_)["HX-Refresh"] == "true"


def test_progress_of_an_import_given_up(cast, browse, owner):
    client = browse(cast.analyst)
    import_ = sent(client, cast)
    with owner():
        run("UPDATE casework_job SET state = 'failed' WHERE id = %s", import_.job_id)
    assert watch(client, import_)["HX-Refresh"] == "true"
    assert "could not be read in" in words_of(client.get(reverse("victims:import", args=[import_.pk])))


def test_pages_in_arabic(cast, browse):
    import_ = read_in(cast)
    client = browse(cast.analyst)
    series_id = import_.summary["series"][0]["id"]
    addresses = [reverse(f"victims:{page}") for page in ("series", "imports", "upload")]
    addresses += [reverse("victims:import", args=[import_.pk]), reverse("victims:one_series", args=[series_id])]
    for address in addresses:
        response = client.get(address, headers={"accept-language": "ar"})
        assert 'dir="rtl"' in response.content.decode()
        assert json.dumps(response.status_code) == "200"


def test_a_refused_import_shows_no_zeros_and_offers_another_try(cast, browse):
    client = browse(cast.analyst)
    import_ = sent(client, cast, b"{}", dry_run="")
    jobs.run(import_.job_id)
    page = client.get(reverse("victims:import", args=[import_.pk]))
    assert page.context["facts"] == []
    assert "Send another file" in words_of(page)
    assert f'href="{reverse("victims:upload")}"' in page.content.decode()


def test_a_check_made_by_command_tells_its_sender_how_to_go_on(cast, browse):
    call_command(
        "import_vics", DATA / "case-1.3.json", "--by", "analyst@example.org", "--dry-run", stdout=io.StringIO()
    )
    with acting(cast.analyst):
        import_ = Import.objects.latest("pk")
    mine, theirs = (
        words_of(look(browse, person, "import", import_.pk)) for person in (cast.analyst, cast.investigator)
    )
    assert "The file was checked from the command line." in mine
    assert "send it here, or give the command again without --dry-run" in mine
    assert "Whoever sent it can read it in" in theirs
    assert green_buttons(look(browse, cast.analyst, "import", import_.pk)) == []


@pytest.mark.parametrize(
    ("file", "more", "kind"),
    [(None, {}, "import_checked"), (None, {"dry_run": ""}, "import_done"), (b"{}", {}, "import_refused")],
)
def test_the_sender_is_told_when_a_file_is_through(cast, browse, file, more, kind):
    import_ = sent(browse(cast.analyst), cast, *([file] if file else []), **more)
    jobs.run(import_.job_id)
    with acting(cast.analyst):
        told = Notice.objects.filter(person=cast.analyst, subject_id=import_.pk).get()
    assert (told.kind, told.words) == (kind, [import_.file_name])


def test_counts_of_a_sentence_are_in_the_readers_digits():
    with translation.override("ar"):
        assert "١٠٢" in said([imports.BAD, {"bad": 2, "all": 102}])
