"""The list of files as a table: purpose, second person, what stands in it, and what no spreadsheet works out."""

import csv
import datetime
import io
import uuid

import pytest
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from portal.access import extracts
from portal.access.actions import end
from portal.access.identity import Refused, acting
from portal.access.models import Extract, Grant
from portal.access.sections import Section, Stage
from portal.accounts import actions as accounts
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Notice
from portal.casework.workflow import NotPossible
from tests.access.test_emergency import number_of, staying
from tests.attacks import attack
from tests.conftest import as_owner
from tests.oversight import register_overseers
from tests.posted import form_with
from tests.statements import assert_refused, last_event, rows, run
from tests.world import open_file, share
from victims.models import Child
from victims.tables import neutral, table

NEW = reverse("desk:new_extract")
NASTY = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\u200f=1", "＝1", '=HYPERLINK("http://x")', "\n=1"]
DANGEROUS = set("=+-@\t\r\n＝＋－＠")


@attack("D45")
@pytest.mark.parametrize("cell", NASTY)
def test_what_looks_like_a_formula_begins_with_an_apostrophe(cell):
    assert neutral(cell) == f"'{cell}"


@attack("D45")
@given(st.text(max_size=20))
def test_no_cell_begins_as_a_formula_does_whatever_it_holds(text):
    cell = neutral(text)
    assert cell.strip(" \u200e\u200f\u2066\u2067\u2068\u2069\ufeff\u00a0")[:1] not in DANGEROUS
    assert cell in (text, f"'{text}")


@pytest.mark.parametrize("text", ["Mira", "VC-2026-1234567-8", "6-11", "", "O'Neil", "العصفور"])
def test_other_cells_stay_as_they_are(text):
    assert neutral(text) == text


def read(answer):
    """Return the lines of a table, as a spreadsheet reads them."""
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def made(client, purpose="figures for the meeting", query=""):
    form = form_with(client.get(NEW + query), "purpose") | {"purpose": purpose}
    return client.post(NEW + query, form)["Location"]


def taken(client, **more):
    return client.get(made(client, **more) + "file/")


def test_the_table_says_who_took_it_and_holds_what_the_list_shows(cast, files, browse):
    client = browse(cast.ngo_worker)
    answer = taken(client, purpose="-- monthly\nmeeting")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Cache-Control"] == "no-store, private"
    mark, head, *lines = read(answer)
    assert len(mark) == 1
    for words in ("M. Haddad", "Casa Aurora", "for: -- monthly meeting.", "Reference TF-", "UTC"):
        assert words in mark[0]
    assert head == ["Case number", "Child", "Stage", "Identity", "Risk of return", "Next due", "Lead"]
    assert [line[0] for line in lines] == [number_of(files["Mira"])]
    assert lines[0][1:5] == ["Mira", "Rescued", "Unidentified", "Not assessed"]
    assert "canary" not in answer.content.decode()


def test_headings_are_in_the_language_of_the_reader(cast, files, browse):
    client = browse(cast.ngo_worker)
    page = made(client)
    from_arabic = client.get(page + "file/", headers={"accept-language": "ar"})
    assert read(from_arabic)[1][2] == "المرحلة"


@attack("D45")
def test_a_record_that_is_a_formula_reaches_no_spreadsheet_as_one():
    row = {"child": Child(code_name="@x", case_number="=1", risk=0), "due": None, "stage": Label("+x"), "owner": "-x"}
    text = table([row | {"identity": Label("=y")}], mark="=z\t\r x").decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert not [cell for cell in cells if cell[:1] in DANGEROUS]
    assert {"'@x", "'=1", "'+x", "'-x", "'=y", "'=z x"} <= set(cells)


class Label:
    """A state of a life cycle, as far as a table reads it."""

    def __init__(self, label):
        self.label = label


@attack("D32")
def test_each_taking_is_one_event_with_every_file(cast, files, browse):
    client = browse(cast.shelter_worker)
    page = made(client, purpose="bed count")
    before = rows("SELECT count(*) FROM audit_event")[0][0]
    client.get(page + "file/")
    assert rows("SELECT count(*) FROM audit_event")[0][0] == before + 1
    event = last_event(kind="table of files")
    assert (event["entities"], event["purpose"], event["sections"]) == ([files["Mira"]], "bed count", [1])


def test_the_filter_of_the_list_is_that_of_the_table(cast, files, browse):
    client = browse(cast.social_worker)
    assert f'{NEW}?stage=6"' in client.get(reverse("victims:children") + "?stage=6").content.decode()
    lines = read(taken(client, query="?stage=6"))[2:]
    assert [line[0] for line in lines] == [number_of(files["Follow"])]


def test_a_file_that_is_no_longer_open_is_left_out(cast, files, browse):
    client = browse(cast.ngo_worker)
    page = made(client)
    grant = rows(
        "SELECT id FROM access_grant WHERE child_id = %s AND team_id = %s AND ended IS NULL",
        files["Mira"], cast.team("ngo_worker").pk,
    )  # fmt: skip
    assert len(read(client.get(page + "file/"))) == 3
    end_of(cast, grant[0][0])
    assert len(read(client.get(page + "file/"))) == 2


def end_of(cast, grant_id):
    with acting(cast.social_worker):
        grant = Grant.objects.get(pk=grant_id)
    end(grant=grant, owner=cast.team("social_worker"), by=cast.social_worker, reason="done")


def test_nobody_else_takes_it_and_nobody_a_day_later(cast, files, browse):
    page = made(browse(staying(cast.ngo_worker)))
    for name in ("social_worker", "shelter_worker", "stranger"):
        assert browse(getattr(cast, name)).get(page + "file/").status_code == 404
        assert last_event(kind="refusal")["person_id"] == getattr(cast, name).pk
        assert browse(getattr(cast, name)).get(page).status_code == 404
    with shifted(datetime.timedelta(hours=23)):
        assert browse(cast.ngo_worker).get(page + "file/").status_code == 200
    cast.ngo_worker.identity = None
    with shifted(datetime.timedelta(hours=25)):
        assert browse(staying(cast.ngo_worker)).get(page + "file/").status_code == 404


# --- the second person ----------------------------------------------------------------------------------------------


@pytest.fixture
def many(cast, monkeypatch):
    """Three files are many, in the code and in the database, so that a test does not have to open twenty."""
    monkeypatch.setattr(extracts, "ALONE", 3)
    register_overseers(cast)


def asked(cast, purpose="meeting"):
    return extracts.ask(stage=None, purpose=purpose, by=cast.social_worker)


def test_a_long_table_waits_for_somebody_of_another_team(cast, files, browse, many):
    client = browse(cast.social_worker)
    page = made(client)
    assert client.get(page + "file/").status_code == 404
    assert "A second person is asked" in client.get(page).content.decode()
    officer = browse(cast.privacy_officer)
    assert page in officer.get(reverse("desk:home")).content.decode()
    shown = officer.get(page).content.decode()
    assert "figures for the meeting" in shown
    assert not [name for name in files if f"“{name}”" in shown]
    form = form_with(officer.get(page), "comment") | {"answer": "yes", "comment": "agreed"}
    assert officer.post(page, form).status_code == 302
    assert officer.get(page + "file/").status_code == 404
    assert len(read(client.get(page + "file/"))) > 5
    with acting(cast.social_worker):
        assert Notice.objects.filter(person=cast.social_worker, kind="extract_decided").exists()


def test_what_was_not_allowed_is_not_taken(cast, files, browse, many):
    one = asked(cast)
    extracts.decide(extract=one, is_allowed=False, comment="no need", by=cast.privacy_officer)
    assert browse(cast.social_worker).get(reverse("desk:take_extract", args=[one.pk])).status_code == 404
    with pytest.raises(NotPossible, match="already"):
        extracts.decide(extract=one, is_allowed=True, comment="yes", by=cast.privacy_officer)


@pytest.mark.parametrize("name", ["social_worker", "supervisor", "foreign_officer", "auditor", "ngo_worker"])
def test_neither_the_same_team_nor_another_agency_allows_it(cast, files, many, name):
    one = asked(cast)
    with pytest.raises((Refused, Extract.DoesNotExist)):
        extracts.decide(extract=one, is_allowed=True, comment="yes", by=getattr(cast, name))


def test_a_supervisor_of_another_team_allows_it(cast, files, monkeypatch):
    monkeypatch.setattr(extracts, "ALONE", 3)
    with pytest.raises(NotPossible, match="none who could answer"):
        asked(cast)
    with as_owner(), stamping(Stamp(None, "set-up")):
        agency = cast.social_worker.agency
        other = accounts.register_person(
            email="other@example.org", given_name="Olga", family_name="Reis", agency=agency, roles=[Role.SUPERVISOR]
        )
        accounts.join_team(person=other, team=accounts.register_team(agency=agency, name="Second team"))
    one = extracts.decide(extract=asked(cast), is_allowed=True, comment="yes", by=cast.other)
    assert extracts.is_ready(one, cast.social_worker)


def test_the_line_is_drawn_at_twenty_within_a_day_however_often_one_asks(cast, files):
    ids = [uuid.uuid4() for _number in range(41)]
    raw(cast.ngo_worker, ids[:12])
    raw(cast.ngo_worker, ids[:20])  # the same files again, and eight more
    with acting(cast.ngo_worker):
        assert extracts.needs_second(ids[20:21])
    assert_raw_refused(cast.ngo_worker, ids[20:21])
    raw(cast.ngo_worker, ids[20:41], second=True)


RAW = """INSERT INTO access_extract (id, version, person_id, agency_id, purpose, files, asked, needs_second, comment)
VALUES (%s, 1, %s, %s, 'x', %s::uuid[], app_now(), %s, '')"""


def raw(person, ids, *, second=False):
    with acting(person):
        Extract(
            person=person, agency=person.agency, purpose="x", files=ids, asked=clock.now(), needs_second=second
        ).save(force_insert=True)  # fmt: skip


def assert_raw_refused(person, ids):
    with acting(person):
        assert_refused(RAW, uuid.uuid4(), person.pk, person.agency_id, ids, False, match="second person")


@pytest.mark.parametrize("count", [21, 30])
def test_no_query_says_that_a_long_one_needs_nobody(cast, count):
    assert_raw_refused(cast.ngo_worker, [uuid.uuid4() for _number in range(count)])


def test_no_query_allows_ones_own_table_nor_makes_it_longer(cast, files, many):
    one = asked(cast)
    allow = """UPDATE access_extract SET version = 2, decided_by_id = %s, decided = app_now(), is_allowed = true, comment = 'x'
      WHERE id = %s"""
    with acting(cast.social_worker):
        assert_refused(allow, cast.privacy_officer.pk, one.pk, match="by somebody of another team")
        assert_refused(allow, cast.social_worker.pk, one.pk)
        assert_refused("UPDATE access_extract SET needs_second = false WHERE id = %s", one.pk)
    with acting(cast.privacy_officer):
        assert_refused(
            "UPDATE access_extract SET files = '{}' WHERE id = %s", one.pk, match="by somebody of another team"
        )
    with acting(cast.foreign_officer):
        assert run(allow, cast.foreign_officer.pk, one.pk) == 0


def test_a_file_that_was_given_meanwhile_is_not_in_it(cast, files, browse):
    client, late = browse(cast.stranger), open_file(cast, "Late", "social_worker", Stage.RESCUED)
    assert "No file is on this list." in client.get(NEW).content.decode()
    share(cast, Child(pk=files["Waiting"], code_name="Waiting"), "social_worker", "stranger", Section.SUMMARY)
    page = made(client)
    share(cast, late, "social_worker", "stranger", Section.SUMMARY)
    assert [line[0] for line in read(client.get(page + "file/"))[2:]] == [number_of(files["Waiting"])]
