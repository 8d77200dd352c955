"""Who can see a file: what roles open now and no more, what a step and an end of access change, and to whom it can be given."""

import zoneinfo

import pytest
from django.urls import reverse

from portal.access.actions import decline, end
from portal.access.holders import holders_of, takers
from portal.access.identity import acting, open_token
from portal.access.models import Basis, Grant
from portal.access.rights import sections_open
from portal.access.sections import Section
from portal.accounts import actions as accounts
from portal.accounts.models import Certificate
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from tests.statements import rows, run
from tests.world import DAY, share
from victims.models import Child

S = Section
READERS = ("social_worker", "investigator", "analyst", "foreign")  # of each file one of them reads the summary


def page(browse, person, name, child_id, *more):
    return browse(person).get(reverse(f"victims:{name}", args=[child_id, *more]))


def row_of(browse, person, child_id, agency):
    rows = page(browse, person, "who", child_id).context["holders"]
    return next(row for row in rows if row["agency"] == agency)


def words(answer):
    return " ".join(answer.content.decode().split())


def the_child(person, child_id):
    with acting(person):
        return Child.objects.get(pk=child_id)


def holders_seen(cast, child_id):
    """The holders of a file, as somebody finds them who reads its summary."""
    for name in READERS:
        with acting(getattr(cast, name)):
            if holders := holders_of(child_id):
                return holders
    return []


@pytest.fixture
def helper(cast, owner):
    """Put further people into the social worker's team."""

    def join(family, role):
        with owner(), stamping(Stamp(None, "set-up")):
            person = accounts.register_person(
                email=f"{family}@example.org", given_name="Una", family_name=family, roles=[role],
                agency=cast.social_worker.agency,
            )  # fmt: skip
            accounts.join_team(person=person, team=cast.team("social_worker"))
        return person

    return join


@pytest.mark.parametrize(
    ("name", "file", "button"),
    [
        ("social_worker", "Mira", "Record a contact"),
        ("ngo_worker", "Mira", "Record a contact"),
        ("investigator", "Sought", "Record an investigation entry"),
        ("analyst", "Open", "Record an investigation entry"),
        ("clinician", "Mira", ""),
        ("supervisor", "Mira", ""),
    ],
)
def test_the_green_button_records_and_never_moves_the_file(cast, files, browse, name, file, button):
    answer = page(browse, getattr(cast, name), "child", files[file])
    assert str(answer.context["record"].get("text", "")) == button
    before, _details, after = answer.content.decode().partition("<details")
    steps = [reverse("victims:step", args=[files[file], cycle, step.name]) for cycle, step in answer.context["steps"]]
    assert not [step for step in steps if step in before]
    assert all(step in after for step in steps)


def test_the_list_of_holders_says_of_everybody_what_the_decision_says(cast, files):
    for file, child_id, stage, is_open in rows("SELECT code_name, id, stage, open_to_network FROM victims_child"):
        holders = [holder for holder in holders_seen(cast, child_id) if holder.grant.accepted]
        assert holders, file
        for name, person in cast.all().items():
            listed = {
                section for holder in holders for one in holder.people if one.person == person
                for section in holder.opened_by(one, stage)
            }  # fmt: skip
            with acting(person):
                opened = set(sections_open(person, child_id))
            if (file, name) == ("Conflict", "ngo_worker"):  # declared by herself, and nobody else's to know
                assert (opened, listed) == (set(), {S.SUMMARY, S.CARE})
            elif not (is_open and Role.ANALYST in person.roles) and not (is_open and Role.INVESTIGATOR in person.roles):
                assert listed == opened, (file, name)


def test_who_opens_nothing_at_this_stage_is_marked_and_not_counted(cast, files, browse):
    share(cast, the_child(cast.social_worker, files["Closed"]), "social_worker", "ngo_worker", S.SUMMARY, S.CARE)
    answer = page(browse, cast.social_worker, "who", files["Closed"])
    row = answer.context["holders"][-1]
    assert (row["agency"], row["sections"]) == ("Casa Aurora", "opens nothing at this stage")
    overview = page(browse, cast.social_worker, "child", files["Closed"])
    assert "opens nothing at this stage" in overview.content.decode()
    assert overview.context["who_can_see"] == "1 agency, 2 people"


def test_police_without_a_certificate_open_nothing(cast, files, browse, owner):
    agency = cast.investigator.agency.name
    assert row_of(browse, cast.social_worker, files["Rescued"], agency)["sections"] != "opens nothing at this stage"
    with owner(), stamping(Stamp(None, "test")):
        for certificate in Certificate.objects.filter(person__agency=cast.investigator.agency):
            certificate.valid_from, certificate.valid_until = clock.now() - 2 * DAY, clock.now() - DAY
            certificate.save()
    assert row_of(browse, cast.social_worker, files["Rescued"], agency)["sections"] == "opens nothing at this stage"


def test_people_are_named_with_their_role_and_eight_of_them_at_most(cast, files, browse, helper):
    helper("Admin", Role.AGENCY_ADMIN)  # opens no file
    for number in range(10):
        helper(f"Helper{number}", Role.SOCIAL_WORKER)
    answer = page(browse, cast.social_worker, "who", files["Mira"])
    row = answer.context["holders"][0]
    assert row["people"][0] == "A. Ferreira, social worker"
    assert (len(row["people"]), row["more"]) == (8, 4)
    assert "and 4 more" in words(answer)
    assert "Admin" not in answer.content.decode()


def test_people_of_a_hidden_agency_are_counted_and_not_named(cast, files, browse):
    row = row_of(browse, cast.ngo_worker, files["Mira"], "a shelter")
    assert (row["people"], row["count"], row["team"]) == ([], "1 person", "")
    assert row["sections"] == "Summary, Care"  # what the reader holds as well: not the whereabouts


def test_the_overview_counts_agencies_and_people(cast, files, browse):
    assert page(browse, cast.social_worker, "child", files["Mira"]).context["who_can_see"] == "4 agencies, 5 people"


def test_an_offer_that_waits_opens_nothing_yet(cast, files, browse):
    answer = page(browse, cast.social_worker, "child", files["Waiting"])
    assert "waits for acceptance" in words(answer)
    assert answer.context["who_can_see"] == "1 agency, 2 people"


def test_until_is_the_same_day_for_readers_in_every_zone(cast, files, browse, owner):
    last = row_of(browse, cast.social_worker, files["Mira"], "Casa Aurora")["last_day"]
    with owner(), stamping(Stamp(None, "test")):
        cast.ngo_worker.time_zone = "Pacific/Kiritimati"
        cast.ngo_worker.save()
    assert row_of(browse, cast.ngo_worker, files["Mira"], "Casa Aurora")["last_day"] == last


@pytest.mark.parametrize(("days", "shown"), [(0, "ends today"), (1, "ends tomorrow"), (6, "ends in 6 days")])
def test_a_near_end_is_said_in_days_of_the_owner(cast, files, browse, days, shown):
    zone = zoneinfo.ZoneInfo(cast.social_worker.agency.time_zone)
    day = clock.now().astimezone(zone).date() + days * DAY
    posted = {"team": cast.team("stranger").pk, "until": day, "reason": "x", "legal_basis": "duty", "once": "k"}
    address = reverse("victims:give_access", args=[files["Mira"]]) + f"?agency={cast.stranger.agency_id}"
    assert browse(cast.social_worker).post(address, posted).status_code == 302
    assert row_of(browse, cast.social_worker, files["Mira"], "Open Door")["until"] == shown


# --- what a step does ---------------------------------------------------------------------------------------------


def test_a_step_names_whom_it_closes_sections_to(cast, files, browse):
    answer = page(browse, cast.social_worker, "step", files["Mira"], "stage", "start_follow_up")
    happens = answer.context["happens"]
    assert happens[0] == "The file then stands at: At home, followed."
    assert "Closes for Farol House – shelter team: Summary, Whereabouts and Care." in happens
    assert "Closes for Lapa Clinic – K. Osei: Summary." in happens
    assert not [line for line in happens if "Casa Aurora" in line]
    assert "What stays" in words(answer)


def test_a_step_says_no_name_that_its_reader_may_not_know(cast, files, browse, owner, helper):
    colleague = helper("Second", Role.SOCIAL_WORKER)
    with owner():
        run("ALTER TABLE accounts_agency DISABLE TRIGGER USER")
        run("UPDATE accounts_agency SET therapy = true WHERE id = %s", cast.clinician.agency_id)
    colleague.identity = open_token(colleague, "session", idle=DAY, lifetime=DAY)
    happens = page(browse, colleague, "step", files["Mira"], "stage", "start_follow_up").context["happens"]
    assert "Closes for another agency: Summary." in happens
    assert not [line for line in happens if "Lapa" in line or "Osei" in line]


def test_a_step_that_closes_the_file_to_the_network_says_so(cast, files, browse):
    answer = page(browse, cast.investigator, "step", files["Sought"], "stage", "locate")
    assert any("no longer find it" in line for line in answer.context["happens"])


def test_a_step_that_opens_the_file_to_the_network_says_so(cast, files, browse):
    answer = page(browse, cast.social_worker, "step", files["Waiting"], "stage", "search_again")
    assert any("Every certified analyst and investigator" in line for line in answer.context["happens"])


def test_a_step_of_the_identity_changes_nobodys_sections(cast, files, browse):
    answer = page(browse, cast.analyst, "step", files["Open"], "identity", "propose")
    assert "Nobody on the file opens less or more of it." in answer.context["happens"]


# --- ending and giving access -------------------------------------------------------------------------------------


def grant_to(cast, child_id, **audience):
    with acting(cast.social_worker):
        return Grant.objects.get(child_id=child_id, ended=None, **audience)


def test_ending_access_names_the_person_and_what_goes(cast, files, browse):
    grant = grant_to(cast, files["Mira"], person=cast.clinician)
    answer = page(browse, cast.social_worker, "end_access", files["Mira"], grant.pk)
    assert "End K. Osei’s access to “Mira”?" in words(answer)
    assert "They lose: Summary, Health and Therapy." in answer.context["happens"]
    assert "They can open nothing of this file from their next click on." in answer.context["happens"]


def test_the_owner_is_not_ended_by_an_address(cast, files, browse):
    owner = grant_to(cast, files["Mira"], basis=Basis.OWNERSHIP)
    assert page(browse, cast.social_worker, "end_access", files["Mira"], owner.pk).status_code == 404


def test_ending_access_says_what_other_access_they_keep(cast, files, browse):
    mira = the_child(cast.social_worker, files["Mira"])
    share(cast, mira, "social_worker", "clinician", S.SUMMARY, S.HEALTH)
    grant = grant_to(cast, files["Mira"], person=cast.clinician)
    context = page(browse, cast.social_worker, "end_access", files["Mira"], grant.pk).context
    assert context["happens"] == ["They lose: Therapy.", "They are told that it ended, not why."]
    assert context["stays"][0] == "They keep: Summary and Health. Other access gives them that."


def test_ended_access_is_listed_for_the_owner_team_alone(cast, files, browse):
    mira = the_child(cast.social_worker, files["Mira"])
    grant = share(cast, mira, "social_worker", "stranger", S.SUMMARY, S.CARE, accepted=False)
    decline(grant=grant, by=cast.stranger, reason="no place")
    rows = page(browse, cast.social_worker, "who", files["Mira"]).context["ended"]
    assert [(row["who"], row["sections"], row["by"], row["why"]) for row in rows] == [
        ("Open Door – ngo_two team", "Summary, Care", "S. Engel, Open Door", "no place")
    ]
    assert "Ended access" in words(page(browse, cast.supervisor, "who", files["Mira"]))
    for name in ("ngo_worker", "clinician"):
        answer = page(browse, getattr(cast, name), "who", files["Mira"])
        assert "no place" not in answer.content.decode()
        assert not answer.context["ended"]


def test_access_that_ran_out_is_listed_as_ended_too(cast, files, browse, owner):
    with owner():
        run("ALTER TABLE access_grant DISABLE TRIGGER USER")
        run("UPDATE access_grant SET begins = app_now() - interval '9 days', until = app_now() - interval '1 day'"
            " WHERE child_id = %s AND person_id = %s", files["Mira"], cast.clinician.pk)  # fmt: skip
    rows = page(browse, cast.social_worker, "who", files["Mira"]).context["ended"]
    assert [(row["who"], row["by"]) for row in rows] == [("Lapa Clinic – K. Osei", "its last day had come")]


def give(browse, person, files, agency, **posted):
    address = reverse("victims:give_access", args=[files["Mira"]]) + f"?agency={agency.pk}"
    return browse(person).post(address, {"once": "k", "legal_basis": "duty", **posted})


def test_a_missing_taker_is_said_at_once_with_everything_else(cast, files, browse):
    answer = give(browse, cast.social_worker, files, cast.stranger.agency)
    assert set(answer.context["form"].errors) == {"team", "until", "reason"}
    assert answer.context["form"].errors["team"] == ["Choose a team or one person."]


def test_access_is_offered_only_to_those_who_could_open_something(cast, files, browse, helper):
    helper("Admin", Role.AGENCY_ADMIN)
    helper("Privacy", Role.PRIVACY_OFFICER)
    agency = cast.social_worker.agency
    form = give(browse, cast.social_worker, files, agency).context["form"]
    offered = [person.family_name for person in form.fields["person"].queryset]
    assert offered == ["Pinto", "Privacy"]  # the giver not, the administrator not
    with acting(cast.social_worker):
        assert takers(cast.clinician.agency).change == {S.HEALTH, S.THERAPY}
        assert takers(cast.clinician.agency).view == {S.SUMMARY, S.IDENTITY, S.HEALTH, S.THERAPY}


def test_an_agency_without_anybody_to_take_access_is_not_offered(cast, files, browse, owner):
    with owner(), stamping(Stamp(None, "test")):
        office = accounts.register_agency(name="Audit Office", kind="oversight", country="NL", time_zone="UTC")
        accounts.register_person(
            email="a@example.org", given_name="A", family_name="B", agency=office, roles=[Role.AUDITOR]
        )
    answer = page(browse, cast.social_worker, "give_access", files["Mira"])
    assert office not in answer.context["form"].fields["agency"].queryset
    empty = browse(cast.social_worker).get(reverse("victims:give_access", args=[files["Mira"]]) + "?agency=")
    assert "Choose the agency." in empty.content.decode()
    assert give(browse, cast.social_worker, files, office).status_code == 404


def test_supervisors_of_the_owner_team_find_no_button_that_would_be_refused(cast, files, browse):
    answer = page(browse, cast.supervisor, "who", files["Mira"])
    assert reverse("victims:give_access", args=[files["Mira"]]) not in answer.content.decode()
    assert page(browse, cast.supervisor, "give_access", files["Mira"]).status_code == 403


def test_end_of_access_is_in_the_timeline_of_the_owner(cast, files, browse):
    grant = grant_to(cast, files["Mira"], team=cast.team("ngo_worker"))
    end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="moved away")
    text = words(page(browse, cast.social_worker, "child", files["Mira"]))
    assert "Access ended" in text
    assert "moved away" in text
    assert "moved away" not in words(page(browse, cast.shelter_worker, "child", files["Mira"]))
