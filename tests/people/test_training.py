"""Training: who records it, for whom, until when it counts, and what somebody without it meets."""

import pytest
from django.urls import reverse

from portal.access import training
from portal.access.identity import Refused, acting
from portal.access.rights import read_person
from portal.accounts.models import Certificate, Standard
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.people.conftest import set_account
from tests.people.test_closing import register
from tests.statements import assert_refused, last_event, rows, run, value
from tests.world import DAY, Role, outlive

YEAR = 365 * DAY


def standard():
    return Standard.objects.get()


def without_training(owner):
    with owner():
        run("ALTER TABLE accounts_certificate DISABLE TRIGGER USER")
        run("DELETE FROM accounts_certificate")
        run("ALTER TABLE accounts_certificate ENABLE TRIGGER USER")


@pytest.fixture
def untrained(people, owner):
    """Nobody holds a certificate or a briefing, and the first thirty days are over."""
    without_training(owner)
    for person in people.all().values():
        set_account(person, joined=clock.now() - 31 * DAY)
    return people


def certify(people, name="investigator", by="registrar", version=None):
    given = {"standard": version or standard(), "until": clock.now() + YEAR}
    return training.certify(person=getattr(people, name), by=getattr(people, by), **given)


def brief(people, name="social_worker", by="keeper", until=YEAR):
    return training.brief(person=getattr(people, name), until=clock.now() + until, by=getattr(people, by))


def open_to(client, files):
    return client.get(reverse("victims:child", args=[files["Mira"]])).status_code


@attack("D09")
@pytest.mark.parametrize("name", ["social_worker", "supervisor", "shelter_worker", "clinician", "ngo_worker"])
def test_care_role_without_a_briefing_meets_one_page(untrained, browse, files, name):
    client = browse(getattr(untrained, name))
    for page in ("/", reverse("victims:children"), reverse("victims:child", args=[files["Mira"]])):
        answer = client.get(page)
        assert answer.status_code == 403
        assert "You have had no safeguarding briefing yet" in answer.content.decode()
    assert client.get(reverse("desk:shortcuts")).status_code == 200
    assert last_event(kind="refusal")["reason_code"] == "certificate_lapsed"
    with acting(getattr(untrained, name)):
        assert rows("SELECT access.person()") == [(None,)]


def test_briefing_opens_the_files_again_and_its_end_closes_them(untrained, browse, files):
    client = browse(untrained.social_worker)
    brief(untrained)
    assert open_to(client, files) == 200
    with acting(untrained.keeper):
        one = Certificate.objects.get(person=untrained.social_worker)
    training.revoke(certificate=one, by=untrained.keeper, reason="not true")
    assert "Your safeguarding briefing" in client.get("/").content.decode() or open_to(client, files) == 403


def test_first_thirty_days_need_no_briefing(people, owner, browse):
    without_training(owner)
    newcomer = register(people, "newcomer", "social_worker", Role.SOCIAL_WORKER)
    assert browse(newcomer).get("/").status_code == 200
    with shifted(31 * DAY):
        assert not read_person(newcomer).is_certified
    with shifted(29 * DAY):
        assert read_person(newcomer).is_certified


def test_page_says_whom_to_ask(untrained, browse):
    page = browse(untrained.social_worker).get("/").content.decode()
    assert untrained.keeper.email in page
    page = browse(untrained.investigator).get("/").content.decode()
    assert untrained.registrar.email in page


def test_registrar_certifies_others_and_never_themselves(untrained, owner, browse):
    certify(untrained)
    assert read_person(untrained.investigator).is_certified
    assert browse(untrained.investigator).get("/").status_code == 200
    with pytest.raises(Refused):
        certify(untrained, "registrar")
    for by in ("keeper", "operator", "investigator", "supervisor"):
        with pytest.raises(Refused):
            certify(untrained, "foreign", by)


def test_administrator_briefs_the_own_agency_and_never_themselves(untrained):
    brief(untrained)
    tried = [("ngo_worker", "keeper"), ("keeper", "keeper")]
    tried += [("social_worker", "registrar"), ("social_worker", "supervisor")]
    for name, by in tried:
        with pytest.raises(Refused):
            brief(untrained, name, by)
    with pytest.raises(NotPossible):
        brief(untrained, until=-DAY)


@attack("D09")
def test_new_version_of_the_standard_closes_the_old_one_after_thirty_days(people, browse):
    newer = training.add_standard(label="Unified standard 2", since=clock.now(), by=people.registrar)
    outlive(people.investigator, 40 * DAY)
    with shifted(29 * DAY):
        assert read_person(people.investigator).is_certified
    with shifted(31 * DAY):
        found = read_person(people.investigator)
        assert not found.is_certified
        assert not found.roams  # into open files and network series
        lapse = training.lapse_of(people.investigator)
        assert (lapse.kind, lapse.ended) == ("standard", newer.since + 30 * DAY)
        with acting(people.investigator):
            assert rows("SELECT access.person()") == [(None,)]
    certify(people, version=newer)
    with shifted(31 * DAY):
        assert read_person(people.investigator).is_certified
        assert not read_person(people.foreign).is_certified


def test_version_is_added_by_a_registrar_once(people):
    with pytest.raises(NotPossible):
        training.add_standard(label="unified standard 1", since=clock.now(), by=people.registrar)
    with pytest.raises(Refused):
        training.add_standard(label="Unified standard 2", since=clock.now(), by=people.keeper)


def reminders():
    found = "SELECT kind FROM casework_notice WHERE kind LIKE 'training_ends%%' ORDER BY id"
    return [kind for (kind,) in rows(found)]


def test_reminders_come_thirty_and_seven_days_before_the_end_and_once(people):
    remind = "SELECT access.remind_of_training()"  # the clock of access asks every hour
    assert value(remind) == 0
    for ahead, told in ((334, 0), (336, 3), (337, 0), (359, 3), (360, 0), (366, 0)):
        with shifted(ahead * DAY):
            assert value(remind) == told, ahead
    assert reminders() == ["training_ends_in_30_days"] * 3 + ["training_ends_in_7_days"] * 3


# --- by raw SQL -----------------------------------------------------------------------------------------------------

RECORD = """INSERT INTO accounts_certificate (id, version, person_id, kind, standard_id, valid_from, valid_until)
  VALUES (uuidv7(), 1, %s, %s, (SELECT id FROM accounts_standard WHERE %s = 'standard'), app_now(),
    app_now() + interval '1 year')"""


def test_query_records_no_training_that_is_not_the_persons_to_record(people):
    tried = [
        (people.registrar, people.registrar, "standard"),
        (people.investigator, people.investigator, "standard"),
        (people.keeper, people.investigator, "standard"),
        (people.keeper, people.keeper, "briefing"),
        (people.foreign_keeper, people.social_worker, "briefing"),
        (people.registrar, people.social_worker, "briefing"),
        (people.supervisor, people.social_worker, "briefing"),
    ]
    for by, person, kind in tried:
        with acting(by):
            assert_refused(RECORD, person.pk, kind, kind, match="recorded by who keeps it")


def test_query_lengthens_no_certificate_and_changes_no_version(people):
    longer = "UPDATE accounts_certificate SET valid_until = valid_until + interval '1 year', version = version + 1"
    sooner = "UPDATE accounts_standard SET since = app_now() - interval '9 years', version = version + 1"
    for by in (people.registrar, people.keeper, people.investigator):
        with acting(by):
            assert_refused(longer, match="recorded by who keeps it")
            assert_refused(sooner, match="and stays")


def test_my_work_names_whose_training_ends_and_leads_to_where_it_is_renewed(people, browse):
    def shown(name):
        groups = {group.id: group for group in browse(getattr(people, name)).get("/").context["groups"]}
        return {row.title: row.act_url for row in groups["certificates"].rows}

    assert shown("registrar") == {}
    training.add_standard(
        label="Unified standard 2", since=clock.now(), by=people.registrar
    )  # ends older ones in 30 days
    brief(people, until=20 * DAY)  # beside a briefing that reaches further
    certify_page = f"{reverse('desk:certify')}?person={people.investigator.pk}"
    assert shown("registrar")["R. Salgado"] == certify_page
    assert shown("keeper") == {}
    with acting(people.keeper):
        further = Certificate.objects.filter(person=people.social_worker).latest("valid_until")
    training.revoke(certificate=further, by=people.keeper, reason="held by nobody")
    assert shown("keeper") == {"A. Ferreira": reverse("desk:brief", args=[people.social_worker.pk])}


def test_pages_of_certificates_are_the_registrars(people, browse):
    page = browse(people.registrar).get(reverse("desk:certificates")).content.decode()
    assert people.investigator.email in page
    for name in ("keeper", "operator", "supervisor", "investigator"):
        assert browse(getattr(people, name)).get(reverse("desk:certificates")).status_code == 404
    assert value("SELECT count(*) FROM accounts_standard") == 1
