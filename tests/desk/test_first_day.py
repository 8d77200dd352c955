"""The first day of a portal: what one operator may do alone while there is no file, and what stands of it for ever."""

import io

import pytest
from django.core.management import call_command

from portal.access import operating, people
from portal.access.identity import Refused, acting, open_token
from portal.access.sections import Stage
from portal.accounts import actions as accounts
from portal.accounts.models import Agency, Invitation, Person, Team
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from tests.attacks import attack
from tests.conftest import as_owner, signed_in
from tests.statements import run
from tests.world import HOUR
from victims import actions

NEW = {"name": "Blue House", "kind": "social_services", "country": "AT", "time_zone": "Europe/Vienna"}


@pytest.fixture
def operator(new_portal):
    with as_owner():
        call_command("operator_link", email="first@example.org", stdout=io.StringIO())
    return come_in(Person.objects.get(email="first@example.org"))


def come_in(person):
    """Give a person a session."""
    person = Person.objects.select_related("agency").get(pk=person.pk)
    person.identity = open_token(person, "session", idle=HOUR, lifetime=8 * HOUR)
    return person


def register(agency, role, name):
    """Register somebody of an agency as the owner of the tables, with a team."""
    with as_owner(), stamping(Stamp(None, "test")):
        person = accounts.register_person(
            email=f"{name}@example.org", given_name=name, family_name="Gruber", agency=agency, roles=[role]
        )
        accounts.join_team(person=person, team=Team.objects.get(agency=agency, is_intake=True))
    return come_in(person)


def open_first_file(agency):
    """Open the first file of the portal."""
    worker = register(agency, Role.SOCIAL_WORKER, "Lena")
    values = {"code_name": "Wren", "sex": 2, "age_band": "6-11"}
    with acting(worker):
        team = Team.objects.get(agency=agency, is_intake=True)
    return actions.open_file(team=team, stage=Stage.RESCUED, values=values, by=worker)


def test_before_the_first_file_the_operator_makes_agencies_and_teams_and_from_it_on_agencies_alone(operator):
    agency = operating.register_agency(values=NEW, by=operator, reason="first agency")
    operating.register_team(agency=agency, name="Night team", by=operator, reason="first team")
    open_first_file(agency)
    with pytest.raises(Refused):
        operating.register_team(agency=agency, name="Day team", by=operator, reason="one more")
    operating.register_agency(values=NEW | {"name": "Red House"}, by=operator, reason="second agency")
    names = set(Team.objects.filter(agency__name__in=["Blue House", "Red House"]).values_list("name", flat=True))
    assert names == {"Intake desk", "Night team"}


def test_acts_of_the_first_day_stay_on_the_list_of_the_auditors(operator):
    agency = operating.register_agency(values=NEW, by=operator, reason="first agency")
    operating.set_network(values={"name": "Blue Network"}, by=operator, reason="set-up")
    open_first_file(agency)
    operating.register_agency(values=NEW | {"name": "Red House"}, by=operator, reason="later")
    auditor = register(operator.agency, Role.AUDITOR, "Ngozi")
    text = signed_in(auditor).get("/set-up/first-day/").content.decode()
    for words in ("Registered the agency Blue House", "Made the team Intake desk (Blue House)", "network’s settings"):
        assert words in text
    assert "Red House" not in text
    assert "F. Operator" in text


def test_the_first_administrators_are_invited_alone_and_later_ones_with_a_second_person(operator):
    agency = operating.register_agency(values=NEW, by=operator, reason="first agency")
    names = {
        "given_name": "Ilse",
        "family_name": "Gruber",
        "roles": [Role.AGENCY_ADMIN],
        "by": operator,
        "reason": "first",
    }
    for number in "12":
        sent = people.invite(agency=agency, email=f"ilse{number}@example.net", **names)
        assert sent.state == Invitation.State.SENT
    assert "2 are there or invited." in signed_in(operator).get("/set-up/").content.decode()
    open_first_file(agency)
    other = operating.register_agency(values=NEW | {"name": "Red House"}, by=operator, reason="second agency")
    assert people.invite(agency=other, email="ilse3@example.net", **names).state == Invitation.State.ASKED
    auditor = register(operator.agency, Role.AUDITOR, "Ngozi")
    text = signed_in(auditor).get("/set-up/first-day/").content.decode()
    assert "Invited I. Gruber, agency administrator, Blue House" in text
    assert "agency administrator, Red House" not in text


@attack("D31")
def test_the_operator_of_the_first_day_opens_the_first_file_neither(operator):
    agency = operating.register_agency(values=NEW, by=operator, reason="first agency")
    child = open_first_file(agency)
    assert signed_in(operator).get(f"/children/{child.pk}/").status_code == 404
    with acting(operator):
        assert run("SELECT id FROM victims_child") == 0


def test_the_list_of_the_set_up_leads_from_nothing_to_everything(operator):
    desk = signed_in(operator)
    text = desk.get("/set-up/").content.decode()
    assert "7 lines are to do." in text
    assert "There is no file yet" in text
    operating.register_agency(values=NEW, by=operator, reason="first agency")
    operating.set_network(values={"backup_place": "/mnt-b/backups", "name": "Blue"}, by=operator, reason="set-up")
    operating.confirm_key_copy(by=operator, reason="set-up")
    operating.try_mail(by=operator, reason="set-up")
    agency = Agency.objects.get(name="Blue House")
    assert "2 lines are to do." in desk.get("/set-up/").content.decode()
    register(operator.agency, Role.OPERATOR, "Eva")
    for name in ("Ilse", "Omar"):
        register(agency, Role.AGENCY_ADMIN, name)
    assert "Everything is done." in desk.get("/set-up/").content.decode()
