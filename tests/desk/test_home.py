"""My work: what is late, due and told; tasks done; the lock; the language."""

import datetime

import pytest
from django.conf import settings
from django.urls import reverse

from portal.access.identity import acting
from portal.access.work import add_task, close_tasks, tell
from portal.accounts.roles import NETWORK_ROLES, Role
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Notice
from tests.posted import form_with
from tests.statements import last_event, rows, value
from tests.world import FILES, Cast

DAY = datetime.timedelta(days=1)


@pytest.fixture(autouse=True)
def nothing_due(files):
    """The visit that is due on the followed file is made: every test begins with an empty desk."""
    close_tasks(child_id=files["Follow"], codes=["visit"], by=Cast().social_worker)


@pytest.fixture
def task(cast, files):
    def made(title="Visit", days=1, name="social_worker", **more):
        due = clock.now() + days * DAY
        return add_task(kind="call", title=title, team=cast.team(name), due=due, by=getattr(cast, name), **more)

    return made


def groups_of(answer):
    return {group.id: [row.title for row in group.rows] for group in answer.context["groups"]}


DUE = ("late", "today", "week", "later")


def test_home_sorts_tasks_by_what_is_late_and_what_is_not(cast, task, browse):
    task("Late visit", days=-2)
    task("Next visit", days=3)
    task("Far visit", days=30)
    found = groups_of(browse(cast.social_worker).get("/"))
    wanted = {"late": ["Late visit"], "today": [], "week": ["Next visit"], "later": ["Far visit"]}
    assert {name: found[name] for name in DUE} == wanted


@pytest.mark.parametrize(("hours", "group"), [(7, "today"), (23, "today"), (30, "week")])
def test_a_legal_clock_is_due_today_from_its_last_day_on_whatever_the_date(cast, files, browse, hours, group):
    late_evening = (clock.now() + DAY).replace(hour=21, minute=0) - clock.now()
    with shifted(late_evening):
        add_task(
            kind="medical", title="Window", team=cast.team("social_worker"), by=cast.social_worker,
            due=clock.now() + datetime.timedelta(hours=hours),
        )  # fmt: skip
        found = groups_of(browse(cast.social_worker).get("/"))
    assert [name for name in DUE if found.get(name)] == [group]


def test_a_task_of_tomorrow_is_no_clock(cast, browse):
    tomorrow = clock.now().astimezone(cast.social_worker.zone).date() + DAY
    add_task(kind="visit", title="Visit", team=cast.team("social_worker"), due=tomorrow, by=cast.social_worker)
    answer = browse(cast.social_worker).get("/")
    assert groups_of(answer)["week"] == ["Visit"]
    assert "tomorrow" in answer.content.decode()


def test_task_without_a_day_stands_among_the_later_ones(cast, browse):
    add_task(kind="visit", title="One day", team=cast.team("social_worker"), by=cast.social_worker)
    assert groups_of(browse(cast.social_worker).get("/"))["later"] == ["One day"]


def test_home_shows_tasks_of_ones_own_team_only(cast, task, browse):
    task("canary-task")
    assert "canary-task" in browse(cast.supervisor).get("/").content.decode()
    for name in ("stranger", "ngo_worker", "investigator"):
        assert "canary-task" not in browse(getattr(cast, name)).get("/").content.decode()


def test_task_on_a_file_shows_its_name_to_whoever_holds_it(cast, task, files, browse):
    task("Call", child_id=files["Mira"])
    groups = browse(cast.social_worker).get("/").context["groups"]
    row = next(row for group in groups for row in group.rows if row.title == "Call")
    assert (row.name, row.url) == ("Mira", reverse("victims:child", args=[files["Mira"]]))


def test_home_offers_access_that_waits_and_accepting_opens_the_file(cast, files, browse):
    client = browse(cast.ngo_worker)
    offer = client.get("/").context["offers"][0]["grant"]
    assert offer.child_id == files["Waiting"]
    answer = client.post(reverse("desk:accept_grant", args=[offer.pk]))
    assert answer.url == reverse("victims:child", args=[files["Waiting"]])
    assert client.get(reverse("victims:section", args=[files["Waiting"], "care"])).status_code == 200


def test_access_offered_to_others_cannot_be_accepted(cast, files, browse):
    offer = value("SELECT id FROM access_grant WHERE child_id = %s AND accepted IS NULL", files["Waiting"])
    for name in ("stranger", "shelter_worker", "analyst"):
        assert browse(getattr(cast, name)).post(reverse("desk:accept_grant", args=[offer])).status_code == 404
    assert value("SELECT accepted IS NULL FROM access_grant WHERE id = %s", offer)


def test_marking_a_task_done_writes_when_and_by_whom(cast, task, browse):
    made = task()
    answer = browse(cast.social_worker).post(reverse("desk:task_done", args=[made.pk]), {"reason": ""})
    assert answer.url == reverse("desk:home")
    kept = rows(
        "SELECT state, history_by FROM casework_historicaltask WHERE id = %s ORDER BY version DESC LIMIT 1", made.pk
    )
    assert kept == [(2, "A. Ferreira")]


def test_a_late_task_asks_why(cast, task, browse):
    made, client = task(days=-1), browse(cast.social_worker)
    page = reverse("desk:task_done", args=[made.pk])
    assert "Say why it was late." in client.post(page, {"reason": ""}).content.decode()
    client.post(page, {"reason": "ill"})
    assert rows("SELECT state, overrun_reason FROM casework_task WHERE id = %s", made.pk) == [(2, "ill")]


def test_a_task_of_another_team_is_not_there(cast, task, browse):
    made = task()
    for name in ("stranger", "ngo_worker"):
        assert (
            browse(getattr(cast, name)).post(reverse("desk:task_done", args=[made.pk]), {"reason": ""}).status_code
            == 404
        )
    assert value("SELECT state FROM casework_task WHERE id = %s", made.pk) == 1


def test_reading_a_file_does_not_let_anybody_end_its_tasks(cast, task, files, browse):
    made = task(child_id=files["Mira"])
    answer = browse(cast.ngo_worker).post(reverse("desk:task_done", args=[made.pk]), {"reason": ""})
    assert answer.status_code in (403, 404)
    assert value("SELECT state FROM casework_task WHERE id = %s", made.pk) == 1


def told(cast, name="social_worker", kind="import_done", words=("canary-notice",)):
    person = getattr(cast, name)
    with acting(person):
        tell([person], kind, list(words))
    return value("SELECT id FROM casework_notice ORDER BY id DESC LIMIT 1")


def test_notice_is_shown_counted_and_marked_as_read(cast, browse):
    client, notice = browse(cast.social_worker), told(cast)
    page = client.get(reverse("desk:notices"))
    assert "canary-notice" in page.content.decode()
    waiting = page.context["frame"].notices
    assert client.post(reverse("desk:seen", args=[notice]), form_with(client.get("/"), "next")).url == "/"
    assert client.get(reverse("desk:notices")).context["frame"].notices == waiting - 1


def test_notice_of_another_person_is_neither_shown_nor_marked(cast, browse):
    client, notice = browse(cast.supervisor), told(cast)
    assert "canary-notice" not in client.get(reverse("desk:notices")).content.decode()
    assert client.post(reverse("desk:seen", args=[notice])).status_code == 404
    assert value("SELECT seen IS NULL FROM casework_notice WHERE id = %s", notice)


def test_notice_of_ended_access_names_code_name_and_giver_only(cast, files):
    with acting(cast.ngo_worker):
        notice = Notice.objects.filter(person=cast.ngo_worker, kind="access_ended").get()
    assert notice.words == ["A. Ferreira", "Ended"]


def test_lock_ends_session_and_identity(cast, browse):
    client = browse(cast.social_worker)
    answer = client.post(reverse("desk:lock"))
    assert answer.url == reverse("account_login")
    assert client.get("/").url.startswith(reverse("account_login"))
    with acting(cast.social_worker):
        assert not Notice.objects.exists()
    assert last_event(kind="sign-out")["person_id"] == cast.social_worker.pk


def test_arabic_turns_the_page(cast, browse):
    client = browse(cast.social_worker)
    assert 'dir="ltr"' in client.get("/").content.decode()
    client.post(reverse("set_language"), {"language": "ar", "next": "/"})
    assert client.cookies[settings.LANGUAGE_COOKIE_NAME].value == "ar"
    text = client.get("/").content.decode()
    assert 'lang="ar"' in text
    assert 'dir="rtl"' in text


def test_language_switch_leads_to_no_other_host(cast, browse):
    answer = browse(cast.social_worker).post(
        reverse("set_language"), {"language": "ar", "next": "https://canary.invalid/"}
    )
    assert "canary" not in answer.url


@pytest.mark.parametrize(
    "name", ["analyst", "investigator", "social_worker", "shelter_worker", "clinician", "ngo_worker"]
)
def test_navigation_leads_only_where_the_person_may_go(cast, browse, name):
    client = browse(getattr(cast, name))
    places = client.get("/").context["frame"].nav
    assert [place["url"] for place in places if place["current"]] == ["/"]
    for place in places:
        assert client.get(place["url"]).status_code == 200, place["url"]


def test_health_says_that_the_database_stands(db, client):
    answer = client.get(reverse("desk:health"))
    assert (answer.status_code, answer.content) == (200, b"ok")


@pytest.mark.parametrize(("kind", "words"), [("of_another_version", ["Mira"]), ("access_ended", []), ("", [])])
def test_notice_that_cannot_be_said_leaves_the_page_standing(cast, browse, kind, words):
    with acting(cast.social_worker):
        tell([cast.social_worker], kind, words)
        tell([cast.social_worker], "import_done", ["canary.json"])
    for page in ("/", reverse("desk:notices")):
        answer = browse(cast.social_worker).get(page)
        assert answer.status_code == 200
        assert "has no words for" in answer.content.decode()
        assert "canary.json" in answer.content.decode()


@pytest.mark.parametrize(
    ("role", "words"), [("auditor", "Auditors open no files."), ("operator", "Operators open no files.")]
)
def test_whoever_opens_no_files_is_told_so(cast, browse, owner, role, words):
    with owner(), stamping(Stamp(None, "test")):
        cast.stranger.roles = [role]
        cast.stranger.save()
    client = browse(cast.stranger)
    assert words in client.get(reverse("victims:children")).content.decode()
    assert "Files come to you" not in client.get("/").content.decode()


def test_somebody_with_every_role_of_an_agency_works(cast, browse, owner):
    """What is recorded of each act names all roles; certified ones are for those with a certificate."""
    with owner(), stamping(Stamp(None, "set-up")):
        person = cast.social_worker
        person.roles = [str(role) for role in Role if role not in {*NETWORK_ROLES, Role.ANALYST, Role.INVESTIGATOR}]
        person.save()
    client = browse(person)
    assert client.get("/").status_code == 200
    assert (
        value("SELECT role FROM audit_event WHERE person_id = %s ORDER BY id DESC LIMIT 1", person.pk).count(",") == 7
    )
    close_tasks(child_id=FILES["Mira"], codes=["visit"], by=person)
