"""Finding a child by name: as it sounds, in any script, only where IDENTITY is open now, and without a name in the database."""

import io
import re
import secrets

import pytest
from django.core.management import call_command
from django.db import connection
from django.urls import reverse

from portal.access.actions import end
from portal.access.identity import acting
from portal.access.sections import Section, Stage
from portal.audit import clock
from tests.attacks import attack
from tests.conftest import as_owner
from tests.statements import assert_refused, count_events, last_event, rows, run
from tests.world import HOUR, declare, share, values
from victims import name_tokens
from victims.actions import add, change, open_file
from victims.looks import looks_at
from victims.models import Child, Identity, NameToken
from victims.name_search import named

S = Section


def call_child(cast, files, file, by="social_worker", **names):
    """Give the child of a file these names, through the ordinary action."""
    blank = {"family_name": "", "given_names": "", "other_names": ""}
    with acting(getattr(cast, by)):
        record = Identity.objects.get(child_id=files[file])
    return change(record=record, values=blank | names, by=getattr(cast, by), reason="learned")


@pytest.fixture
def hassan(cast, files):
    return call_child(cast, files, "Mira", given_names="محمد علي", family_name="الحسن", other_names="Momo; Hammoudi")


def search(client, text):
    return client.post(reverse("desk:search"), {"q": text})


def found(client, text):
    return [row["child"].code_name for row in search(client, text).context["files"]]


@pytest.mark.parametrize(
    "text",
    [
        "Mohammed", "Мухаммад", "مُحَمَّد", "muhamed hasan", "Hassan, Mohammed", "Ali al-Hassan", "El-Hassan", "حسن",
        "Mohammed bin Ali Hassan", "momo", "Hamoudi", "Mohammed Unheard",
    ],
)  # fmt: skip
def test_a_child_is_found_by_name_in_any_script_order_and_spelling(cast, hassan, browse, text):
    assert found(browse(cast.social_worker), text) == ["Mira"]


@pytest.mark.parametrize(
    "text", ["Yusuf", "Unheard", "Mohammed Unheard Unsaid", "%", "'; DROP TABLE victims_child; --"]
)
def test_other_names_find_nothing(cast, hassan, browse, text):
    assert found(browse(cast.social_worker), text) == []


def test_more_of_the_typed_names_come_first_then_the_nearer_spelling(cast, files, hassan, browse):
    call_child(cast, files, "Rescued", given_names="Muhammad", family_name="Ivanov")
    third = open_file(
        team=cast.team("social_worker"), stage=Stage.RESCUED, values=values("Third"), by=cast.social_worker
    )
    names = {"given_names": "Mohammed", "family_name": "Petrov"}
    add(model=Identity, child=third, values=names, by=cast.social_worker)
    names = found(browse(cast.social_worker), "Mohammed Hassan")
    assert names[0] == "Mira"
    assert found(browse(cast.social_worker), "Muhammad")[0] == "Rescued"
    assert found(browse(cast.social_worker), "Mohammed")[0] == "Third"
    assert set(names) == {"Mira", "Rescued", "Third"}


def test_the_page_says_which_name_it_was(cast, hassan, browse):
    page = search(browse(cast.social_worker), "Hasan").content.decode()
    assert "Name that sounds like it:" in page
    assert "<bdi>محمد علي الحسن</bdi>" in page
    assert "<bdi>Hammoudi</bdi>" in search(browse(cast.social_worker), "hamoodi").content.decode()
    assert "الحسن" not in search(browse(cast.social_worker), "Mira").content.decode()


@attack("D16")
def test_only_those_who_may_read_identity_find_it(cast, files, hassan, browse):
    holders = {"social_worker", "supervisor"}
    for name, person in cast.all().items():
        page = search(browse(person), "Mohammed")
        assert [row["child"].code_name for row in page.context["files"]] == (["Mira"] if name in holders else []), name
        assert "الحسن" not in page.content.decode() or name in holders


def test_finding_nothing_looks_the_same_whether_or_not_there_is_such_a_child(cast, hassan, browse):
    client, bare = browse(cast.ngo_worker), re.compile(r'"X-CSRFToken": "\w+"|value="\w{64}"')
    taken, free = (bare.sub("", search(client, text).content.decode()) for text in ("Mohammed", "Bartolomeu"))
    assert taken.replace("Mohammed", "Bartolomeu") == free


@attack("D23")
def test_a_grant_of_identity_opens_the_search_and_its_end_closes_it(cast, files, hassan, browse):
    client = browse(cast.ngo_worker)
    assert found(client, "Hassan") == []
    with as_owner():
        mira = Child.objects.get(pk=files["Mira"])
    grant = share(cast, mira, "social_worker", "ngo_worker", S.SUMMARY, S.IDENTITY)
    assert found(client, "Hassan") == ["Mira"]
    end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")
    assert found(client, "Hassan") == []


def test_a_declared_relation_closes_the_search(cast, files, hassan, browse):
    client = browse(cast.social_worker)
    assert found(client, "Hassan") == ["Mira"]
    declare(cast.social_worker, files["Mira"])
    assert found(client, "Hassan") == []
    with acting(cast.social_worker):
        assert not NameToken.objects.filter(child_id=files["Mira"]).exists()


def test_the_search_is_one_event_with_what_it_showed(cast, files, hassan, browse):
    before = count_events(kind="search")
    search(browse(cast.social_worker), "Mohammed")
    event = last_event(kind="search")
    assert count_events(kind="search") == before + 1
    assert (event["entities"], event["sections"]) == ([files["Mira"]], [S.SUMMARY, S.IDENTITY])
    search(browse(cast.social_worker), "Mira")
    assert last_event(kind="search")["sections"] == [S.SUMMARY]
    assert not rows("SELECT 1 FROM audit_event WHERE details::text ILIKE '%%moham%%' OR purpose ILIKE '%%moham%%'")


def test_who_looked_says_identity_only_of_the_file_whose_name_was_shown(cast, files, hassan, browse):
    call_child(cast, files, "Rescued", given_names="Mira")
    assert sorted(found(browse(cast.social_worker), "Mira")) == ["Mira", "Rescued"]
    shown = {}
    for name in ("Mira", "Rescued"):
        with acting(cast.social_worker):
            shown[name] = looks_at(files[name], clock.now() + HOUR, 1)[0].sections
    assert shown == {"Mira": [S.SUMMARY], "Rescued": [S.SUMMARY, S.IDENTITY]}


# --- what stands in the database --------------------------------------------------------------------------------------


def tokens(file):
    return {token for (token,) in rows("SELECT token FROM victims_nametoken WHERE child_id = %s", file)}


def test_hashes_follow_the_names_and_go_with_them(cast, files, hassan):
    before = tokens(files["Mira"])
    call_child(cast, files, "Mira", given_names="Yusuf")
    after = tokens(files["Mira"])
    assert after
    assert not before & after
    call_child(cast, files, "Mira")
    assert tokens(files["Mira"]) == set()


def test_a_destroyed_key_takes_the_hashes_with_it(cast, files, hassan):
    assert tokens(files["Mira"])
    with as_owner():
        run("DELETE FROM casework_sectionkey WHERE child_id = %s AND section = 7", files["Mira"])
        assert tokens(files["Mira"])
        run("DELETE FROM casework_sectionkey WHERE child_id = %s AND section = 2", files["Mira"])
    assert tokens(files["Mira"]) == set()


def test_the_same_name_has_other_hashes_under_another_key(cast, hassan, files, monkeypatch):
    before = tokens(files["Mira"])
    with acting(cast.social_worker):
        monkeypatch.setattr("portal.casework.keys.portal_key", lambda name: secrets.token_bytes(32))
        assert not before & set(name_tokens.tokens_of(name_tokens.names_of(hassan)))


def test_rotating_the_ring_leaves_the_search_as_it_is(cast, files, hassan, browse, settings):
    before = tokens(files["Mira"])
    settings.KEY_RING = {"newer": secrets.token_bytes(32), **settings.KEY_RING}
    with as_owner():
        call_command("rotate_keys", stdout=io.StringIO())
    settings.KEY_RING = {"newer": settings.KEY_RING["newer"]}
    assert tokens(files["Mira"]) == before
    assert found(browse(cast.social_worker), "Mohammed") == ["Mira"]


def index():
    out = io.StringIO()
    with as_owner():
        call_command("index_names", stdout=out)
    return out.getvalue()


def test_names_older_than_the_search_are_found_once_they_are_indexed(cast, files, hassan, browse):
    wanted = tokens(files["Mira"])
    rows("DELETE FROM victims_nametoken RETURNING 1")
    assert found(browse(cast.social_worker), "Mohammed") == []
    before = count_events(kind="index names")
    assert "0 of them" not in index()
    assert tokens(files["Mira"]) == wanted
    assert found(browse(cast.social_worker), "Mohammed") == ["Mira"]
    assert "0 of them" in index()
    assert count_events(kind="index names") == before + 2


def test_indexing_takes_away_what_no_name_has(cast, files, hassan):
    rows("INSERT INTO victims_nametoken (token, child_id) VALUES (1, %s) RETURNING 1", files["Mira"])
    index()
    assert 1 not in tokens(files["Mira"])


# --- what a query cannot do -------------------------------------------------------------------------------------------


def test_a_query_reads_hashes_of_files_whose_identity_is_open_alone(cast, files, hassan):
    call_child(cast, files, "Planned", by="investigator", given_names="محمد")
    shared = tokens(files["Mira"]) & tokens(files["Planned"])
    assert shared
    for person, seen in ((cast.social_worker, "Mira"), (cast.investigator, "Planned")):
        with acting(person):
            # Equal hashes are names that sound alike: the person learns of no other file that has one.
            hits = set(NameToken.objects.filter(token__in=shared).values_list("child_id", flat=True))
            assert hits == {files[seen]}
    for person in (cast.ngo_worker, cast.clinician, cast.stranger, cast.foreign):
        with acting(person):
            assert not NameToken.objects.filter(token__in=shared).exists()


def test_a_query_writes_no_hash(cast, files, hassan):
    with acting(cast.social_worker):
        assert_refused("INSERT INTO victims_nametoken VALUES (1, %s)", files["Mira"], match="permission denied")
        assert_refused("DELETE FROM victims_nametoken", match="permission denied")
        assert_refused("UPDATE victims_nametoken SET token = 1", match="permission denied")


def test_hashes_are_set_by_a_change_of_the_identity_alone(clone):
    file = clone.files["Mira"]
    with acting(clone.cast.social_worker):
        assert_refused("SELECT access.set_name_tokens(%s, '{1}')", file, match="follow a change")
    call_child(clone.cast, clone.files, "Mira", given_names="Mohammed")
    with acting(clone.cast.social_worker):  # the change was another transaction
        assert_refused("SELECT access.set_name_tokens(%s, '{1}')", file, match="follow a change")
    for person in (clone.cast.ngo_worker, clone.cast.stranger):
        with acting(person):
            assert_refused("SELECT access.set_name_tokens(%s, '{1}')", file, match="follow a change")


def test_whether_a_name_is_common_says_nothing_below_two_thousand(cast, files, hassan):
    with acting(cast.stranger):
        assert rows_as_app("SELECT access.is_common(%s)", sorted(tokens(files["Mira"]))) == [(False,)]
    assert rows_as_app("SELECT access.is_common('{1}')") == [(None,)]


def rows_as_app(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


# --- common names -----------------------------------------------------------------------------------------------------


@pytest.fixture
def common(monkeypatch):
    """Every name counts as common: the search then begins with the files of the person."""
    monkeypatch.setattr("victims.name_search.is_common", lambda tokens: True)


def test_common_names_are_found_among_the_files_of_the_person(cast, files, hassan, common, browse):
    assert found(browse(cast.social_worker), "Mohammed Hassan") == ["Mira"]
    assert found(browse(cast.stranger), "Mohammed Hassan") == []


def test_common_names_of_somebody_with_many_files_are_walked_from_the_newest(cast, files, hassan, common, monkeypatch):
    call_child(cast, files, "Rescued", given_names="Muhammad", family_name="Ivanov")
    monkeypatch.setattr("victims.name_search.CAP", 1)
    with acting(cast.social_worker):
        assert named("Mohammed Hassan", cast.social_worker).files == [files["Mira"]]
        both = named("Mohammed Ivanov Hassan", cast.social_worker).files  # nobody has all three
        assert set(both) == {files["Mira"], files["Rescued"]}
        assert set(named("Mohammed", cast.social_worker).files) == {files["Mira"], files["Rescued"]}
    with acting(cast.stranger):
        assert named("Mohammed", cast.stranger).files == []


def test_a_rare_name_is_looked_up_and_the_common_ones_put_it_in_order(cast, files, hassan, monkeypatch):
    call_child(cast, files, "Rescued", given_names="Ivan", family_name="Hassan")
    rare = set(name_tokens_of(cast, "Hassan"))
    monkeypatch.setattr("victims.name_search.is_common", lambda tokens: not set(tokens) & rare)
    with acting(cast.social_worker):
        assert named("Mohammed Hassan", cast.social_worker).files == [files["Mira"], files["Rescued"]]
        assert named("Mohammed Unheard", cast.social_worker).files == [files["Mira"]]


def name_tokens_of(cast, name):
    with acting(cast.social_worker):
        return name_tokens.tokens_of([name])
