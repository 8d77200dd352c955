"""Identities: what a secret is good for, and when it stops being good for anything."""

import datetime
import json

import pytest
from django.db import connection, transaction

from portal.access.identity import Identity, NoIdentity, Refused, acting, current, is_acting, open_token, opening_key
from portal.access.rights import check
from portal.access.sections import Section
from portal.access.sign_in import alive
from portal.accounts.models import Person
from portal.audit.kinds import shifted
from portal.audit.stamp import current as stamp_in_force
from tests.attacks import attack
from tests.statements import assert_refused, count_events, last_event, rows, run
from victims.models import Child

MINUTE, HOUR = datetime.timedelta(minutes=1), datetime.timedelta(hours=1)
DAY = 24 * HOUR


def seen(person) -> int:
    """How many files the wall shows to whoever holds this identity."""
    with acting(person):
        return Child.objects.count()


def with_secret(person, secret):
    person.identity = Identity(secret)
    return person


def token_of(person, **length):
    person.identity = open_token(person, "session", **({"idle": HOUR, "lifetime": 8 * HOUR} | length))
    return person


def test_right_secret_shows_the_persons_files(cast):
    assert seen(cast.social_worker) > 5


@pytest.mark.parametrize("secret", ["", "guessed", "x" * 43, "' OR true --"])
def test_wrong_secret_shows_nothing(cast, secret):
    assert seen(with_secret(cast.social_worker, secret)) == 0


def test_the_digest_itself_opens_nothing(cast):
    digest = cast.social_worker.identity.digest.hex()
    assert seen(with_secret(cast.social_worker, digest)) == 0


@pytest.mark.parametrize(("after", "lives"), [(59 * MINUTE, True), (61 * MINUTE, False), (9 * HOUR, False)])
@attack("D07")
def test_token_dies_when_idle(cast, after, lives):
    person = token_of(cast.social_worker)
    with shifted(after):
        assert bool(seen(person)) is lives


def test_use_keeps_a_token_alive_but_never_past_its_longest_life(cast):
    person = token_of(cast.social_worker, idle=15 * MINUTE, lifetime=HOUR)
    for minutes in (14, 28, 42, 56):
        with shifted(minutes * MINUTE):
            assert alive(person.identity.secret, person)
    with shifted(61 * MINUTE):
        assert not alive(person.identity.secret, person)


def test_token_of_one_person_is_not_alive_for_another(cast):
    assert alive(cast.social_worker.identity.secret, cast.social_worker)
    assert not alive(cast.social_worker.identity.secret, cast.stranger)


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE accounts_person SET is_active = false WHERE id = %s",
        "UPDATE accounts_agency SET is_active = false WHERE id = (SELECT agency_id FROM accounts_person WHERE id = %s)",
    ],
    ids=["account closed", "agency closed"],
)
@attack("D08")
def test_closing_account_or_agency_ends_everything_at_once(cast, owner, change):
    person = cast.social_worker
    with owner():
        run("ALTER TABLE accounts_person DISABLE TRIGGER accounts_person_history")
        run("ALTER TABLE accounts_agency DISABLE TRIGGER accounts_agency_history")
        run(change, person.pk)
    assert seen(person) == 0
    assert not alive(person.identity.secret, person)


def test_lapsed_certificate_closes_files_but_not_the_session(cast):
    person = token_of(cast.investigator, idle=800 * DAY, lifetime=800 * DAY)
    with shifted(400 * DAY):
        assert seen(person) == 0
        assert alive(person.identity.secret, person)


def test_care_roles_need_no_certificate(cast):
    person = token_of(cast.social_worker, idle=800 * DAY, lifetime=800 * DAY)
    with shifted(400 * DAY):
        assert seen(person) > 0


def test_closed_token_opens_nothing(cast):
    with acting(cast.social_worker):
        run("SELECT access.close_token()")
    assert seen(cast.social_worker) == 0


def test_table_holds_digests_only(cast):
    stored = rows("SELECT to_jsonb(t)::text FROM access_identitytoken t WHERE person_id = %s", cast.social_worker.pk)
    assert stored
    assert not any(cast.social_worker.identity.secret in text for (text,) in stored)


def test_identity_never_shows_its_secret(cast):
    assert cast.social_worker.identity.secret not in repr(cast.social_worker.identity)


def test_identity_ends_with_its_transaction(cast):
    seen(cast.social_worker)
    assert not is_acting()
    assert stamp_in_force() is None
    assert not rows("SELECT 1 WHERE coalesce(current_setting('safe.session', true), '') <> ''")


def test_nobody_acts_without_having_signed_in(cast):
    person = Person.objects.get(pk=cast.stranger.pk)
    with pytest.raises(NoIdentity), acting(person):
        pass


def test_nobody_acts_inside_the_act_of_another(cast):
    with acting(cast.social_worker), pytest.raises(NoIdentity), acting(cast.stranger):
        pass


def test_the_same_person_joins_the_act_in_hand(cast):
    with acting(cast.social_worker, reason="outer") as outer:
        with acting(cast.social_worker, reason="inner") as inner:
            assert inner is outer is current()
            assert stamp_in_force().reason == "inner"
        assert stamp_in_force().reason == "outer"


def test_asking_for_the_act_in_hand_outside_of_any_raises():
    with pytest.raises(NoIdentity):
        current()


def test_guarded_question_outside_of_any_act_raises(cast):
    with pytest.raises(NoIdentity):
        Child.objects.count()


def test_read_only_act_cannot_write(cast):
    with acting(cast.social_worker, read_only=True):
        assert_refused("UPDATE casework_oncekey SET location = 'x'", match="read-only")


def test_token_is_not_opened_without_the_applications_key(cast):
    call = "SELECT access.open_token(%s, gen_random_uuid(), %s, '\\x00', 'session', '1 hour', '1 hour')"
    for proof in ("x", "", opening_key()[:-1], opening_key().upper()):
        assert_refused(call, proof, cast.investigator.pk, match="opening key does not fit")


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM access_openingkey",
        "UPDATE access_openingkey SET digest = sha256('x')",
        "UPDATE access_identitytoken SET until = '9999-01-01'",
        "DELETE FROM access_identitytoken",
        "INSERT INTO access_identitytoken (id, digest, person_id, kind, made, until, latest) SELECT gen_random_uuid(),"
        " sha256('mine'), id, 'session', now(), now() + interval '1 day', now() + interval '1 day' FROM accounts_person",
    ],
)
def test_application_touches_neither_tokens_nor_the_opening_key(cast, statement):
    with acting(cast.social_worker):
        assert_refused(statement, match="permission denied")


def test_application_reads_no_token(cast):
    with acting(cast.social_worker):
        assert run("SELECT FROM access_identitytoken") == 0


def test_setting_another_persons_id_as_session_opens_nothing(cast):
    with transaction.atomic(), connection.cursor() as cursor:
        for guess in (str(cast.investigator.pk), cast.investigator.email):
            cursor.execute("SELECT set_config('safe.session', %s, true)", [guess])
            cursor.execute("SELECT access.person(), access.holder()")
            assert cursor.fetchone() == (None, None)


def save_and_overreach(person, child_id):
    with acting(person):
        Child.objects.get(pk=child_id).save()
        check(person, child_id, Section.THERAPY)


def test_refusal_rolls_back_what_was_done_and_is_kept(cast, files):
    before = count_events(kind="change")
    with pytest.raises(Refused):
        save_and_overreach(cast.ngo_worker, files["Mira"])
    assert count_events(kind="change") == before
    event = last_event(kind="refusal")
    assert (event["person_id"], event["reason_code"], event["outcome"]) == (cast.ngo_worker.pk, "no_grant", "refused")
    assert (event["child_id"], event["sections"]) == (files["Mira"], [Section.THERAPY])
    assert json.loads(event["details"]) == {"level": "view"}
