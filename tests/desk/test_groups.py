"""What each role needs first: the groups of the home page, built from the slots of the settings, one view for all."""

import pytest
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.access.reminders import remind
from portal.access.sections import Section
from portal.access.work import add_task, ask, end_task, give_task
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.groups import Button, Contact, Group, Row
from portal.casework.models import Notice, Task
from portal.desk import home_page
from shelters import actions as stays
from tests.oversight import register_overseers
from tests.shelters.conftest import CARD, opened
from tests.statements import last_event, rows, run, value
from tests.world import DAY, HOUR, Cast
from victims import actions
from victims.care import record_contact
from victims.models import Child, FollowUp, LegalOrder, RiskFlag


def groups(client):
    return {group.id: group for group in client.get("/").context["groups"]}


def titles(group):
    return [row.title for row in group.rows]


@pytest.fixture
def task(cast, files):
    """A task of the social worker's team on Mira's file, or of another team on it."""

    def made(title="Visit", days=1, of="social_worker", file="Mira", **more):
        due = clock.now() + days * DAY
        by = cast.social_worker
        return add_task(kind="next_step", title=title, team=cast.team(of), due=due, child_id=files[file], by=by, **more)

    return made


@pytest.fixture
def colleague(cast, owner):
    """A second social worker of the team."""
    with owner(), stamping(Stamp(None, "set-up")):
        person = accounts.register_person(
            email="colleague@example.org",
            given_name="Tom",
            family_name="Nunes",
            agency=cast.social_worker.agency,
            roles=[Role.SOCIAL_WORKER],
        )
        accounts.join_team(person=person, team=cast.team("social_worker"))
    return cast.colleague


# --- care workers ------------------------------------------------------------------------------------------------------


def test_four_tiles_stand_whether_or_not_anything_is_due(cast, files, browse):
    tiles = browse(cast.social_worker).get("/").context["tiles"]
    assert [tile["words"] for tile in tiles] == ["late", "today", "this week", "waiting for others"]
    assert (tiles[0]["count"], tiles[0]["url"]) == (0, "#main")


def test_an_empty_day_says_what_comes_next(cast, task, browse):
    task(days=4)
    group = groups(browse(cast.social_worker))["today"]
    assert group.empty.startswith("Nothing is late and nothing is due today. Next: ")


def test_what_others_owe_is_a_group_of_its_own_and_nothing_of_it_is_my_lateness(cast, task, browse):
    task("Ring back", days=-2, of="shelter_worker")
    found = groups(browse(cast.social_worker))
    assert titles(found["late"]) == []
    row = found["waiting"].rows[0]
    assert (row.title, row.name, row.act) == ("Ring back", "Mira", "Remind")


def test_what_others_owe_names_the_agency_as_it_may_be_read(cast, files, browse):
    """Police who lost WHEREABOUTS with the rescue read of "a shelter"."""
    add_task(
        kind="x", title="Ring back", team=cast.team("shelter_worker"), child_id=files["Rescued"], by=cast.investigator
    )
    row = groups(browse(cast.investigator))["waiting"].rows[0]
    assert "a shelter" in row.why
    assert "Farol" not in row.why


def test_a_reminder_is_a_notice_and_a_line_of_the_history(cast, task, browse):
    made = task("Ring back", of="ngo_worker")
    client = browse(cast.social_worker)
    assert client.post(reverse("desk:remind", args=[made.pk])).url == "/#waiting"
    with acting(cast.ngo_worker):
        told = Notice.objects.get(person=cast.ngo_worker, kind="reminder")
    assert (told.words, told.child_id, told.level) == (["A. Ferreira", "Mira"], made.child_id, Notice.Level.ACT)
    assert rows("SELECT version, reminded IS NOT NULL, history_by FROM casework_historicaltask WHERE id = %s"
                " ORDER BY version", made.pk) == [(1, False, "A. Ferreira"), (2, True, "A. Ferreira")]  # fmt: skip
    row = groups(client)["waiting"].rows[0]
    assert (row.act_url, "Reminded today." in row.why) == ("", True)
    timeline = client.get(reverse("victims:child", args=[made.child_id])).content.decode()
    assert "Reminder of a next step" in timeline


def test_one_reminder_a_day_whoever_sends_it(cast, task, colleague):
    made = task(of="ngo_worker")
    for person in (cast.social_worker, colleague, cast.social_worker):
        remind(task=made, by=person)
    count = "SELECT count(*) FROM casework_notice WHERE kind = 'reminder'"
    assert value(count) == 1
    with shifted(DAY):
        remind(task=made, by=Cast().colleague)
    assert value(count) == 2


def test_a_second_press_says_that_they_were_reminded(cast, task, browse):
    made, client = task(of="ngo_worker"), browse(cast.social_worker)
    client.post(reverse("desk:remind", args=[made.pk]))
    answer = client.post(reverse("desk:remind", args=[made.pk]), follow=True)
    assert "One reminder a day is enough." in answer.content.decode()


@pytest.mark.parametrize("name", ["ngo_worker", "shelter_worker", "clinician"])
def test_only_the_team_that_owns_the_file_reminds_and_a_try_is_recorded(cast, task, browse, name):
    made, person = task(of="ngo_worker"), getattr(cast, name)
    assert browse(person).post(reverse("desk:remind", args=[made.pk])).status_code == 403
    assert last_event(person_id=person.pk)["reason_code"] == "not_yours_to_remind"
    assert value("SELECT reminded IS NULL FROM casework_task WHERE id = %s", made.pk)


def test_nobody_is_reminded_of_what_is_done_or_is_not_there(cast, task, browse, owner):
    made, client = task(of="ngo_worker"), browse(cast.social_worker)
    assert browse(cast.stranger).post(reverse("desk:remind", args=[made.pk])).status_code == 404
    end_task(task=made, by=cast.ngo_worker)
    assert client.post(reverse("desk:remind", args=[made.pk])).status_code == 404
    remind(task=made, by=cast.social_worker)
    assert value("SELECT count(*) FROM casework_notice WHERE kind = 'reminder'") == 0


def test_a_reminder_that_cannot_be_recorded_is_not_sent(cast, task, owner):
    made = task(of="ngo_worker")
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        remind(task=made, by=cast.social_worker)
    assert value("SELECT count(*) FROM casework_notice WHERE kind = 'reminder'") == 0
    assert value("SELECT reminded IS NULL FROM casework_task WHERE id = %s", made.pk)


def test_files_stand_by_what_is_due_next_with_last_contact_and_what_others_changed(cast, files, task, browse):
    client = browse(cast.social_worker)
    client.get(reverse("victims:child", args=[files["Mira"]]))
    task("Visit", days=2)
    task("Call", days=-1, file="Closed")
    with acting(cast.social_worker):
        today = clock.now().date()
    with shifted(HOUR / 2):
        for result in (FollowUp.Result.DONE, FollowUp.Result.ATTEMPTED):
            values = {"on": today, "mode": "visit", "result": result, "seen_alone": 1, "is_safe": True}
            record_contact(child_id=files["Mira"], values=values, by=cast.ngo_worker)
        answer = client.get("/")
    table = answer.context["caseload"].rows
    assert [row["child"].code_name for row in table][:2] == ["Closed", "Mira"]
    assert (table[1]["contact"], table[1]["changes"]) == (Contact(today), 2)
    assert (table[0]["contact"], table[0]["changes"]) == (None, 0)  # never looked at: nothing to compare with
    assert set(last_event(kind="my work")["sections"]) == {Section.SUMMARY, Section.CARE}


def test_ones_own_changes_are_none_since_one_looked(cast, files, browse):
    client = browse(cast.social_worker)
    client.get(reverse("victims:child", args=[files["Mira"]]))
    with shifted(HOUR / 2):
        with acting(cast.social_worker, reason="x"):
            RiskFlag(child_id=files["Mira"], text="x").save(force_insert=True)
        assert changes_of(client, files["Mira"]) == 0


def changes_of(client, child_id):
    return next(row["changes"] for row in client.get("/").context["caseload"].rows if row["child"].pk == child_id)


def test_changes_since_i_looked_count_the_sections_that_i_hold_alone(cast, files, browse):
    client = browse(cast.ngo_worker)
    client.get(reverse("victims:child", args=[files["Mira"]]))
    with acting(cast.social_worker):
        mira = Child.objects.get(pk=files["Mira"])
    legal = {"basis": "court_order", "number": "1", "issued": clock.now().date()}
    with shifted(HOUR / 2):
        actions.add(model=LegalOrder, child=mira, values=legal, by=cast.social_worker)
        assert changes_of(client, files["Mira"]) == 0
        actions.add(model=RiskFlag, child=mira, values={"text": "x"}, by=cast.social_worker)
        assert changes_of(client, files["Mira"]) == 1


def test_caseload_says_how_many_of_how_many(cast, files, colleague, browse):
    page = browse(cast.social_worker).get("/")
    load = page.context["caseload"]
    assert (load.count, load.workers, load.limit) == (6, 2, 50)  # closed files are on nobody's list
    assert "6 children on your team’s list (limit 50 for 2 workers)" in " ".join(page.content.decode().split())


def test_a_new_worker_is_told_who_gives_out_files(cast, owner, browse):
    with owner(), stamping(Stamp(None, "set-up")):
        person = accounts.register_person(
            email="new@example.org", given_name="Nia", family_name="Costa", agency=cast.stranger.agency,
            roles=[Role.NGO_WORKER],
        )  # fmt: skip
        accounts.join_team(person=person, team=cast.team("stranger"))
        cast.stranger.roles = [Role.SUPERVISOR]
        cast.stranger.save()
    assert "No child is given to you yet. S. Engel gives out files." in browse(cast.new).get("/").content.decode()


# --- supervisors -------------------------------------------------------------------------------------------------------


def test_supervisor_reads_who_is_late(cast, task, browse):
    task("Visit", days=-2, person=cast.social_worker)
    task("Call", days=2, person=cast.social_worker)
    group = groups(browse(cast.supervisor))["team"]
    assert [(row.title, row.why) for row in group.rows] == [("Visit", "A. Ferreira")]
    assert "team" not in groups(browse(cast.social_worker))


def test_supervisor_decides_what_others_asked(cast, files, browse):
    team = cast.team("social_worker")
    ask(kind="care_plan", subject_id=files["Mira"], team=team, by=cast.social_worker, child_id=files["Mira"])
    ask(kind="care_plan", subject_id=files["Mira"], team=team, by=cast.supervisor, child_id=files["Mira"])
    found = groups(browse(cast.supervisor))["approvals"].rows
    assert [(row.name, row.why, row.act) for row in found] == [("Mira", "A. Ferreira asks.", "Decide")]


def pages_of_decisions(viewer, approvals):
    return {one.pk: Button("Decide", f"/decide/{one.subject_id}/") for one in approvals if one.kind == "care_plan"}


def test_a_decision_has_the_button_of_whoever_asks_for_such(cast, files, browse, settings):
    settings.APPROVAL_FORMS = [HERE + "pages_of_decisions"]
    ask(kind="care_plan", subject_id=files["Mira"], team=cast.team("social_worker"), by=cast.social_worker)
    row = groups(browse(cast.supervisor))["approvals"].rows[0]
    assert (row.act, row.act_url) == ("Decide", f"/decide/{files['Mira']}/")


def test_files_on_which_nobody_has_a_next_step_are_named(cast, files, task, browse):
    task("Visit", person=cast.social_worker)
    names = {row.name for row in groups(browse(cast.supervisor))["without-worker"].rows}
    assert names == {
        "Waiting",
        "Ended",
        "Conflict",
        "Short",
    }  # not Mira, nor Follow, where a visit is due, and nothing closed


def test_team_page_stands_by_person_with_nobodys_first(cast, task, colleague, browse):
    made = task("Visit", days=-2, person=cast.social_worker)
    task("Call", days=2)
    page = browse(cast.supervisor).get(reverse("desk:team"))
    shown = [(group.title, titles(group)) for group in page.context["groups"]]
    assert [title for title, _tasks in shown[:2]] == ["Nobody yet", "A. Ferreira: 1 late"]
    assert ("Call" in shown[0][1], shown[1][1]) == (True, ["Visit"])
    assert ("T. Nunes", []) in shown
    assert made.child_id in last_event(kind="team")["entities"]


@pytest.mark.parametrize("name", ["social_worker", "ngo_worker", "stranger", "analyst"])
def test_team_page_is_nothing_to_everybody_else(cast, browse, name):
    assert browse(getattr(cast, name)).get(reverse("desk:team")).status_code == 404
    assert last_event(person_id=getattr(cast, name).pk)["reason_code"] == "no_supervisor"


def test_supervisor_gives_a_task_to_a_colleague_who_is_told(cast, task, colleague, browse):
    made = task(person=cast.social_worker)
    page = reverse("desk:give_task", args=[made.pk])
    answer = browse(cast.supervisor).post(page, {"to": colleague.pk, "reason": "ill"})
    assert answer.url == reverse("desk:team")
    kept = rows("SELECT person_id, history_by, history_change_reason FROM casework_historicaltask WHERE id = %s"
                " ORDER BY version DESC LIMIT 1", made.pk)  # fmt: skip
    assert kept == [(colleague.pk, "J. Pinto", "ill")]
    with acting(colleague):
        assert Notice.objects.get(person=colleague).words == ["J. Pinto", "Mira"]
    assert made.title in [row.title for group in groups(browse(colleague)).values() for row in group.rows]


def test_a_worker_gives_away_the_own_and_free_tasks_alone(cast, task, colleague, browse):
    free, theirs = task(), task(person=colleague)
    give_task(task=free, to=colleague, by=cast.social_worker)
    assert value("SELECT person_id FROM casework_task WHERE id = %s", free.pk) == colleague.pk
    assert browse(cast.social_worker).get(reverse("desk:give_task", args=[theirs.pk])).status_code == 404
    with pytest.raises(Refused):
        give_task(task=theirs, to=cast.supervisor, by=cast.social_worker)
    assert last_event(person_id=cast.social_worker.pk)["reason_code"] == "not_yours_to_give"


@pytest.mark.parametrize("name", ["stranger", "ngo_worker", "shelter_worker"])
def test_a_task_of_another_team_is_given_by_nobody(cast, task, colleague, browse, name):
    made, person = task(), getattr(cast, name)
    page = reverse("desk:give_task", args=[made.pk])
    assert browse(person).get(page).status_code == browse(person).post(page, {"to": person.pk}).status_code == 404
    with pytest.raises((Refused, Task.DoesNotExist)):
        give_task(task=made, to=colleague, by=person)
    assert value("SELECT person_id IS NULL FROM casework_task WHERE id = %s", made.pk)


def test_a_task_goes_to_nobody_outside_the_team_and_not_after_its_end(cast, task, colleague, browse):
    made = task()
    answer = browse(cast.supervisor).post(reverse("desk:give_task", args=[made.pk]), {"to": cast.stranger.pk})
    assert answer.status_code == 200
    with pytest.raises(Refused):
        give_task(task=made, to=cast.stranger, by=cast.supervisor)
    with acting(cast.social_worker):
        made.state, made.ended = Task.State.DONE, clock.now()
        made.save()
    with pytest.raises(Refused):
        give_task(task=made, to=colleague, by=cast.supervisor)


def test_a_task_is_not_given_when_its_event_cannot_be_written(cast, task, colleague, owner):
    made = task()
    with owner():
        run("REVOKE INSERT ON audit_event FROM app")
    with pytest.raises(NotRecorded):
        give_task(task=made, to=colleague, by=cast.supervisor)
    assert value("SELECT person_id IS NULL FROM casework_task WHERE id = %s", made.pk)


# --- police, shelters, those who oversee and those who keep ---------------------------------------------------------------


def test_analyst_reads_pairs_imports_open_files_and_own_series(cast, files, browse):
    found = groups(browse(cast.analyst))
    assert {"pairs", "imports", "open", "series"} <= set(found)
    assert {row.name for row in found["open"].rows} == {"Open", "Sought"}
    assert found["pairs"].empty == "No pair waits."


def test_investigator_reads_identities_that_wait_and_rescues(cast, files, browse):
    with acting(cast.investigator):
        sought = Child.objects.get(pk=files["Sought"])
    actions.take_step(child=sought, cycle="identity", name="propose", by=cast.investigator, reason="a ticket")
    found = groups(browse(cast.investigator))
    assert [row.name for row in found["rescues"].rows] == ["Planned"]
    assert ("Candidate", "Sought") in [(row.lead, row.name) for row in found["identities"].rows]


def test_shelter_worker_without_a_house_is_led_to_entering_one(cast, browse):
    assert groups(browse(cast.shelter_worker))["beds"].rows[0].url == reverse("shelters:new")
    assert "beds" not in groups(browse(cast.social_worker))


def test_a_licence_that_ends_stands_with_those_who_run_the_shelter(cast, browse):
    today = clock.now().date()
    ends = [opened(cast, public_name=f"House {days}", licence_until=today + days * DAY) for days in (-3, 20, 200)]
    rows = groups(browse(cast.shelter_worker))["licences"].rows
    assert [row.due for row in rows] == [today - 3 * DAY, today + 20 * DAY]
    assert rows[0].act_url == reverse("shelters:change", args=[ends[0].pk])
    assert "licences" not in groups(browse(cast.supervisor))  # of another agency
    assert "licences" not in groups(browse(cast.social_worker))


def test_shelter_reads_its_beds_its_holds_and_its_children(cast, files, browse):
    house = opened(cast, "Room 1", "Room 2")
    stays.hold(child_id=files["Waiting"], shelter=house, card=CARD, by=cast.social_worker, reason="tonight")
    found = groups(browse(cast.shelter_worker))
    assert found["beds"].rows[0].lead == "1 free"
    assert len(found["holds"].rows) == 1
    assert found["holds"].rows[0].name == ""  # a hold names no child
    assert found["here"].rows == []


@pytest.mark.parametrize("name", ["auditor", "privacy_officer"])
def test_overseers_read_refusals_and_what_changed(cast, files, browse, name):
    register_overseers(cast)
    browse(cast.stranger).get(reverse("victims:child", args=[files["Mira"]]))
    page = browse(getattr(cast, name)).get("/")
    found = {group.id: group for group in page.context["groups"]}
    assert [row.title for row in found["refusals"].rows] == ["S. Engel"]
    assert files["Mira"] in found["changed"].files
    assert {"late", "today", "week", "waiting"}.isdisjoint(found)
    assert b"canary" not in page.content
    assert not any(f"“{file}”" in page.content.decode() for file in files)


def test_operator_and_registrar_read_what_is_theirs(cast, browse):
    register_overseers(cast)
    assert set(groups(browse(cast.operator))) == {"set_up", "jobs", "keeping", "backups"}
    assert set(groups(browse(cast.registrar))) == {"certificates"}


# --- one view ------------------------------------------------------------------------------------------------------------


def of_others(viewer):
    """A source of another app: rows of a group that is there, and a group of its own."""
    soon = clock.now() + DAY / 24
    return [
        Group("waiting", "x", [Row("Answer to your referral", due=soon)]),
        Group("claims", "To claim", [Row("One")], "soon", "to claim"),
    ]


def a_button(viewer):
    return Button("Record a contact", "/contact/")


def forms_of_visits(viewer, tasks):
    return {task.pk: Button("Record visit", f"/visit/{task.pk}/") for task in tasks if task.kind == "next_step"}


def broken(viewer):
    raise DatabaseError("canary")


HERE = "tests.desk.test_groups."


def test_sources_and_buttons_of_other_apps_take_their_place(cast, task, browse, settings):
    settings.HOME_SOURCES = [*settings.HOME_SOURCES, HERE + "of_others"]
    settings.HOME_BUTTONS = [HERE + "a_button"]
    settings.TASK_FORMS = [HERE + "forms_of_visits"]
    mine = task("Visit", days=-1)
    task("Ring back", days=2, of="ngo_worker")
    page = browse(cast.social_worker).get("/")
    found = {group.id: group for group in page.context["groups"]}
    assert titles(found["waiting"]) == ["Answer to your referral", "Ring back"]  # what is due first
    assert titles(found["claims"]) == ["One"]
    done = browse(cast.social_worker).post(reverse("desk:task_done", args=[mine.pk]), {"reason": "x"})
    assert done.url == f"/visit/{mine.pk}/"  # nobody ticks what a record ends
    assert value("SELECT state FROM casework_task WHERE id = %s", mine.pk) == Task.State.OPEN
    assert (found["late"].rows[0].act, found["late"].rows[0].act_url) == ("Record visit", f"/visit/{mine.pk}/")
    assert page.context["buttons"] == [a_button(None)]
    assert page.content.decode().count('href="/contact/"') == 1


def test_a_source_that_cannot_be_counted_leaves_the_rest_standing(cast, task, browse, settings):
    settings.HOME_SOURCES = [HERE + "broken", *settings.HOME_SOURCES]
    task("Visit", days=-1)
    page = browse(cast.social_worker).get("/")
    assert "Part of this page could not be counted." in page.content.decode()
    assert "canary" not in page.content.decode()
    assert "Visit" in titles({group.id: group for group in page.context["groups"]}["late"])


def test_there_are_four_tiles_at_most(cast):
    many = [Group(str(n), "x", [], tile="x") for n in range(6)]
    assert len(home_page.tiles(many)) == 4


def counted(client):
    with CaptureQueriesContext(connection) as statements:
        client.get("/")
    return len(statements)


@pytest.mark.parametrize("name", ["social_worker", "supervisor", "ngo_worker", "investigator"])
def test_statements_do_not_grow_with_the_rows(cast, files, task, browse, name):
    client = browse(getattr(cast, name))
    task("First", days=-1)
    task("First of others", days=-1, of="ngo_worker")
    client.get("/")
    few = counted(client)
    for number, file in enumerate(("Waiting", "Ended", "Follow", "Short", "Closed")):
        task(f"Visit {number}", days=number - 2, file=file)
        task(f"Answer {number}", days=number - 2, of="ngo_worker", file=file)
    assert counted(client) <= few
