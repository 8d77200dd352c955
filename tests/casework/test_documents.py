"""The PDF of a file: only sections held, only for its person, with words from people as words."""

import io
import re

import pypdf
import pytest
from django.urls import reverse

from portal.access.actions import end
from portal.access.identity import acting
from portal.access.jobs import run
from portal.access.models import Grant
from portal.access.sections import Section
from portal.casework.keys import KeyMissing
from portal.casework.models import Document
from portal.casework.pdf import BundledFetcher, NotBundled
from tests import statements
from tests.attacks import attack
from tests.statements import count_events, last_event, value
from victims import documents, printing
from victims.actions import add
from victims.attachments import attach, write_note
from victims.models import CareEntry, Child, LegalOrder

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
    assert "Sections shown: Summary and Care. Other sections are left out." in text


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
    with pytest.raises(KeyMissing):
        opened(document, cast.social_worker)


def child_of(cast, files):
    with acting(cast.social_worker):
        return Child.objects.get(pk=files["Mira"])


def made_for(person, child_id, language="en"):
    document = documents.order(child_id=child_id, kind="file", language=language, by=person)
    assert run(document.job_id), value("SELECT problem FROM casework_job WHERE id = %s", document.job_id)
    return " ".join(words(opened(document, person)).split())


def test_document_holds_notes_addenda_and_the_list_of_documents_with_their_authors(cast, files):
    child = child_of(cast, files)
    note = write_note(child=child, section=Section.CARE, body="canary-note", by=cast.shelter_worker)
    write_note(child=child, section=Section.CARE, body="canary-more", adds_to=note, by=cast.social_worker)
    attach(child=child, section=Section.CARE, title="canary-letter", data=b"words", by=cast.social_worker)
    write_note(child=child, section=Section.LEGAL, body="canary-elsewhere", by=cast.social_worker)
    text = made_for(cast.ngo_worker, child.pk)
    assert "canary-note a shelter, 20" in text
    assert re.search(
        r"Addendum: canary-more A\. Ferreira, City Children.s Services, \d{4}-\d\d-\d\d \d\d:\d\d UTC", text
    )
    assert re.search(r"canary-letter \(5.bytes\) A\. Ferreira", text)
    assert not any(word in text for word in ("Brandt", "Farol", "canary-elsewhere"))


def test_document_says_how_many_older_entries_it_leaves_out(cast, files, monkeypatch):
    monkeypatch.setattr(printing, "MOST", 2)
    child = child_of(cast, files)
    for number in range(4):
        values = {"on": "2026-01-02", "kind": "wish", "text": f"wish-{number}"}
        add(model=CareEntry, child=child, values=values, by=cast.ngo_worker)
    for number in range(3):
        write_note(child=child, section=Section.CARE, body=f"note-{number}", by=cast.ngo_worker)
    text = made_for(cast.ngo_worker, child.pk)
    assert {"wish-3", "wish-2", "note-2", "note-1"} == set(re.findall(r"(?:wish|note)-\d", text))
    assert "3 older entries are left out here. They stand in the portal." in text
    assert "1 older entry is left out here. It stands in the portal." in text


def test_a_document_that_leaves_nothing_out_does_not_say_so(cast, made):
    assert "left out here" not in words(opened(made, cast.ngo_worker))


def test_it_does_not_open_without_the_key_of_any_section_that_it_shows(cast, files, made, owner):
    with owner():
        statements.run("DELETE FROM casework_sectionkey WHERE child_id = %s AND section = 6", files["Mira"])
    with pytest.raises(KeyMissing):
        opened(made, cast.ngo_worker)


@attack("D46")
def test_hostile_words_are_printed_as_words_and_fetch_nothing(cast, files, monkeypatch):
    asked = []
    fetch = BundledFetcher.fetch
    monkeypatch.setattr(
        BundledFetcher, "fetch", lambda self, url, headers=None: asked.append(url) or fetch(self, url, headers)
    )
    child = child_of(cast, files)
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


def text_of(ordered, person):
    assert run(ordered.job_id)
    return [" ".join(page.extract_text().split()) for page in opened(ordered, person).pages]


def test_every_page_says_number_reader_day_and_hour(cast, files):
    for number in range(9):
        values = {"on": "2026-01-02", "kind": "school", "text": f"{number} " + "long words " * 200}
        with acting(cast.social_worker):
            child = Child.objects.get(pk=files["Mira"])
        add(model=CareEntry, child=child, values=values, by=cast.social_worker)
    ordered = documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.social_worker)
    pages, number = text_of(ordered, cast.social_worker), child.case_number
    assert len(pages) > 2
    for place, text in enumerate(pages, start=1):
        reader = "Printed for A. Ferreira, City Children's Services"
        foot = rf"{number} · {reader}, on \d+ \w+ \d+, \d\d:\d\d · {place} / {len(pages)}"
        assert re.search(foot, text), text[-200:]
        assert not re.search(r"\s\.(\s|$)", text)


def test_document_says_where_the_file_stands(cast, made):
    text = " ".join(words(opened(made, cast.ngo_worker)).split())
    assert "Rescued · Unidentified · Risk of return: not assessed" in text


def test_an_order_that_ended_says_so(cast, files):
    order = {"basis": "court_order", "number": "canary-order", "issued": "2020-01-02", "expires": "2020-02-03"}
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    add(model=LegalOrder, child=child, values=order, by=cast.social_worker)
    ordered = documents.order(child_id=child.pk, kind="file", language="en", by=cast.social_worker)
    assert "Ends on: 3 February 2020 (ended)" in clean(text_of(ordered, cast.social_worker))


def clean(pages):
    return " ".join(pages).replace("\u2068", "").replace("\u2069", "")


def test_document_of_a_demonstration_says_that_all_is_invented(cast, files, settings):
    settings.DEMO = True
    ordered = documents.order(child_id=files["Mira"], kind="file", language="en", by=cast.ngo_worker)
    assert all("Demonstration: invented data" in text for text in text_of(ordered, cast.ngo_worker))


def test_document_in_arabic_numbers_its_pages_in_arabic(cast, files):
    ordered = documents.order(child_id=files["Mira"], kind="file", language="ar", by=cast.ngo_worker)
    (text,) = text_of(ordered, cast.ngo_worker)
    assert re.search("١ / ١|١/١", text[-40:] + text[:40])


def test_care_alerts_stand_on_the_first_page_of_the_document(cast, files):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    values = {"on": "2026-01-02", "kind": "alert", "text": "canary-penicillin"}
    add(model=CareEntry, child=child, values=values, by=cast.social_worker)
    for person, shown in ((cast.ngo_worker, True), (cast.clinician, False)):
        ordered = documents.order(child_id=child.pk, kind="file", language="en", by=person)
        assert ("Care alert: canary-penicillin" in clean(text_of(ordered, person))) is shown
