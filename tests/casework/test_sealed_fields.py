"""Sealed fields: closed before they reach the database, bound to where they stand, opened only where they are read."""

import datetime

import pytest
from django.core.exceptions import FieldError
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.access.sections import Section
from portal.casework import keys
from portal.casework.keys import CannotOpen, KeyMissing, seal, section_key, unseal
from portal.casework.models import SectionKey
from tests.statements import rows, run, value
from victims.actions import add, change
from victims.models import Child, HealthEntry, Identity, Whereabouts

BYTES = """SELECT c.table_name, c.column_name FROM information_schema.columns c
  JOIN information_schema.tables t USING (table_schema, table_name)
  WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE'
    AND (c.data_type IN ('text', 'bytea', 'character varying', 'jsonb') OR c.data_type = 'ARRAY')"""
RESTRICTED = ("identity", "whereabouts", "health", "therapy")
DAY = datetime.date(2015, 4, 3)


@pytest.fixture
def place(cast, files):
    with acting(cast.social_worker) as state:
        yield Whereabouts.objects.get(child_id=files["Mira"]), state


def test_table_and_history_hold_the_same_ciphertext(db, files):
    query = "SELECT place FROM victims_{}whereabouts WHERE child_id = %s"
    live, history = (bytes(value(query.format(kind), files["Mira"])) for kind in ("", "historical"))
    assert live == history
    assert b"canary" not in live
    assert len(live) == len("canary-whereabouts-Mira") + 28


def test_no_sealed_word_stands_anywhere_in_the_database(db, files):
    columns = rows(BYTES)
    assert len(columns) > 200
    words = [f"canary-{word}" for word in RESTRICTED]
    plain = " OR ".join(f"text ILIKE '%%{word}%%' OR text ILIKE '%%{word.encode().hex()}%%'" for word in words)
    for table, column in columns:
        assert value(f"SELECT count(*) FROM (SELECT {column}::text AS text FROM {table}) t WHERE {plain}") == 0, (
            table,
            column,
        )


def test_other_sections_are_found_by_the_same_search(db, files):
    """The sweep above can fail: words that are not sealed are found by it."""
    assert value(
        "SELECT count(*) FROM victims_careentry WHERE position('canary-care'::bytea IN convert_to(text, 'UTF8')) > 0"
    )


def test_reading_opens_the_value(place):
    record, _state = place
    assert record.place == "canary-whereabouts-Mira"


def test_reading_history_opens_the_value(place):
    record, _state = place
    assert record.history.get(id=record.pk).place == "canary-whereabouts-Mira"


def test_ciphertext_copied_to_another_file_does_not_open(cast, files, owner):
    with owner():
        run("ALTER TABLE victims_whereabouts DISABLE TRIGGER victims_whereabouts_history")
        run(
            "UPDATE victims_whereabouts t SET place = s.place FROM victims_whereabouts s"
            " WHERE t.child_id = %s AND s.child_id = %s",
            files["Mira"],
            files["Closed"],
        )
    with acting(cast.social_worker), pytest.raises(CannotOpen):
        Whereabouts.objects.get(child_id=files["Mira"]).place  # noqa: B018


def test_ciphertext_copied_to_another_field_does_not_open(cast, files, owner):
    with owner():
        run("ALTER TABLE victims_identity DISABLE TRIGGER victims_identity_history")
        run("UPDATE victims_identity SET given_names = family_name WHERE child_id = %s", files["Mira"])
    with acting(cast.social_worker):
        record = Identity.objects.get(child_id=files["Mira"])
        assert record.family_name == "canary-identity-Mira"
        with pytest.raises(CannotOpen):
            record.given_names  # noqa: B018


def test_a_changed_byte_does_not_open(cast, files, owner):
    with owner():
        run("ALTER TABLE victims_whereabouts DISABLE TRIGGER victims_whereabouts_history")
        run("UPDATE victims_whereabouts SET place = set_byte(place, 20, get_byte(place, 20) # 1)")
    with acting(cast.social_worker), pytest.raises(CannotOpen):
        Whereabouts.objects.get(child_id=files["Mira"]).place  # noqa: B018


def test_the_same_words_keep_their_ciphertext(place):
    record, _state = place
    before = record.__dict__["place"]
    record.place = record.place
    record.save()
    assert bytes(value("SELECT place FROM victims_whereabouts WHERE id = %s", record.pk)) == before.data


def test_other_words_get_another_ciphertext_and_history_keeps_both(place):
    record, state = place
    change(record=record, values={"place": "canary-whereabouts-new"}, by=state.person, reason="moved")
    kept = rows("SELECT place FROM victims_historicalwhereabouts WHERE id = %s ORDER BY version", record.pk)
    assert len({bytes(one) for (one,) in kept}) == len(kept) == 2


@pytest.mark.parametrize("page", ["changes", "conflict"])
def test_pages_that_show_an_earlier_sealed_value_open(cast, files, browse, page):
    with acting(cast.social_worker):
        record = Whereabouts.objects.get(child_id=files["Mira"])
        change(record=record, values={"place": "elsewhere"}, by=cast.social_worker, reason="moved")
        last = record.history.filter(id=record.pk, version=2).values_list("history_id", flat=True).get()
    client = browse(cast.social_worker)
    if page == "changes":
        answer = client.get(reverse("victims:changes", args=[files["Mira"], "whereabouts", last]))
    else:
        posted = {"care_type": "kinship", "place": "mine", "version": 1, "reason": "r"}
        answer = client.post(reverse("victims:edit", args=[files["Mira"], "whereabouts", record.pk]), posted)
    assert "canary-whereabouts-Mira" in answer.content.decode()


@pytest.mark.parametrize("lookup", ["place", "place__icontains", "place__startswith", "place__in"])
def test_searching_a_sealed_field_raises(place, lookup):
    wanted = ["x"] if lookup.endswith("in") else "x"
    with pytest.raises((TypeError, FieldError)):
        Whereabouts.objects.filter(**{lookup: wanted}).exists()


def test_asking_whether_a_sealed_field_is_empty_works(place):
    assert not Identity.objects.filter(birth_earliest__isnull=True, child_id=place[0].child_id).exists()


def test_a_sealed_date_comes_back_as_a_date(cast, files):
    with acting(cast.social_worker):
        record = Identity.objects.get(child_id=files["Mira"])
        change(record=record, values={"birth_earliest": DAY}, by=cast.social_worker, reason="papers found")
        assert Identity.objects.get(pk=record.pk).birth_earliest == DAY


def test_clearing_a_sealed_date_that_was_not_read_clears_it(cast, files):
    with acting(cast.social_worker):
        record = Identity.objects.get(child_id=files["Mira"])
        change(record=record, values={"birth_earliest": None}, by=cast.social_worker, reason="papers were false")
        assert Identity.objects.get(pk=record.pk).birth_earliest is None


def test_an_empty_sealed_text_stays_empty(place):
    record, _state = place
    assert record.phone == ""


def test_without_the_sections_key_nothing_opens(cast, files, owner):
    with owner():
        run("DELETE FROM casework_sectionkey WHERE child_id = %s AND section = 3", files["Mira"])
    with acting(cast.social_worker), pytest.raises(KeyMissing):
        Whereabouts.objects.get(child_id=files["Mira"]).place  # noqa: B018


def test_the_key_of_a_section_is_shown_to_nobody_who_lacks_it(cast, files):
    with acting(cast.ngo_worker):
        sections = set(SectionKey.objects.filter(child_id=files["Mira"]).values_list("section", flat=True))
    assert not sections & {Section.IDENTITY, Section.WHEREABOUTS, Section.HEALTH, Section.THERAPY}


def test_a_wrapped_key_of_another_file_does_not_open(cast, files, owner):
    with owner():
        run(
            "UPDATE casework_sectionkey t SET wrapped = s.wrapped FROM casework_sectionkey s"
            " WHERE t.child_id = %s AND s.child_id = %s AND t.section = 3 AND s.section = 3",
            files["Mira"],
            files["Closed"],
        )
    with acting(cast.social_worker), pytest.raises(CannotOpen):
        section_key(files["Mira"], Section.WHEREABOUTS)


def test_opened_keys_end_with_their_transaction(cast, files):
    with acting(cast.social_worker):
        section_key(files["Mira"], Section.WHEREABOUTS)
        assert list(keys.opened_keys.get()) == [(files["Mira"], Section.WHEREABOUTS)]
    assert keys.opened_keys.get() is None


def test_sealing_twice_never_gives_the_same_bytes():
    key = bytes(32)
    first, second = (seal(key, b"words", "place") for _ in range(2))
    assert first != second
    assert unseal(key, first, "place") == unseal(key, second, "place") == b"words"


def test_a_health_entry_without_the_right_to_change_is_refused_before_it_is_sealed(cast, files):
    before = value("SELECT count(*) FROM casework_sectionkey")
    entry = {"on": DAY, "kind": "check", "text": "x"}
    with pytest.raises(Refused):
        add(model=HealthEntry, child=Child(pk=files["Mira"]), values=entry, by=cast.ngo_worker)
    assert value("SELECT count(*) FROM casework_sectionkey") == before
