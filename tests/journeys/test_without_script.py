"""With scripts switched off everything still works: forms, errors, the way a change is told, and the end of access."""

import pytest
from django.urls import reverse

from portal.access import jobs
from portal.access.identity import acting
from portal.casework.models import Document

FIRST, SECOND = "She likes the new school.", "She likes the new school and the choir."


@pytest.fixture
def plain(seats, scene):
    """Give a person a browser without scripts; nobody sits down before the day of work is over."""
    return lambda name: seats(name, own=True, java_script_enabled=False)


def press(seat, words):
    """Press the button or follow the link with these words, and wait for the page it leads to."""
    with seat.page.expect_navigation():
        seat.page.locator(f"main :is(a, button):has-text('{words}')").first.click()


def test_a_file_is_opened_after_a_look_whether_there_is_one(plain):
    desk = plain("social_worker")
    desk.go(reverse("victims:children"))
    press(desk, "Open a file")
    desk.page.fill("#id_code_name", "Mir")
    press(desk, "Look")
    assert "“Mira”" in desk.text()
    desk.page.fill("#id_code_name", "Plover")
    desk.page.select_option("#id_sex", label="girl")
    desk.page.fill("#id_contact_safely", "ring the school office")
    press(desk, "Open the file")
    assert desk.page.inner_text("h1").startswith("“Plover” VC-")
    assert "ring the school office" in desk.text()
    desk.go(reverse("victims:children"))
    assert "“Plover”" in desk.text()


def test_a_care_entry_is_written_corrected_and_its_change_is_told(plain, scene):
    desk = plain("social_worker")
    desk.go(reverse("victims:section", args=[scene.file("Mira"), "care"]))
    press(desk, "Record a care entry")
    desk.page.fill("#id_text", FIRST)
    press(desk, "Save")
    assert "Choose the kind of entry." in desk.page.inner_text(".govuk-error-summary")
    assert "Choose the kind of entry." in desk.page.inner_text(".govuk-form-group:has(#id_kind)")
    assert desk.page.title().startswith("Error:")
    assert desk.page.input_value("#id_text") == FIRST
    desk.page.select_option("#id_kind", index=1)
    press(desk, "Save")
    entry = desk.page.locator(".record", has_text=FIRST)
    with desk.page.expect_navigation():
        entry.get_by_role("link", name="Change", exact=False).click()
    desk.page.fill("#id_text", SECOND)
    press(desk, "Save")
    assert "Say why this changes." in desk.page.inner_text(".govuk-error-summary")
    assert desk.page.input_value("#id_text") == SECOND
    desk.page.fill("#id_reason", "the choir was left out")
    press(desk, "Save")
    with desk.page.expect_navigation():
        desk.page.locator(".record", has_text=SECOND).get_by_role("link", name="what changed").click()
    assert desk.page.inner_text("del") == FIRST
    assert desk.page.inner_text("ins") == SECOND
    assert "the choir was left out" in desk.text()


def test_a_note_is_written_and_gets_an_addendum(plain, scene):
    desk = plain("social_worker")
    desk.go(reverse("victims:section", args=[scene.file("Waiting"), "care"]))
    press(desk, "Write a note")
    desk.page.fill("#id_body", "The judge was kind.")
    press(desk, "Save the note")
    press(desk, "Add to this note")
    desk.page.fill("#id_body", "It was the judge of the family court.")
    press(desk, "Save the note")
    assert desk.page.locator(".record", has_text="The judge was kind.").filter(has_text="Addendum:").count() == 1


def test_who_looked_is_told(plain, scene):
    plain("supervisor").go(reverse("victims:child", args=[scene.file("Mira")]))
    desk = plain("social_worker")
    desk.go(reverse("victims:child", args=[scene.file("Mira")]))
    press(desk, "Everyone who looked")
    assert "J. Pinto" in desk.text()


def test_access_is_accepted_and_ends_with_the_next_click(plain, scene):
    child = reverse("victims:child", args=[scene.file("Waiting")])
    theirs, owner = plain("ngo_worker"), plain("social_worker")
    theirs.go("/")
    assert theirs.page.locator(".alert", has_text="Waiting").count() == 1
    press(theirs, "Accept")
    assert theirs.page.url.endswith(child)
    assert theirs.go(reverse("victims:section", args=[scene.file("Waiting"), "care"])).status == 200

    owner.go(reverse("victims:who", args=[scene.file("Waiting")]))
    with owner.page.expect_navigation():
        owner.page.locator("tr", has_text="Casa Aurora").get_by_role("link", name="End now").click()
    assert "End Casa Aurora’s access to “Waiting”?" in owner.text()
    owner.page.fill("#id_reason", "the mentoring is over")
    press(owner, "End access now")
    assert "Casa Aurora" not in owner.page.inner_text("main table")

    with theirs.page.expect_navigation() as answer:
        theirs.page.click(".tabs a >> nth=0")
    assert answer.value.status == 404
    assert "Nothing here for you" in theirs.text()
    theirs.go("/")
    assert "“Waiting”" not in theirs.page.inner_text("main table")
    theirs.go(reverse("desk:notices"))
    assert "ended your team’s access to" in theirs.text()


def test_a_pdf_is_asked_for_waited_for_and_taken(plain, scene, monkeypatch):
    desk = plain("social_worker")
    desk.go(reverse("victims:child", args=[scene.file("Closed")]))
    press(desk, "Make a PDF")
    assert "Your PDF is being made." in desk.text()
    press(desk, "Look again")
    assert "Your PDF is being made." in desk.text()
    document = desk.page.url.rstrip("/").rpartition("/")[2]
    with acting(scene.cast.social_worker):
        job_id = Document.objects.get(pk=document).job_id
    assert jobs.run(job_id)
    press(desk, "Look again")
    with desk.page.expect_download() as taken:
        desk.page.click("text=Take the PDF")
    assert taken.value.path().read_bytes().startswith(b"%PDF")


def test_a_task_is_done_late_with_its_reason(plain, scene):
    desk = plain("social_worker")
    desk.go("/")
    with desk.page.expect_navigation():
        desk.page.locator("#late .task__act").first.click()
    press(desk, "Mark done")
    assert "Say why it was late." in desk.page.inner_text(".govuk-error-summary")
    desk.page.fill("#id_reason", "the court was closed")
    press(desk, "Mark done")
    assert "0 late" in " ".join(desk.text().split())


def test_the_language_is_changed_and_the_page_stays(plain, scene):
    desk = plain("shelter_worker")
    desk.go(reverse("victims:children"))
    with desk.page.expect_navigation():
        desk.page.locator(".languages button").click()
    assert desk.page.url.endswith(reverse("victims:children"))
    assert desk.page.locator("html").get_attribute("dir") == "rtl"
