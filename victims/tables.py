"""The list of files as a table that spreadsheets read: what the list shows, and who took it for what."""

import csv
import io
import re
from collections.abc import Iterable
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from portal.casework import code_names
from portal.casework.templatetags.portal import utc

# What a spreadsheet would take for a formula, also behind spaces and in the wide letters of East Asian keyboards.
FORMULA = re.compile(r"^[\s\u200e\u200f\u2066-\u2069\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20|%]|^[\t\r\n]")
MARK = "\ufeff"  # tells spreadsheets that the letters are UTF-8


def neutral(value: Any) -> str:
    """Return a cell that no spreadsheet works out: what looks like a formula begins with an apostrophe."""
    text = "" if value is None else str(value)
    return f"'{text}" if FORMULA.match(text) else text


def table(rows: Iterable[dict[str, Any]], *, mark: str) -> bytes:
    """Return the list as CSV: a line for each file."""
    return sheet(mark, headings(), (cells(row) for row in rows))


def sheet(mark: str, heads: list[str], rows: Iterable[list[Any]]) -> bytes:
    """Return CSV that spreadsheets read: first who took it and for what, then the headings, then the rows."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerow([neutral(" ".join(mark.split()))])
    writer.writerow(heads)
    writer.writerows([neutral(cell) for cell in row] for row in rows)
    return (MARK + text.getvalue()).encode()


def headings() -> list[str]:
    """Return the headings of the columns, in the reader's language."""
    return [
        _("Case number"), _("Child"), _("Stage"), _("Identity"), _("Risk of return"), _("Next due"), _("Lead"),
    ]  # fmt: skip


def cells(row: dict[str, Any]) -> list[Any]:
    """Return what the list shows of one file; of one without SUMMARY the heading alone."""
    child, due = row["child"], row["due"]
    has_summary = "identity" in row
    return [
        child.case_number,
        code_names.shown(child.code_name),
        row["stage"].label,
        row["identity"].label if has_summary else "",
        capfirst(child.get_risk_display()) if has_summary else "",
        (utc(due) if hasattr(due, "hour") else due.isoformat()) if due else "",
        row.get("owner") or "",
    ]
