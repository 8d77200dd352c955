"""Teams, and accounts that are closed: dead at the next request, nothing of them lives on, no file is left alone."""

import pytest
from django.urls import reverse

from portal.access import jobs, teams
from portal.access.actions import accept, give
from portal.access.going_on import pass_on
from portal.access.identity import Refused, acting
from portal.access.jobs import schedule
from portal.access.models import Grant
from portal.access.people import ask_to_reopen, decide_change
from portal.access.rights import can
from portal.access.sections import Level, Section
from portal.access.work import add_task
from portal.accounts import actions as accounts
from portal.accounts.models import Membership, Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.conftest import as_owner
from tests.people.conftest import set_account
from tests.statements import assert_refused, last_event, rows, run, value
from tests.world import DAY
from victims.models import Child

S = Section


def close(people, name="shelter_worker", by="shelter_keeper", **more):
    return teams.close_account(person=getattr(people, name), by=getattr(people, by), reason="left the agency", **more)


def register(people, name, colleague, role, *, in_team=True):
    """Register somebody beside a colleague, as the owner of the tables."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        agency = getattr(people, colleague).agency
        person = accounts.register_person(
            email=f"{name}@example.org", given_name=name.title(), family_name="Nova", agency=agency, roles=[role]
        )
        if in_team:
            accounts.join_team(person=person, team=people.team(colleague))
    return getattr(people, name)


@pytest.fixture
def shelter_keeper(people):
    return register(people, "shelter_keeper", "shelter_worker", Role.AGENCY_ADMIN, in_team=False)


@pytest.fixture
def desk(people):
    """Somebody at the intake desk of the social services."""
    person = register(people, "desk", "social_worker", Role.INTAKE, in_team=False)
    with as_owner(), stamping(Stamp(None, "set-up")):
        accounts.join_team(person=person, team=Team.objects.get(agency=person.agency_id, is_intake=True))
    return person


@pytest.fixture
def alone(people):
    """The social worker is the only one who works with the files of the team."""
    set_account(people.supervisor, roles=[Role.AUDITOR])
    return people.social_worker


@attack("D08")
def test_closed_account_is_refused_at_the_next_request(people, shelter_keeper, browse, files):
    client = browse(people.shelter_worker)
    page = reverse("victims:child", args=[files["Mira"]])
    assert client.get(page).status_code == 200
    close(people)
    assert client.get(page).url.startswith(reverse("account_login"))
    alive = "SELECT count(*) FROM access_identitytoken WHERE person_id = %s AND until > app_now()"
    assert value(alive, people.shelter_worker.pk) == 0


@attack("D08")
def test_job_of_a_closed_account_is_refused_and_says_so(people, shelter_keeper, files, browse):
    with acting(people.shelter_worker):
        job = schedule("document", files["Mira"], by=people.shelter_worker)
    client = browse(people.shelter_worker)
    close(people)
    assert not jobs.run(job.pk)
    made = reverse("victims:take_document", args=[job.pk])
    assert client.get(made).url.startswith(reverse("account_login"))
    assert rows("SELECT state, problem FROM casework_job WHERE id = %s", job.pk) == [("failed", jobs.CLOSED)]
    refusal = last_event(kind="refusal")
    assert (refusal["reason_code"], refusal["via"], refusal["person_id"]) == ("account_closed", "job", None)


def test_opening_again_takes_two_and_revives_no_sign_in(people, shelter_keeper, browse):
    client = browse(people.shelter_worker)
    close(people)
    change = ask_to_reopen(person=people.shelter_worker, by=shelter_keeper, reason="came back")
    with pytest.raises(Refused):
        decide_change(change=change, approves=True, by=shelter_keeper)
    decide_change(change=change, approves=True, by=people.operator)
    person = Person.objects.get(pk=people.shelter_worker.pk)
    assert (person.is_active, person.team_ids) == (True, set())
    assert client.get("/").url.startswith(reverse("account_login"))


def test_access_by_name_and_tasks_do_not_outlive_the_account(people, shelter_keeper, files):
    by = people.social_worker
    with acting(by):
        child = Child.objects.get(pk=files["Mira"])
    owner, sections, until = (
        people.team("social_worker"),
        dict.fromkeys((S.SUMMARY, S.HEALTH), Level.VIEW),
        clock.now() + DAY,
    )
    grant = give(
        child_id=child.pk, sections=sections, until=until, person=people.shelter_worker, owner=owner, by=by, reason="x",
        onward=True,
    )  # fmt: skip
    accept(grant=grant, by=people.shelter_worker)
    passed = pass_on(
        parent=grant, sections={S.SUMMARY: Level.VIEW}, until=until, team=people.team("stranger"), owner=owner,
        by=people.shelter_worker, reason="x",
    )  # fmt: skip
    team = people.team("shelter_worker")
    task = add_task(
        kind="visit", title="Look", team=team, person=people.shelter_worker, child_id=child.pk, by=by, reason=""
    )
    close(people)
    with acting(by):
        assert Grant.objects.get(pk=grant.pk).end_reason == "left the agency"
        task.refresh_from_db()
        assert (task.person_id, task.team_id) == (None, team.pk)
    found = "SELECT history_by FROM access_historicalgrant WHERE id = %s ORDER BY version DESC LIMIT 1"
    assert value(found, grant.pk) == "S. Nova"
    events = rows("SELECT kind, person_id FROM audit_event WHERE entity_id = %s ORDER BY id DESC LIMIT 1", grant.pk)
    assert events == [("end grant", shelter_keeper.pk)]
    assert value("SELECT end_reason FROM access_grant WHERE id = %s", passed.pk) == "left the agency"
    assert value("SELECT count(*) FROM access_childuserpermission WHERE user_id = %s", people.shelter_worker.pk) == 0


def test_account_that_leaves_files_alone_is_not_closed_without_moving_them(people, alone, desk):
    with pytest.raises(NotPossible) as problem:
        close(people, "social_worker", "keeper")
    assert problem.value.field == "moves_files"
    assert Person.objects.get(pk=alone.pk).is_active
    close(people, "social_worker", "keeper", moves_files=True)
    intake = Team.objects.get(agency=alone.agency_id, is_intake=True)
    assert value("SELECT count(*) FROM victims_child WHERE owner_id = %s", intake.pk) >= 7
    assert not Person.objects.get(pk=alone.pk).is_active


def test_account_stays_open_while_nobody_is_at_the_intake_desk(people, alone):
    with pytest.raises(NotPossible, match="Nobody at the intake desk"):
        close(people, "social_worker", "keeper", moves_files=True)
    assert Person.objects.get(pk=alone.pk).is_active


@attack("D31")
def test_page_of_closing_counts_files_and_names_none(people, alone, desk, browse):
    client = browse(people.keeper)
    page = client.get(reverse("desk:close_account", args=[alone.pk])).content.decode()
    assert "files would be left with nobody who works on them" in page
    assert not any(word in page for word in ("Mira", "VC-", "canary"))
    posted = client.post(reverse("desk:close_account", args=[alone.pk]), {"reason": "left"})
    assert "move to the intake desk" in posted.content.decode()
    answer = client.post(reverse("desk:close_account", args=[alone.pk]), {"reason": "left", "moves_files": "on"})
    assert answer.url == reverse("desk:person", args=[alone.pk])


@attack("D31")
def test_administrator_who_moved_files_opens_none(people, alone, desk, browse, files):
    close(people, "social_worker", "keeper", moves_files=True)
    assert browse(people.keeper).get(reverse("victims:child", args=[files["Mira"]])).status_code == 404
    with acting(people.keeper):
        assert not any(
            can(people.keeper, child_id, section, level)
            for child_id in files.values()
            for section in S
            for level in Level
        )
        assert run("SELECT 1 FROM victims_child") == 0


@pytest.mark.parametrize("by", ["foreign_keeper", "supervisor", "registrar", "social_worker"])
def test_nobody_else_closes_an_account(people, by):
    for close_it in (lambda: close(people, "social_worker", by), lambda: close(people, by, by)):
        with pytest.raises(Refused):
            close_it()


def test_operator_closes_administrators_alone(people):
    close(people, "foreign_keeper", "operator")
    with pytest.raises(Refused):
        close(people, "ngo_worker", "operator")


# --- teams ----------------------------------------------------------------------------------------------------------


def set_teams(people, name, chosen, by="keeper", **more):
    return teams.set_teams(person=getattr(people, name), teams=chosen, by=getattr(people, by), reason="moves", **more)


@attack("D26")
def test_whoever_is_taken_out_of_a_team_opens_its_files_no_more(people, browse, files):
    client, page = browse(people.supervisor), reverse("victims:child", args=[files["Mira"]])
    assert client.get(page).status_code == 200
    set_teams(people, "supervisor", [])
    assert client.get(page).status_code == 404


def test_people_move_between_teams_and_are_told(people):
    night = teams.add_team(agency=people.keeper.agency, name="Night team", by=people.keeper)
    set_teams(people, "supervisor", [night, people.team("social_worker")])
    assert Person.objects.get(pk=people.supervisor.pk).team_ids == {night.pk, people.team("social_worker").pk}
    set_teams(people, "supervisor", [night])
    assert Person.objects.get(pk=people.supervisor.pk).team_ids == {night.pk}
    assert rows("SELECT count(*) FROM casework_notice WHERE kind = 'teams_changed'") == [(2,)]


def test_last_one_of_a_team_does_not_leave_its_files_alone(people, alone, desk):
    with pytest.raises(NotPossible):
        set_teams(people, "social_worker", [])
    set_teams(people, "social_worker", [], moves_files=True)
    assert not Membership.objects.live().filter(person=alone).exists()


def test_nobody_puts_themselves_or_people_of_others_into_a_team(people):
    for name, by in (("keeper", "keeper"), ("ngo_worker", "keeper"), ("social_worker", "foreign_keeper")):
        with pytest.raises(Refused):
            set_teams(people, name, [people.team("social_worker")], by=by)
    with pytest.raises(Refused):
        set_teams(people, "supervisor", [people.team("ngo_worker")])


def test_teams_have_names_of_their_own_and_the_intake_desk_stays(people):
    keeper = people.keeper
    night = teams.add_team(agency=keeper.agency, name="Night team", by=keeper)
    with pytest.raises(NotPossible):
        teams.add_team(agency=keeper.agency, name="night team", by=keeper)
    with pytest.raises(NotPossible, match="cannot be seen"):
        teams.rename_team(team=Team.objects.get(pk=night.pk), name="Intake desk\u200e", by=keeper)
    teams.rename_team(team=night, name="Late team", by=people.second)
    assert Team.objects.get(pk=night.pk).name == "Late team"
    for by in ("foreign_keeper", "operator", "supervisor"):
        with pytest.raises(Refused):
            teams.add_team(agency=keeper.agency, name="Their team", by=getattr(people, by))
    with acting(keeper):
        gone = "UPDATE accounts_team SET is_intake = false, version = version + 1 WHERE agency_id = %s AND is_intake"
        assert_refused(gone, keeper.agency_id, match="changes the name")
        assert_refused("DELETE FROM accounts_team WHERE agency_id = %s", keeper.agency_id, match="permission denied")


# --- by raw SQL -----------------------------------------------------------------------------------------------------

JOIN = """INSERT INTO accounts_membership (id, version, person_id, team_id, since)
  VALUES (uuidv7(), 1, %s, %s, app_now())"""


def test_query_puts_nobody_into_a_team(people):
    team = people.team("social_worker").pk
    tried = [
        (people.keeper, people.keeper),
        (people.foreign_keeper, people.supervisor),
        (people.keeper, people.ngo_worker),
    ]
    tried += [
        (people.stranger, people.stranger),
        (people.supervisor, people.stranger),
        (people.operator, people.operator),
    ]
    for by, person in tried:
        with acting(by):
            assert_refused(JOIN, person.pk, team, match="by an administrator of their agency")


def test_query_ends_no_membership_and_closes_no_account_of_others(people):
    leave = "UPDATE accounts_membership SET until = app_now(), version = version + 1 WHERE person_id = %s"
    shut = "UPDATE accounts_person SET is_active = false, version = version + 1 WHERE id = %s"
    for by in (people.foreign_keeper, people.supervisor, people.stranger):
        with acting(by):
            assert_refused(leave, people.social_worker.pk, match="by an administrator")
            assert_refused(shut, people.social_worker.pk, match="not this person's")
            for call in ("end_tokens(%s)", "leave_everything(%s, 'x')"):
                assert_refused(f"SELECT access.{call}", people.social_worker.pk, match="not this person's to see to")
    with acting(people.keeper):
        assert_refused(shut, people.keeper.pk, match="not this person's")


def test_query_without_a_sign_in_writes_nothing_of_people(people):
    team = people.team("social_worker").pk
    assert_refused(JOIN, people.supervisor.pk, team, match="by an administrator")
    for table in ("person", "membership", "team", "certificate", "standard"):
        assert_refused(f"UPDATE accounts_{table} SET version = version + 1 WHERE id IS NOT NULL")


def test_query_leaves_no_file_alone(people, alone):
    with acting(people.keeper):
        leave = "UPDATE accounts_membership SET until = app_now(), version = version + 1 WHERE person_id = %s"
        shut = "UPDATE accounts_person SET is_active = false, version = version + 1 WHERE id = %s"
        assert_refused(leave, alone.pk, match="no file is left")
        assert_refused(shut, alone.pk, match="no file is left")
