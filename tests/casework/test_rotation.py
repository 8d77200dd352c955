"""Changing the key ring: every key is wrapped again, no record changes, and the older key can then be taken out."""

import io
import json
import os

import pytest
from django.core.management import call_command

from portal.access.identity import acting
from portal.access.sections import Section
from portal.access.sign_in import SecondFactorAdapter
from portal.casework import keys, rotation
from portal.casework.models import SectionKey
from tests.conftest import as_owner
from tests.statements import assert_refused, rows, value
from tests.test_catalogue import TABLES
from victims.models import Identity, Whereabouts

WRAPPED = {"casework_sectionkey", "casework_portalkey"}
NEW = os.urandom(32)


@pytest.fixture
def ring(cast, settings):
    """The ring as it was, with a newer key in front."""
    settings.KEY_RING = {"newer": NEW, **settings.KEY_RING}
    return settings.KEY_RING


def rotate(*options):
    """Run the command as whoever owns the tables; return its exit code and what it says."""
    out, err = io.StringIO(), io.StringIO()
    with as_owner():
        try:
            call_command("rotate_keys", *options, stdout=out, stderr=err)
        except SystemExit as end:
            return end.code, out.getvalue() + err.getvalue()
    return 0, out.getvalue() + err.getvalue()


def contents():
    """Return a fingerprint of every table but those of the keys and of the events."""
    tables = sorted({name for (name,) in rows(TABLES)} - WRAPPED - {"audit_event"})
    assert len(tables) > 80
    return {name: value(f"SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {name} t") for name in tables}


def rings():
    return {name for table in WRAPPED for (name,) in rows(f"SELECT DISTINCT ring FROM {table}")}


def test_every_key_is_wrapped_again_and_no_record_changes(cast, files, ring, settings):
    before, count = contents(), value("SELECT count(*) FROM casework_sectionkey")
    code, said = rotate()
    assert (code, rings()) == (0, {"newer"})
    assert f"{count + 2} wrapped again under “newer”." in said
    assert "It can be taken out of SAFE_RETURN_KEYS." in said
    assert contents() == before
    settings.KEY_RING = {"newer": NEW}
    with acting(cast.social_worker):
        assert Identity.objects.get(child_id=files["Mira"]).family_name == "canary-identity-Mira"
        assert Whereabouts.history.filter(child_id=files["Mira"]).first().place == "canary-whereabouts-Mira"


def test_what_belongs_to_no_child_opens_under_the_newer_key_alone(cast, ring, settings):
    sealed, place = SecondFactorAdapter().encrypt("JBSWY3DP"), "receipt:1"
    other = keys.seal_by_ring(b"words", place)
    names = keys.portal_key(keys.NAMES)
    rotate()
    settings.KEY_RING = {"newer": NEW}
    assert SecondFactorAdapter().decrypt(sealed) == "JBSWY3DP"
    assert keys.unseal_by_ring(other, place) == b"words"
    assert keys.portal_key(keys.NAMES) == names


def test_a_run_that_was_cut_short_is_gone_on_with(ring):
    class CutShort(Exception):
        pass

    def cut(kind, done):
        if done > 5:
            raise CutShort

    with as_owner(), pytest.raises(CutShort):
        rotation.rotate(cut, batch=4)
    assert len(rings()) == 2
    assert rotate("--check")[0] == 1
    assert rotate()[0] == 0
    assert rings() == {"newer"}
    code, said = rotate()
    assert code == 0
    assert said.startswith("0 wrapped again")


@pytest.mark.parametrize(
    "meanwhile",
    [
        "DELETE FROM casework_sectionkey WHERE id = %s",
        "UPDATE casework_sectionkey SET ring = 'newer' WHERE id = %s",
        "UPDATE casework_sectionkey SET wrapped = 'another' WHERE id = %s",
    ],
)
def test_a_key_that_was_destroyed_or_wrapped_meanwhile_is_left_alone(ring, meanwhile):
    kind = rotation.KINDS[1]
    with as_owner():
        first, second = kind.older(None, 2)
        rows(f"{meanwhile} RETURNING 1", first.pk)
        after = rows("SELECT ring, wrapped FROM casework_sectionkey WHERE id = %s", first.pk)
        assert kind.rewrap([first, second]) == 1
    assert rows("SELECT ring, wrapped FROM casework_sectionkey WHERE id = %s", first.pk) == after


def test_check_changes_nothing_and_says_what_is_needed(ring, settings):
    before = rings()
    code, said = rotate("--check")
    assert (code, rings()) == (1, before)
    assert "Keep it, and run rotate_keys." in said
    settings.KEY_RING = {"newer": NEW}
    code, said = rotate("--check")
    assert code == 2
    assert "It is not in SAFE_RETURN_KEYS: put it back, after the newest one." in said


def test_keys_that_do_not_open_stand_as_they_were_and_keep_nothing_back(ring):
    key = value("UPDATE casework_sectionkey SET wrapped = 'altered' WHERE id ="
                " (SELECT min(id::text)::uuid FROM casework_sectionkey) RETURNING id")  # fmt: skip
    code, said = rotate()
    assert code == 2
    assert "1 could not be opened, and stand as they were." in said
    assert rows("SELECT id FROM casework_sectionkey WHERE ring <> 'newer'") == [(key,)]


def test_each_batch_is_on_record_without_a_key(ring):
    with as_owner():
        rotation.rotate(lambda kind, done: None, batch=10)
    made = [json.loads(details) for (details,) in rows("SELECT details FROM audit_event WHERE kind = 'rotate keys'")]
    assert sum(one["keys"] for one in made) == value("SELECT count(*) FROM casework_sectionkey") + 2
    assert {tuple(sorted(one)) for one in made} == {("keys", "kind", "ring", "run")}
    assert len({one["run"] for one in made}) == 1
    assert len(made) > 2


def test_people_write_while_keys_are_wrapped(cast, files, ring):
    """A key read before the rotation seals on: what it closes opens with the same key wrapped anew."""
    with acting(cast.social_worker):
        keys.section_key(files["Mira"], Section.WHEREABOUTS)
    rotate()
    with acting(cast.social_worker):
        place = Whereabouts.objects.get(child_id=files["Mira"])
        place.place = "written after"
        place.save()
    with acting(cast.social_worker):
        assert Whereabouts.objects.get(child_id=files["Mira"]).place == "written after"


def test_a_new_key_takes_the_newest_key_of_the_ring(cast, files, ring):
    rows("DELETE FROM casework_sectionkey WHERE child_id = %s AND section = 2 RETURNING 1", files["Follow"])
    with acting(cast.social_worker):
        keys.section_key(files["Follow"], Section.IDENTITY, make=True)
    assert value("SELECT ring FROM casework_sectionkey WHERE child_id = %s AND section = 2", files["Follow"]) == "newer"


@pytest.mark.parametrize("table", sorted(WRAPPED))
def test_the_application_writes_no_wrapped_key(cast, table):
    with acting(cast.social_worker):
        assert_refused(f"UPDATE {table} SET ring = 'x'", match="permission denied")
        assert_refused(f"DELETE FROM {table}", match="permission denied")
        assert_refused(f"INSERT INTO {table} SELECT * FROM {table}", match="permission denied")


def test_the_application_reads_only_the_keys_of_sections_that_are_open(cast, files):
    with acting(cast.ngo_worker):
        seen = set(SectionKey.objects.filter(child_id=files["Mira"]).values_list("section", flat=True))
    assert seen == {Section.SUMMARY, Section.CARE} & seen
