"""The directory: found by kind, region, language and age, kept by the team that runs the service, read by nobody else."""

import datetime

import pytest
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.stamp import Stamp, stamping
from referrals import directory
from referrals.matching import choices_for, found
from referrals.models import Service
from tests.posted import form_with
from tests.referrals.conftest import VALUES, entered
from tests.statements import assert_refused, last_event, run, value
from victims.models import Child

BROKEN = "REVOKE INSERT ON audit_event FROM app"


def words(answer):
    return " ".join(answer.content.decode().split())


def names(cast, **filters):
    with acting(cast.social_worker):
        return [one.name for one in found(filters)]


def test_a_service_is_entered_as_right_on_the_day(cast, service):
    assert (service.agency_id, service.checked_by_id) == (cast.ngo_worker.agency_id, cast.ngo_worker.pk)
    assert last_event(entity="referrals.service")["kind"] == "change"


@pytest.mark.parametrize("who", ["stranger", "social_worker"])
def test_who_is_not_of_the_team_keeps_no_service_and_the_refusal_is_recorded(cast, service, who):
    person = getattr(cast, who)
    for act in (directory.confirm_service, directory.fill_up, directory.change_service):
        more = {"until": None} if act is directory.fill_up else {}
        more |= {"values": {}, "reason": "x"} if act is directory.change_service else {}
        with pytest.raises(Refused):
            act(service=service, by=person, **more)
        assert last_event(person_id=person.pk)["reason_code"] == "not_your_service"


def test_nothing_is_entered_when_the_event_cannot_be_written(cast, owner):
    with owner():
        run(BROKEN)
    with pytest.raises(NotRecorded):
        entered(cast)
    assert value("SELECT count(*) FROM referrals_service") == 0


def test_filters_leave_what_fits(cast, service):
    entered(cast, name="Legal help", kind="legal", region="Porto region", languages=["pt"], youngest=None, oldest=None)
    assert names(cast) == ["Legal help", "Trauma-focused therapy"]
    assert names(cast, kind="legal") == names(cast, region="Porto region") == names(cast, age=3) == ["Legal help"]
    assert names(cast, language="ar") == names(cast, kind="mental_health", age=17) == ["Trauma-focused therapy"]


def test_what_is_out_of_use_is_in_no_list(cast, service):
    directory.change_service(service=service, values={"is_active": False}, by=cast.ngo_worker, reason="moved")
    assert names(cast) == []


def test_each_doubt_stands_in_words_and_the_best_comes_first(cast, files, service):
    entered(cast, name="For boys", sexes=[1], youngest=12, languages=["uk"])
    directory.fill_up(service=entered(cast, name="Full"), until=(clock.now()).date(), by=cast.ngo_worker)
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Ended"])
        child.languages = ["ar"]
        choices = choices_for(child, list(found({})), {})
    assert [one.service.name for one in choices] == ["Trauma-focused therapy", "For boys", "Full"]
    assert choices[0].doubts == []
    assert choices[1].doubts == [
        "Takes boys only", "Takes ages 12 to 17: ask whether the child’s age fits", "Not spoken: Arabic",
    ]  # fmt: skip
    assert choices[2].doubts[0].startswith("Full until")


def test_the_page_of_the_directory_keeps_what_was_typed_wrong_out_of_the_filter(cast, service, browse):
    client = browse(cast.social_worker)
    text = words(client.get(reverse("referrals:services") + "?age=x"))
    assert "Enter the age in years" in text
    assert "Trauma-focused therapy" in text
    assert "No service of the directory fits" in words(client.get(reverse("referrals:services") + "?age=3"))


def test_a_service_is_entered_changed_and_confirmed_on_its_pages(cast, browse):
    client = browse(cast.ngo_worker)
    form = form_with(client.get(reverse("referrals:new_service")), "name")
    sent = form | {"name": "Mentoring", "kind": "education", "urgencies": ["3", "4"], "region": "Porto"}
    there = client.post(reverse("referrals:new_service"), sent).url
    assert "Mentoring" in words(client.get(there))
    change = there + "change/"
    form = form_with(client.get(change), "name")
    client.post(change, form | {"name": "School mentoring", "reason": "clearer"})
    assert "School mentoring" in words(client.get(there))
    client.post(there + "still-right/", form_with(client.get(there), "once"))
    assert value("SELECT count(*) FROM referrals_historicalservice") == 3


def test_we_are_full_until_a_day_is_told_to_senders(cast, service, browse):
    client, full = browse(cast.ngo_worker), reverse("referrals:full", args=[service.pk])
    day = (clock.now() + datetime.timedelta(days=9)).date()
    client.post(full, form_with(client.get(full), "until") | {"until": day.isoformat()})
    assert "full until" in words(browse(cast.social_worker).get(reverse("referrals:services")))
    past = client.post(full, form_with(client.get(full), "until") | {"until": "2020-01-01"})
    assert "This day has passed." in words(past)


def test_two_people_who_change_one_entry_get_the_page_that_joins_both(cast, service, browse):
    client, change = browse(cast.ngo_worker), reverse("referrals:change_service", args=[service.pk])
    form = form_with(client.get(change), "name")
    directory.change_service(service=service, values={"region": "Algarve"}, by=cast.ngo_worker, reason="moved")
    answer = client.post(change, form | {"name": "Other", "region": "Porto", "reason": "x"})
    assert answer.status_code == 409


def test_roles_that_refer_nobody_read_no_directory(cast, service, owner, browse):
    with owner(), stamping(Stamp(None, "test")):
        cast.supervisor.roles = [Role.AUDITOR]
        cast.supervisor.save()
    client = browse(cast.supervisor)
    for address in (reverse("referrals:services"), reverse("referrals:service", args=[service.pk])):
        assert client.get(address).status_code == 404
    with acting(cast.supervisor):
        assert not Service.objects.exists()


@pytest.mark.parametrize("name", ["change_service", "full", "still_right"])
def test_pages_of_the_keeper_are_nothing_to_others(cast, service, browse, name):
    assert browse(cast.stranger).get(reverse(f"referrals:{name}", args=[service.pk])).status_code == 404


def test_a_query_keeps_no_service_of_another_team(cast, service):
    with acting(cast.stranger):
        assert run("UPDATE referrals_service SET name = 'x' WHERE id = %s", service.pk) == 0
        assert_refused(
            "INSERT INTO referrals_service SELECT * FROM referrals_service WHERE id = %s", service.pk,
            match="row-level security|duplicate",
        )  # fmt: skip


def test_a_service_without_a_team_takes_no_referral(cast, files, service, browse, owner):
    with owner(), stamping(Stamp(None, "test")):
        outside = Service(**{**VALUES, "urgencies": []}, organisation="Open Door Line", source="list:1")
        outside.save(force_insert=True)
    client = browse(cast.social_worker)
    listed = words(client.get(reverse("referrals:new", args=[files["Ended"]]) + "?kind=mental_health"))
    assert "Outside the network: ring them." in listed
    assert client.get(reverse("referrals:ask", args=[files["Ended"], outside.pk])).status_code == 404
