"""A history row is what its record is, when it is written: nobody adds another by a query, whoever they are."""

import pytest
from django.db import transaction

from portal.access.identity import acting
from portal.access.sections import Stage
from portal.audit.ids import uuid7
from tests.statements import assert_refused, rows, run, value
from tests.world import open_file
from victims.actions import take_step
from victims.models import Child
from victims.views.overview import stage_since

TABLE = "victims_historicalchild"


def forged(child_id, **changed) -> tuple[str, list]:
    """Return the statement and values of a history row of a file, as it stands but for what is changed."""
    names = [
        row[0] for row in rows("SELECT column_name::text FROM information_schema.columns WHERE table_name = %s", TABLE)
    ]
    columns = [name for name in names if name not in ("tx", "history_id")]
    newest = rows(f"SELECT {', '.join(columns)} FROM {TABLE} WHERE id = %s ORDER BY version DESC LIMIT 1", child_id)
    values = dict(zip(columns, newest[0], strict=True)) | changed
    marks = ", ".join(["%s"] * (len(values) + 1))
    return f"INSERT INTO {TABLE} (history_id, {', '.join(values)}) VALUES ({marks})", [uuid7(), *values.values()]


def test_the_first_officer_is_not_made_the_second_by_a_row_of_another_kind(cast, files):
    child = open_file(cast, "Vega", "investigator", Stage.SOUGHT)
    for step in ("propose", "make_probable"):
        take_step(child=child, cycle="identity", name=step, by=cast.investigator, reason="x")
    statement, values = forged(child.pk, version=9999, identity=2, history_type="-")
    with acting(cast.investigator, reason="x"):
        assert_refused(statement, *values, match="no copy")
        assert_refused("UPDATE victims_child SET identity = 4 WHERE id = %s", child.pk, match="not this person's")


@pytest.mark.parametrize("person", ["stranger", "social_worker"])
@pytest.mark.parametrize("kind", ["-", "~", "+"])
def test_no_row_is_put_after_the_newest_one(cast, files, person, kind):
    statement, values = forged(files["Mira"], version=99, history_type=kind)
    with acting(getattr(cast, person), reason="x"):
        assert_refused(statement, *values, match="no copy")


def test_a_row_about_a_file_is_refused_like_one_about_no_file(cast, files):
    """Whoever has nothing of it does not learn from the refusal whether there is such a file at such a version."""
    for child_id in (files["Mira"], uuid7()):
        statement, values = forged(files["Mira"], id=child_id, code_name="x")
        with acting(cast.stranger, reason="x"):
            assert_refused(statement, *values, match="no copy")


def test_a_record_as_it_stands_has_no_second_row(cast, files):
    statement, values = forged(files["Mira"], history_type="~")
    with acting(cast.social_worker, reason="x"):
        assert_refused(statement, *values, match="victims_historicalchild_version")


def test_versions_are_not_skipped(cast, files):
    version = value("SELECT version FROM victims_child WHERE id = %s", files["Mira"]) + 7
    statement, values = forged(files["Mira"], version=version, history_type="~")
    with acting(cast.social_worker, reason="x"), transaction.atomic():
        run("UPDATE victims_child SET version = %s WHERE id = %s", version, files["Mira"])
        run(statement, *values)
        assert_refused("SET CONSTRAINTS ALL IMMEDIATE", match="next version")
        transaction.set_rollback(True)


def test_a_file_without_earlier_rows_still_opens(cast, files):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
        child.stage = Stage.CLOSED.value  # as no row says it
        assert stage_since(child) is None
