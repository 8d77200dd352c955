"""One child through every hand that helps, in a browser: from an unknown face to a visit, and the auditor after them."""

import re
from typing import Any

import pytest
from django.urls import reverse

from portal.access.identity import acting
from portal.audit import clock
from portal.casework.models import Task
from tests.journeys.browser import PHONE, Seat
from tests.oversight import register_overseers
from tests.referrals.conftest import entered
from tests.referrals.hand_overs.conftest import enrol
from tests.shelters.conftest import opened
from victims.models import Child

NAME = "Plover"
EXPECTED = (  # what the timeline says at the end, the newest first
    "Contact with the child",
    "Referral accepted",
    "Referral sent",
    "Taken into care",
    "Assessed: risk of return medium",
    "Admitted to a shelter",
    "Bed held",
    "Another team owns the file from now on",
    "Rescued",
    "Rescue planned",
    "Located",
    "Identity confirmed",
    "Identity probable",
    "Candidate named",
)


@pytest.fixture(scope="module")
def path(site, seats):
    """A shelter with a free bed, a service, an auditor, and a seat for everybody on the way."""
    opened(site.cast, "Room 1")
    entered(site.cast)
    register_overseers(site.cast)
    return Path(site, seats)


class Path:
    """The seats of the journey; each step is done by somebody on a page of theirs."""

    def __init__(self, site: Any, seats: Any) -> None:
        self.site, self.seats = site, seats
        self.step = 0
        self.child_id: Any = None

    def sit(self, name: str, address: str, **options: Any) -> Seat:
        """Open a page as somebody."""
        desk = self.seats(name, own=True, **options)
        answer = desk.go(address)
        assert answer.status == 200, (name, address, answer.status)
        return desk

    def at(self, name: str, *more: Any) -> str:
        """Return the address of a page of the child's file."""
        return reverse(name, args=[self.child_id, *more])

    def shoot(self, desk: Seat, name: str) -> None:
        self.step += 1
        desk.shoot(f"path-{self.step:02d}-{name}")


def press(desk: Seat, words: str) -> None:
    """Press the button, or follow the link, with exactly these words, and wait for the page that follows."""
    found = desk.page.locator("main").get_by_role("button", name=words, exact=True)
    if not found.count():
        found = desk.page.locator("main").get_by_role("link", name=words, exact=True)
    with desk.page.expect_navigation():
        found.first.click()
    assert not desk.page.locator(".govuk-error-summary").count(), desk.page.locator(".govuk-error-summary").inner_text()


def fill(desk: Seat, **answers: str) -> None:
    """Fill in fields by their names."""
    for name, value in answers.items():
        field = desk.page.locator(f"[name={name}]").first
        kind = field.evaluate("node => node.type")
        if kind == "radio":
            tick(desk, name, value)
        elif kind == "select-one":
            field.select_option(value)
        else:
            field.fill(value)


def tick(desk: Seat, name: str, value: str) -> None:
    desk.page.locator(f"[name={name}][value='{value}']").check(force=True)


def take(path: Path, who: str, cycle: str, name: str, words: str, **answers: str) -> Seat:
    """Take a step of the file on its page."""
    desk = path.sit(who, path.at("victims:step", cycle, name))
    fill(desk, **answers)
    path.shoot(desk, name)
    press(desk, words)
    return desk


def test_an_unknown_face_gets_a_file_that_others_find(path):
    desk = path.sit("analyst", reverse("victims:new"))
    fill(desk, code_name=NAME)
    press(desk, "Look")
    fill(desk, sex="2", age_band="6-11")
    press(desk, "Open the file")
    path.child_id = re.search(r"/children/([0-9a-f-]{36})/", desk.page.url)[1]
    path.shoot(desk, "file")
    desk = path.sit("foreign", path.at("victims:add", "investigation"))
    fill(desk, kind="lead", text="The tram ticket on the table is of a northern city.")
    press(desk, "Save")
    assert "tram ticket" in desk.text()


def test_two_officers_of_two_countries_name_the_child(path):
    take(path, "analyst", "identity", "propose", "Name a candidate", reason="The ticket leads to one school.")
    desk = path.sit("analyst", path.at("victims:step", "identity", "make_probable"))
    fill(desk, reason="School photo compared.", owner=str(path.site.cast.team("analyst").pk))
    path.shoot(desk, "probable")
    press(desk, "Make the identity probable")
    desk = path.sit("foreign", reverse("desk:home"))
    path.shoot(desk, "offered")
    press(desk, "Accept")
    desk = take(path, "foreign", "identity", "confirm", "Confirm the identity", reason="Seen again, independently.")
    assert "Confirmed" in desk.page.content()


def test_the_child_is_brought_to_safety_and_whereabouts_leave_the_police(path):
    take(path, "investigator", "stage", "locate", "Record that the child is located")
    take(path, "investigator", "stage", "plan_rescue", "Plan the rescue")
    desk = path.sit("investigator", path.at("victims:add", "whereabouts"))
    fill(desk, care_type="parents", place="Invented street 4")
    press(desk, "Save")
    desk = path.sit("investigator", path.at("victims:step", "stage", "rescue"))
    fill(desk, operation="Lantern", lead_agency="Northern Unit", legal_basis="police_power")
    tick(desk, "present", "police")
    tick(desk, "present", "interpreter")
    path.shoot(desk, "rescue")
    press(desk, "Record the rescue")
    assert desk.go(path.at("victims:section", "whereabouts")).status == 403


def test_the_child_changes_hands_by_two_signatures(path):
    team = path.site.cast.team("social_worker")
    code = {name: enrol(getattr(path.site.cast, name)) for name in ("investigator", "social_worker")}
    desk = path.sit("investigator", path.at("referrals:start_hand_over") + f"?agency={team.agency_id}")
    fill(desk, team=str(team.pk))
    path.shoot(desk, "hand-over-who")
    desk.page.locator("main form button[type=submit]").first.click()
    desk.page.wait_for_url("**/hand-overs/**")
    here = desk.page.url.removeprefix(path.site.url)
    answer_all(desk, "given")
    desk = path.sit("investigator", here + "how/")
    fill(desk, how="Tired, ate a little.")
    desk.page.locator("main form button.govuk-button").first.click()
    sign(path, "investigator", here, code["investigator"])
    phone = path.sit("social_worker", here, viewport={"width": PHONE, "height": 844})
    answer_all(phone, "received")
    path.shoot(phone, "hand-over-phone")
    phone = sign(path, "social_worker", here, code["social_worker"], viewport={"width": PHONE, "height": 844})
    path.shoot(phone, "hand-over-finished")
    with acting(path.site.cast.social_worker):
        assert Child.objects.get(pk=path.child_id).owner_id == team.pk


def answer_all(desk: Seat, side: str) -> None:
    """Answer for everything on one side of the list, each with one press."""
    open_ = f"form:has(input[value={side}]) button.tick:not(.tick--none):not(.tick--on)"
    while left := desk.page.locator(open_).count():
        with desk.page.expect_response("**/tick/"):
            desk.page.locator(open_).first.click()
        desk.page.wait_for_function(
            "([found, left]) => document.querySelectorAll(found).length < left", arg=[open_, left]
        )


def sign(path: Path, who: str, here: str, code: Any, **options: Any) -> Seat:
    """Sign with a fresh code."""
    desk = path.sit(who, here + "sign/", **options)
    fill(desk, code=code())
    path.shoot(desk, f"sign-{who}")
    desk.page.locator("main form button.govuk-button").first.click()
    desk.page.wait_for_url(f"**{here}")
    return desk


def test_a_bed_an_assessment_and_a_service_that_helps(path):
    desk = path.sit("social_worker", path.at("shelters:find_for"))
    fill(desk, stay="weeks")
    path.shoot(desk, "find-a-bed")
    desk.page.locator("button[name=hold]").first.click()
    desk.page.wait_for_url("**/beds/**")
    path.shoot(desk, "held")
    bed = re.search(r"/beds/([0-9a-f-]{36})/", desk.page.url)[1]
    shelter = path.sit("shelter_worker", reverse("desk:home"))
    path.shoot(shelter, "shelter-desk")
    shelter = path.sit("shelter_worker", reverse("shelters:asked", args=[bed]))
    press(shelter, "Admit the child")
    desk = path.sit("social_worker", path.at("victims:assess"))
    fill(desk, kind="initial", level="2", score_safety="3", score_health="3")
    path.shoot(desk, "assessment")
    press(desk, "Save the assessment")
    take(path, "social_worker", "stage", "take_into_care", "Take into care")


def test_the_ngo_accepts_what_was_shown_and_no_more(path):
    desk = path.sit("social_worker", path.at("referrals:new") + "?kind=mental_health")
    with desk.page.expect_navigation():
        desk.page.locator("main a[href*='/referrals/new/0']").first.click()
    fill(desk, first_line="Sleeps little since the move.", area="North", asked="Weekly talks.", why="Afraid at night.")
    fill(desk, urgency="4", basis="consent")
    path.shoot(desk, "refer")
    desk.page.locator("main form button.govuk-button").first.click()
    desk.page.wait_for_url("**/check/")
    tick(desk, "view", "6")
    press(desk, "Show their page after accepting")
    assert "M. Haddad, NGO case worker: Summary, Care" in desk.text()
    path.shoot(desk, "preview")
    press(desk, "Send to Casa Aurora")
    ngo = path.sit("ngo_worker", reverse("referrals:inbox"))
    path.shoot(ngo, "inbox")
    assert NAME not in ngo.text()
    press(ngo, "Claim the next one")
    press(ngo, "Accept")
    press(ngo, "Accept")
    assert NAME in ngo.text()
    assert ngo.go(path.at("victims:care")).status == 200
    assert ngo.go(path.at("victims:section", "whereabouts")).status == 403


def test_a_visit_closes_what_was_due_and_makes_the_next(path):
    desk = path.sit("social_worker", path.at("victims:contact"))
    fill(desk, mode="visit", text="Slept better this week.")
    fill(desk, result="1", seen_alone="1", is_safe="yes")
    path.shoot(desk, "visit")
    press(desk, "Save the contact")
    with acting(path.site.cast.social_worker):
        due = Task.objects.get(child_id=path.child_id, kind="visit", state=Task.State.OPEN).due
    assert due > clock.now()


def test_the_auditor_reads_who_did_what_and_no_word_of_it(path):
    desk = path.sit("auditor", reverse("desk:history", args=[path.child_id]))
    path.shoot(desk, "auditor")
    text = desk.text()
    assert "Slept better" not in text
    assert "tram ticket" not in text
    assert "A. Ferreira" in text
    assert desk.go(path.at("victims:child")).status == 404


def test_the_stranger_has_learned_nothing(path):
    desk = path.seats("stranger", own=True)
    for address in (path.at("victims:child"), path.at("victims:care"), path.at("referrals:referrals")):
        assert desk.go(address).status == 404
    desk.go(reverse("desk:home"))
    assert NAME not in desk.text()


def test_the_timeline_tells_the_whole_path_in_order(path):
    desk = path.sit("social_worker", path.at("victims:child"))
    path.shoot(desk, "timeline")
    text = told(desk)
    while desk.page.get_by_role("link", name="Show older").count():
        press(desk, "Show older")
        text += told(desk)
    places = [text.index(words) for words in EXPECTED]
    assert places == sorted(places), dict(zip(EXPECTED, places, strict=True))


def told(desk):
    """Return what the timeline of the page says."""
    return desk.text().partition("Timeline")[2]
