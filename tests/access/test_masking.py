"""An agency's name can give a section away: in every output a shelter, a clinic and a therapist are shown as they may be."""

import pytest
from django.urls import reverse

from portal.access import work
from portal.access.actions import give
from portal.access.agencies import agency_name, team_key
from portal.access.identity import acting
from portal.access.sections import Level, Section
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.ids import uuid7
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Task
from tests.access.test_refusals import bare
from tests.attacks import attack
from tests.posted import form_with
from tests.statements import run
from tests.world import DAY
from victims.models import Child


def add_therapist_and_colleague(cast, owner):
    """Make the clinic one of therapy, and give whoever gave it access a colleague, Una, who gave it none."""
    with owner(), stamping(Stamp(None, "test")):
        run("ALTER TABLE accounts_agency DISABLE TRIGGER USER")
        run("UPDATE accounts_agency SET therapy = true WHERE id = %s", cast.clinician.agency_id)
        ours = {"agency": cast.social_worker.agency, "roles": [Role.SOCIAL_WORKER]}
        una = accounts.register_person(email="una@example.org", given_name="Una", family_name="Neves", **ours)
        accounts.join_team(person=una, team=cast.team("social_worker"))


def text_of(browse, person, name, child_id):
    return browse(person).get(reverse(f"victims:{name}", args=[child_id])).content.decode()


@pytest.mark.parametrize(
    ("viewer", "agency", "shown"),
    [
        ("ngo_worker", "shelter_worker", "a shelter"),
        ("ngo_worker", "clinician", "a clinic"),
        ("social_worker", "shelter_worker", "Farol House"),
        ("shelter_worker", "clinician", "a clinic"),
        ("shelter_worker", "shelter_worker", "Farol House"),
        ("ngo_worker", "social_worker", "City Children's Services"),
    ],
)
def test_a_name_that_gives_a_section_away_is_shown_to_holders_of_it_alone(cast, files, viewer, agency, shown):
    person = getattr(cast, viewer)
    with acting(person):
        assert str(agency_name(person, files["Mira"], getattr(cast, agency).agency)) == shown


@pytest.mark.parametrize("page", ["child", "who", "looks"])
def test_pages_of_a_file_do_not_name_the_shelter_to_the_ngo(cast, files, browse, page):
    text_of(browse, cast.shelter_worker, "child", files["Mira"])  # a look of the shelter's
    text = text_of(browse, cast.ngo_worker, page, files["Mira"])
    assert "Farol House" not in text
    assert "Brandt" not in text
    assert "a shelter" in text


def test_a_task_of_the_shelter_does_not_name_it(cast, files, browse):
    work.add_task(
        kind="x", title="Ring back", team=cast.team("shelter_worker"), child_id=files["Mira"], by=cast.social_worker
    )
    text = text_of(browse, cast.ngo_worker, "child", files["Mira"])
    assert "Ring back" in text
    assert "shelter team" not in text
    assert "shelter team" in text_of(browse, cast.shelter_worker, "child", files["Mira"])


def test_the_owner_sees_and_ends_access_of_a_therapist_without_reading_who_it_is(cast, files, browse, owner):
    with owner(), stamping(Stamp(None, "test")):
        run("ALTER TABLE accounts_agency DISABLE TRIGGER USER")
        run("UPDATE accounts_agency SET therapy = true WHERE id = %s", cast.clinician.agency_id)
    text = text_of(browse, cast.supervisor, "who", files["Mira"])
    assert "Lapa Clinic" not in text
    assert "another agency" in text
    assert "Lapa Clinic" in text_of(browse, cast.social_worker, "who", files["Mira"])  # who gave it


@attack("D20")
@pytest.mark.parametrize("page", ["seal", "relation"])
def test_forms_that_choose_people_do_not_name_the_therapist_to_whom_the_list_does_not(cast, files, browse, owner, page):
    add_therapist_and_colleague(cast, owner)
    text = text_of(browse, cast.una, page, files["Mira"])
    assert "Haddad" in text
    assert "Osei" not in text
    assert "Osei" in text_of(browse, cast.social_worker, page, files["Mira"])  # who gave it


def test_whoever_is_not_on_the_owners_team_learns_nothing_of_the_therapist(cast, files, browse, owner):
    with owner():
        run("ALTER TABLE accounts_agency DISABLE TRIGGER USER")
        run("UPDATE accounts_agency SET therapy = true WHERE id = %s", cast.clinician.agency_id)
    text = text_of(browse, cast.ngo_worker, "who", files["Mira"])
    assert "Lapa Clinic" not in text
    assert "another agency" not in text


def test_a_grant_for_oneself_is_refused_with_the_remedy(cast, files):
    with pytest.raises(ValueError, match="Ask a colleague"):
        give(
            child_id=files["Mira"], sections={Section.SUMMARY: Level.VIEW, Section.THERAPY: Level.CHANGE},
            person=cast.social_worker, owner=cast.team("social_worker"), until=clock.now() + DAY, by=cast.social_worker,
            reason="x",
        )  # fmt: skip
    with acting(cast.social_worker):
        assert Child.objects.filter(pk=files["Mira"]).exists()


def test_choosing_a_custodian_or_a_relative_names_nobody_whom_the_page_of_the_file_hides(cast, files, browse, owner):
    """A colleague of whoever gave the access: therapy is none of theirs."""
    with owner(), stamping(Stamp(None, "test")):
        run("ALTER TABLE accounts_agency DISABLE TRIGGER USER")
        run("UPDATE accounts_agency SET therapy = true WHERE id = %s", cast.clinician.agency_id)
        colleague = accounts.register_person(
            email="colleague@example.org", given_name="Ines", family_name="Melo", agency=cast.social_worker.agency,
            roles=[Role.SOCIAL_WORKER],
        )  # fmt: skip
        accounts.join_team(person=colleague, team=cast.team("social_worker"))
    for page in ("relation", "seal"):
        text = text_of(browse, cast.colleague, page, files["Mira"])
        assert "M. Haddad" in text, page
        assert "K. Osei" not in text, page
        assert "K. Osei" in text_of(browse, cast.social_worker, page, files["Mira"]), page  # who gave it


@attack("D17")
@pytest.mark.parametrize(
    ("page", "field", "more"),
    [
        ("relation", "person", {}),
        ("seal", "custodians", {}),
        ("give_access", "team", {"view": [6], "until": "2099-01-01"}),
        ("give_access", "person", {"view": [6], "until": "2099-01-01"}),
    ],
)
def test_the_id_of_somebody_who_is_not_offered_is_answered_like_one_of_nobody(cast, files, browse, page, field, more):
    client, address = browse(cast.social_worker), reverse(f"victims:{page}", args=[files["Mira"]])
    address += f"?agency={cast.ngo_worker.agency_id}" if page == "give_access" else ""
    theirs = cast.team("analyst") if field == "team" else cast.analyst
    answers = [
        bare(client.post(address, more | {"reason": "x", field: one, "once": "k"})) for one in (theirs.pk, uuid7())
    ]
    assert answers[0] == answers[1]
    assert answers[0][0] == 200


PAGES = ("child", "who", "looks", "add_task", "care")


@pytest.mark.parametrize(
    "name", ["ngo_worker", "social_worker", "shelter_worker", "clinician", "supervisor", "investigator"]
)
def test_no_page_of_a_file_holds_the_id_of_whom_it_does_not_name(cast, files, browse, name):
    person = getattr(cast, name)
    with acting(person):
        hidden = [one for one in cast.all().values() if is_hidden(person, files["Mira"], one.agency)]
    ids = {str(pk) for one in hidden for pk in (one.pk, one.agency_id, *one.team_ids)}
    for page in PAGES:
        answer = browse(person).get(reverse(f"victims:{page}", args=[files["Mira"]]))
        text = answer.content.decode() if answer.status_code == 200 else ""
        assert not [one for one in ids if one in text], page


def is_hidden(person, child_id, agency):
    return agency_name(person, child_id, agency) != agency.name


def test_a_team_that_is_not_named_is_asked_by_a_stand_in(cast, files, browse):
    page, team = reverse("victims:add_task", args=[files["Mira"]]), cast.team("shelter_worker")
    answer = browse(cast.ngo_worker).get(page)
    with acting(cast.ngo_worker):
        key = team_key(cast.ngo_worker, files["Mira"], team)
    form = form_with(answer, "title") | {
        "title": "Ring back",
        "rule": "She asked.",
        "due": clock.now().date(),
        "team": key,
    }
    assert f'value="{key}"' in answer.content.decode()
    assert browse(cast.ngo_worker).post(page, form).status_code == 302
    with acting(cast.shelter_worker):
        assert Task.objects.get(title="Ring back").team == team


@attack("D17")
def test_a_team_that_is_not_named_cannot_be_posted_by_its_id(cast, files, browse):
    page = reverse("victims:add_task", args=[files["Mira"]])
    form = form_with(browse(cast.ngo_worker).get(page), "title") | {
        "title": "Ring back", "rule": "She asked.", "due": clock.now().date(), "team": cast.team("shelter_worker").pk,
    }  # fmt: skip
    assert browse(cast.ngo_worker).post(page, form).status_code == 200


def test_stand_ins_of_one_team_differ_by_file_and_reader(cast, files):
    team = cast.team("shelter_worker")
    with acting(cast.ngo_worker):
        keys = {team_key(cast.ngo_worker, files[name], team) for name in ("Mira", "Open")}
    with acting(cast.investigator):
        keys.add(team_key(cast.investigator, files["Open"], team))
    assert len(keys) == 3
