"""A seal whose custodians are all gone: who is told, who names others, and that this opens no file to them."""

import pytest
from django.urls import reverse

from portal.access import conflicts, seals
from portal.access.identity import Refused, acting
from portal.access.rights import sections_open
from portal.accounts import actions as accounts
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit.stamp import Stamp, stamping
from portal.casework.workflow import NotPossible
from tests.access.test_seals import everything, sealed, second
from tests.access.test_second_wall import CANARY
from tests.conftest import as_owner
from tests.oversight import register_overseers
from tests.posted import taking_back
from tests.statements import assert_refused, rows, run, value
from tests.world import number_of


@pytest.fixture
def left(cast, files):
    """Mira's file, sealed, in a team with two more people; closes the accounts of those who are named."""
    register_overseers(cast)
    with as_owner(), stamping(Stamp(None, "set-up")):
        for name in ("Ines", "Luis"):
            person = accounts.register_person(
                email=f"{name.lower()}@example.org", given_name=name, family_name="Melo",
                agency=cast.social_worker.agency, roles=[Role.SOCIAL_WORKER],
            )  # fmt: skip
            accounts.join_team(person=person, team=cast.team("social_worker"))
    sealed(cast, files)

    def close(*names):
        with as_owner(), stamping(Stamp(None, "set-up")):
            for name in names:
                person = Person.objects.get(email=f"{name}@example.org")
                person.is_active = False
                person.save()

    return close


def told(kind):
    with as_owner():
        run("SELECT access.tell_of_custodians()")
    return {
        email.split("@")[0]
        for (email,) in rows(
            "SELECT p.email FROM casework_notice n JOIN accounts_person p ON p.id = n.person_id WHERE n.kind = %s", kind
        )
    }


def left_alone(person):
    with acting(person):
        return seals.left_alone()


def test_the_last_custodian_is_told_and_then_the_privacy_officer_names_others(cast, files, left):
    left("supervisor")
    assert told("custodian_alone") == {"social_worker"}
    assert told("seal_left_alone") == set()
    assert left_alone(cast.privacy_officer) == []
    left("social_worker")
    assert told("seal_left_alone") == {"privacy_officer"}
    assert told("seal_left_alone") == {"privacy_officer"}  # and once
    assert value("SELECT count(*) FROM casework_notice WHERE kind = 'seal_left_alone'") == 1
    (one,) = left_alone(cast.privacy_officer)
    for person in (cast.ines, cast.foreign_officer, cast.auditor):
        assert left_alone(person) == []
        with pytest.raises(Refused):
            seals.name_custodians(seal_id=one.pk, custodians=[cast.ines, cast.luis], by=person, reason="x")
    approval = seals.name_custodians(
        seal_id=one.pk, custodians=[cast.ines, cast.luis], by=cast.privacy_officer, reason="both left"
    )
    assert left_alone(cast.privacy_officer) == []  # asked already
    assert approval.team != cast.team("social_worker")
    seals.decide(approval=approval, approve=True, by=second(cast, approval))
    for person in (cast.ines, cast.luis):
        with acting(person):
            assert sections_open(person, files["Mira"])
    with acting(cast.privacy_officer):
        assert not sections_open(cast.privacy_officer, files["Mira"])
    assert {name for name, held in everything(cast, files["Mira"]).items() if held != [[], []]} == set()


def test_the_page_shows_which_team_it_is_of_and_nothing_of_the_file(cast, files, left, browse):
    left("supervisor", "social_worker")
    client = browse(cast.privacy_officer)
    (one,) = left_alone(cast.privacy_officer)
    page = reverse("desk:name_custodians", args=[one.pk])
    assert page in client.get("/").content.decode()
    text = client.get(page).content.decode()
    assert one.reference in text
    for hidden in (str(files["Mira"]), number_of(files["Mira"]), "Mira", "threatened"):
        assert hidden not in text
    assert not CANARY.findall(text)
    assert browse(cast.ines).get(page).status_code == browse(cast.foreign_officer).get(page).status_code == 404
    form = client.get(page).context["form"]
    team = form.fields["team"].queryset.get(agency__name="Casa Aurora")
    sent = {"custodians": [cast.ines.pk, cast.luis.pk], "team": team.pk, "reason": "both left", "once": "c1"}
    question = client.post(page, sent).url
    assert client.get(page).status_code == 404
    assert value("SELECT count(*) FROM casework_approval WHERE kind = 'custodians' AND state = 1") == 1
    waits = client.get(question)
    assert "This waits for somebody else" in waits.content.decode()
    assert client.post(*taking_back(waits)).url == question  # no page of the file opens to her
    assert "This was taken back" in client.get(question).content.decode()
    assert left_alone(cast.privacy_officer) == [one]


def test_whoever_knows_the_child_takes_care_of_nothing_and_names_nobody(cast, files, left):
    left("supervisor")
    conflicts.declare(number=number_of(files["Mira"]), by=cast.social_worker, reason="kin")
    assert len(left_alone(cast.privacy_officer)) == 1
    conflicts.declare(number=number_of(files["Mira"]), by=cast.privacy_officer, reason="kin")
    assert left_alone(cast.privacy_officer) == []
    assert len(left_alone(cast.ines)) == 1  # no other officer, no supervisor: somebody of the team
    (one,) = left_alone(cast.luis)
    with pytest.raises(NotPossible, match="at least two custodians"):
        seals.name_custodians(seal_id=one.pk, custodians=[cast.ines], by=cast.luis, reason="x")


ASKED = """INSERT INTO access_seal (id, version, child_id, custodians, reason, asked_by_id, open_reason)
VALUES (uuidv7(), 1, %s, %s, 'x', %s, '')"""


def test_a_query_names_no_custodians_while_there_are_some(cast, files, left):
    keepers = [cast.ines.pk, cast.luis.pk]
    for person in (cast.privacy_officer, cast.ines):
        with acting(person, reason="x"):
            assert_refused(ASKED, files["Mira"], keepers, person.pk, match="asked for by")
    left("supervisor", "social_worker")
    with acting(cast.ines, reason="x"):
        assert_refused(ASKED, files["Mira"], keepers, cast.ines.pk, match="asked for by")
