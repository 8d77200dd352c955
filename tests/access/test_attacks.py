"""Attacks that belong to no other file of tests, and the check that each case of the list is played somewhere."""

import ast
import json
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from portal.access.actions import give
from portal.access.identity import acting
from portal.access.models import Grant
from portal.access.opens import file_lines
from portal.access.sections import Level, Section
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from tests.attacks import CASES, WITHOUT, attack
from tests.conftest import as_owner
from tests.oversight import register_overseers
from tests.posted import form_with
from tests.statements import assert_refused, count_events, last_event, rows, run, value
from tests.world import DAY, contents
from victims.models import Child
from victims.section_pages import MODELS, PAGES

FIXED = "SELECT owner_id, stage, identity, case_number, open_to_network FROM victims_child WHERE id = %s"
HERE = Path(__file__).parents[1]


def played() -> set[str]:
    """Return the ids that tests are marked with."""
    found = set()
    for path in HERE.rglob("test_*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "attack":
                found |= {word.value for word in node.args if isinstance(word, ast.Constant)}
    return found


def test_each_case_is_played_or_said_to_be_missing():
    assert played() == CASES.keys() - WITHOUT


def pages_of(child_id):
    """Return every page that shows something of a file."""
    yield reverse("victims:child", args=[child_id])
    for name in ("who", "looks", "care", "flags", "add_task"):
        yield reverse(f"victims:{name}", args=[child_id])
    for section in PAGES:
        yield reverse("victims:section", args=[child_id, section.slug])


@attack("D30", "D31")
@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR, Role.REGISTRAR, Role.AGENCY_ADMIN])
def test_whoever_keeps_or_oversees_opens_no_file(cast, files, browse, role):
    register_overseers(cast)
    with as_owner(), stamping(Stamp(None, "test")):
        cast.operator.roles = [role]
        cast.operator.save()
        for name in ("social_worker", "ngo_worker"):  # being in the team is not enough
            accounts.join_team(person=cast.operator, team=cast.team(name))
    offer = value("SELECT id FROM access_grant WHERE child_id = %s AND accepted IS NULL", files["Waiting"])
    give(
        child_id=files["Follow"], sections={Section.SUMMARY: Level.VIEW}, until=clock.now() + DAY, reason="x",
        team=cast.team("ngo_worker"), owner=cast.team("social_worker"), by=cast.social_worker,
    )  # fmt: skip
    client = browse(cast.operator)
    for page in ("home", "notices", "access"):
        text = client.get(reverse(f"desk:{page}")).content.decode()
        assert not [name for name in files if f"“{name}”" in text], page
    for page in ("accept_grant", "decline_grant"):
        assert client.post(reverse(f"desk:{page}", args=[offer]), {"reason": "x"}).status_code == 404, page
    with acting(cast.operator):
        for table in ("access_grant", "access_historicalgrant", "casework_task", "casework_historicaltask"):
            assert run(f"SELECT FROM {table} WHERE child_id IS NOT NULL") == 0, table
        accepting = "UPDATE access_grant SET accepted = app_now(), accepted_by_id = access.person() WHERE id = %s"
        assert run(accepting, offer) == 0
        assert file_lines([files["Waiting"]]) == {}
    with as_owner(), stamping(Stamp(None, "test")):
        named = Grant(
            child_id=files["Mira"], person=cast.operator, view=[1], basis="referral", reason="x", begins=clock.now(),
            until=clock.now() + DAY, given_by=cast.social_worker,
        )  # fmt: skip
        named.save(force_insert=True)
    with acting(cast.operator):  # not even what names them
        assert_refused(accepting, named.pk, match="by whom it is given to")
    for page in pages_of(files["Mira"]):
        assert client.get(page).status_code == 404, page
    with acting(cast.operator):
        assert not Child.objects.exists()


@attack("D21")
@pytest.mark.parametrize(
    ("name", "section"),
    [
        ("ngo_worker", Section.HEALTH),  # closed to that role
        ("clinician", Section.CARE),  # not given
        ("social_worker", Section.HEALTH),  # read by that role
        ("supervisor", Section.CARE),  # read by whoever supervises
    ],
)
def test_nobody_writes_to_a_section_that_is_closed_or_only_read(cast, files, browse, name, section):
    client, posted = browse(getattr(cast, name)), contents(section, "canary-written")
    tables = (MODELS[section]._meta.db_table, "casework_note", "casework_attachment")
    count = "SELECT count(*) FROM {} WHERE child_id = %s"
    before = [value(count.format(table), files["Mira"]) for table in tables]
    for page in ("add", "note", "attach"):
        document = {"body": "x", "title": "x", "file": SimpleUploadedFile("x.txt", b"words")}
        address = reverse(f"victims:{page}", args=[files["Mira"], section.slug])
        assert client.post(address, posted | document | {"once": page}).status_code == 403, page
    assert [value(count.format(table), files["Mira"]) for table in tables] == before


@attack("D18")
def test_fields_that_the_form_does_not_have_change_nothing(cast, files, browse):
    client, page = browse(cast.social_worker), reverse("victims:summary", args=[files["Mira"]])
    before = rows(
        "SELECT owner_id, stage, identity, case_number, open_to_network FROM victims_child WHERE id = %s", files["Mira"]
    )
    form = form_with(client.get(page), "contact_safely")
    more = {"owner": cast.team("stranger").pk, "stage": "1", "identity": "1", "sealed": "1", "open_to_network": "on"}
    more |= {"case_number": "VC-2026-0000000-0", "history_user_id": cast.stranger.pk, "by": cast.stranger.pk}
    answer = client.post(page, form | more | {"contact_safely": "Ring the school first.", "reason": "said so"})
    assert answer.status_code == 302, answer.context["form"].errors
    assert value("SELECT contact_safely FROM victims_child WHERE id = %s", files["Mira"]) == "Ring the school first."
    assert rows(FIXED, files["Mira"]) == before
    event = last_event(kind="unasked fields")
    assert set(json.loads(event["details"])["names"]) == more.keys()
    assert (event["outcome"], event["person_id"]) == ("refused", cast.social_worker.pk)
    assert str(more["by"]) not in str(event["details"])
    author = "SELECT history_user_id FROM victims_historicalchild WHERE id = %s ORDER BY version DESC LIMIT 1"
    assert value(author, files["Mira"]) == cast.social_worker.pk


@attack("D18")
def test_a_form_as_its_page_has_it_leaves_no_such_event(cast, files, browse):
    client, page = browse(cast.social_worker), reverse("victims:summary", args=[files["Mira"]])
    form = form_with(client.get(page), "contact_safely")
    assert client.post(page, form | {"contact_safely": "Ring first.", "reason": "said so"}).status_code == 302
    assert count_events(kind="unasked fields") == 0
