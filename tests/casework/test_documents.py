"""The PDF of a file: only sections held, only for its person, with words from people as words."""

import io

import pypdf
import pytest
from django.urls import reverse

from portal.access.actions import end
from portal.access.identity import acting
from portal.access.jobs import run
from portal.access.models import Grant
from portal.casework.keys import KeyMissing
from portal.casework.models import Document
from portal.casework.pdf import BundledFetcher, NotBundled
from tests import statements
from tests.statements import count_events, last_event, value
from victims import documents
from victims.actions import add
from victims.models import CareEntry, Child

HOSTILE = (
    '<img src="http://canary.invalid/a.png"> <link rel=stylesheet href="http://canary.invalid/b.css">'
    '<link rel="attachment" href="file:///etc/hostname"> <script>x</script> @import url(http://canary.invalid)'
)


@pytest.fixture
def ordered(cast, files):
    return documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.ngo_worker)


@pytest.fixture
def made(ordered):
    assert run(ordered.job_id), value("SELECT problem FROM casework_job WHERE id = %s", ordered.job_id)
    return ordered


def opened(document, person):
    """Return the PDF, read as the person."""
    with acting(person):
        return pypdf.PdfReader(io.BytesIO(documents.read(Document.objects.get(pk=document.pk))))


def words(pdf):
    return " ".join(page.extract_text() for page in pdf.pages)


def test_document_shows_the_sections_held_and_no_other(cast, made):
    text = words(opened(made, cast.ngo_worker))
    assert "canary-care-Mira" in text
    assert "canary-summary-Mira" in text
    for section in ("identity", "whereabouts", "health", "therapy", "legal", "investigation", "suspects"):
        assert f"canary-{section}" not in text


def test_document_says_for_whom_it_was_made_and_names_its_sections(cast, made):
    text = " ".join(words(opened(made, cast.ngo_worker)).split())
    assert "Printed for M. Haddad, Casa Aurora" in text
    assert "Sections shown: Summary, Care" in text


def test_document_lies_sealed(made):
    stored = bytes(value("SELECT data FROM casework_document WHERE id = %s", made.pk))
    assert b"%PDF" not in stored
    assert len(stored) > 5_000


def test_making_it_is_an_event_with_its_sections(cast, made):
    event = last_event(kind="pdf made")
    assert (event["person_id"], event["sections"], event["via"]) == (cast.ngo_worker.pk, [1, 6], "job")


def test_its_person_downloads_it_and_the_download_is_an_event(cast, made, browse):
    before = count_events(kind="pdf")
    answer = browse(cast.ngo_worker).get(reverse("victims:take_document", args=[made.pk]))
    assert answer.content.startswith(b"%PDF-")
    assert "attachment" in answer["Content-Disposition"]
    assert count_events(kind="pdf") == before + 1


def test_it_is_nothing_to_anybody_else(cast, made, browse):
    for name in ("social_worker", "clinician", "stranger"):
        client = browse(getattr(cast, name))
        for page in ("victims:document", "victims:take_document"):
            assert client.get(reverse(page, args=[made.pk])).status_code == 404
        with acting(getattr(cast, name)):
            assert not Document.objects.exists()


def test_it_does_not_open_once_the_rights_have_ended(cast, files, made, browse):
    with acting(cast.social_worker):
        grant = Grant.objects.get(child_id=files["Mira"], team=cast.team("ngo_worker"))
        end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    assert browse(cast.ngo_worker).get(reverse("victims:take_document", args=[made.pk])).status_code == 404


def test_it_does_not_open_without_the_key_of_a_restricted_section(cast, files, owner):
    document = documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.social_worker)
    assert run(document.job_id)
    with owner():
        statements.run("DELETE FROM casework_sectionkey WHERE child_id = %s AND section = 2", files["Mira"])
    with acting(cast.social_worker, read_only=True), pytest.raises(Exception, match=r"key|read-only") as refusal:
        documents.read(Document.objects.get(pk=document.pk))
    assert isinstance(refusal.value, KeyMissing) or "read-only" in str(refusal.value)


def test_hostile_words_are_printed_as_words_and_fetch_nothing(cast, files, monkeypatch):
    asked = []
    fetch = BundledFetcher.fetch
    monkeypatch.setattr(
        BundledFetcher, "fetch", lambda self, url, headers=None: asked.append(url) or fetch(self, url, headers)
    )
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    add(
        model=CareEntry,
        child=child,
        values={"on": "2026-01-02", "kind": "wish", "text": HOSTILE},
        by=cast.social_worker,
    )
    document = documents.order(child_id=child.pk, kind="file", language="en", by=cast.social_worker)
    assert run(document.job_id)
    pdf = opened(document, cast.social_worker)
    assert "http://canary.invalid/a.png" in "".join(words(pdf).split())
    assert asked
    assert all(url.startswith("bundled:") for url in asked)
    assert not pdf.attachments


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1/", "file:///etc/hostname", "data:text/css,a", "bundled:../../settings.py"]
)
def test_fetcher_hands_out_bundled_fonts_only(url):
    with pytest.raises(NotBundled):
        BundledFetcher().fetch(url)


def test_arabic_document_runs_from_right_to_left(cast, files):
    document = documents.order(child_id=files["Mira"], kind="file", language="ar", by=cast.ngo_worker)
    assert run(document.job_id)
    assert opened(document, cast.ngo_worker).trailer["/Root"]["/Lang"] == "ar"


def test_document_page_waits_then_offers_the_file(cast, files, ordered, browse):
    client, page = browse(cast.ngo_worker), reverse("victims:document", args=[ordered.pk])
    taking = reverse("victims:take_document", args=[ordered.pk])
    assert taking not in client.get(page).content.decode()
    assert client.get(taking).status_code == 404
    run(ordered.job_id)
    assert taking in client.get(page).content.decode()
