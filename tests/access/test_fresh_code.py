"""The first gate: whereabouts, health and therapy open for four hours after a second factor was shown."""

import datetime

import pytest
from django.db import connection
from django.urls import reverse

from portal.access.decide import FRESH_FOR
from portal.access.identity import Refused, acting, open_token
from portal.access.jobs import run as run_job
from portal.access.rights import can, check, sections_held, sections_open
from portal.access.sections import Section as S
from portal.access.visibility import listed_ids, visible, visible_ids
from portal.audit.kinds import shifted
from portal.casework.models import Document
from tests.access.test_fresh_code_pages import old
from tests.statements import assert_refused, last_event, run, value
from victims import documents
from victims.models import Child
from victims.section_pages import MODELS

HOUR = datetime.timedelta(hours=1)
SHUT = {S.WHEREABOUTS, S.HEALTH, S.THERAPY}


def test_database_and_code_agree_on_how_long(db):
    assert value("SELECT access.fresh_for()") == FRESH_FOR


@pytest.mark.parametrize(("age", "is_fresh"), [(4 * HOUR - HOUR / 60, True), (4 * HOUR, False), (7 * HOUR, False)])
def test_a_code_is_fresh_for_four_hours(cast, files, age, is_fresh):
    old(cast.social_worker, age)
    with acting(cast.social_worker):
        assert can(cast.social_worker, files["Mira"], S.WHEREABOUTS) is is_fresh
        assert can(cast.social_worker, files["Mira"], S.IDENTITY)


def test_decide_equals_visible_equals_the_wall_with_old_codes(cast, files):
    """Every second person of the cast shows an old code."""
    shut = 0
    for number, (name, person) in enumerate(cast.all().items()):
        if number % 2:
            old(person)
        with acting(person):
            for section in S:
                model = Child if section == S.SUMMARY else MODELS[section]
                listed = set(visible_ids(person, section=section, most=1000))
                for file, child_id in files.items():
                    column = "pk" if model is Child else "child_id"
                    by_decision = can(person, child_id, section)
                    by_list = visible(model, person).filter(**{column: child_id}).exists()
                    by_wall = model.objects.filter(**{column: child_id}).exists()
                    assert by_decision == by_list == by_wall == (child_id in listed), (name, file, section.name)
                    shut += section in sections_held(person, child_id) and not by_decision
    assert shut > 3


def test_a_file_stays_in_the_list_of_whoever_holds_only_what_waits_for_the_code(cast, files):
    with acting(cast.clinician):
        before = set(listed_ids(cast.clinician, most=100))
    old(cast.clinician)
    with acting(cast.clinician):
        assert set(listed_ids(cast.clinician, most=100)) == before
        assert not set(sections_open(cast.clinician, files["Mira"])) & SHUT


def test_refusal_names_the_code_only_to_whoever_holds_the_section(cast, files):
    for person, reason in ((cast.social_worker, "code_not_fresh"), (cast.stranger, "no_grant")):
        old(person)
        with pytest.raises(Refused) as refused, acting(person):
            check(person, files["Mira"], S.WHEREABOUTS)
        assert refused.value.event.reason_code == reason
        assert last_event(kind="refusal")["reason_code"] == reason


def test_a_pdf_asked_for_in_time_is_whole_however_long_it_waited(cast, files):
    person, others = cast.social_worker, cast.supervisor
    old(person, 3 * HOUR)
    old(others, 5 * HOUR)
    asked = [documents.order(child_id=files["Mira"], kind="file", language="en", by=one) for one in (person, others)]
    with shifted(5 * HOUR):
        for document in asked:
            assert run_job(document.job_id)
    shown = [set(value("SELECT sections FROM casework_document WHERE id = %s", one.pk)) for one in asked]
    assert {S.WHEREABOUTS, S.HEALTH} <= shown[0]
    assert shown[1]
    assert not shown[1] & SHUT


def test_a_finished_pdf_is_taken_with_a_fresh_code_alone(cast, files, browse):
    person = cast.social_worker
    document = documents.order(child_id=files["Mira"], kind="file", language="en", by=person)
    assert run_job(document.job_id)
    with acting(person):
        assert Document.objects.get(pk=document.pk).finished
    address = reverse("victims:take_document", args=[document.pk])
    assert browse(person).get(address).status_code == 200
    old(person)
    assert browse(person).get(address).url.startswith(reverse("desk:code"))


def test_a_command_counts_from_its_opening(cast, files):
    person = cast.social_worker
    person.identity = open_token(person, "command", idle=HOUR, lifetime=HOUR)
    with acting(person):
        assert can(person, files["Mira"], S.WHEREABOUTS)


def test_the_application_neither_dates_nor_renews_a_proof(cast):
    old(cast.social_worker)
    with acting(cast.social_worker):
        assert run("SELECT 1 FROM access_identitytoken") == 0
        assert_refused("UPDATE access_identitytoken SET proved = app_now()", match="permission denied")
        assert_refused("SELECT access.renew_token('guessed', '\\x00')", match="opening key")
        with connection.cursor() as cursor:
            cursor.execute("SELECT access.code_age() >= access.fresh_for()")
            assert cursor.fetchone()[0]
