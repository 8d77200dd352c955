"""What auditors and privacy officers look at first: files that changed, refusals, and people who opened many files."""

from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import unusual
from portal.access.auditing import last_verified
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.sealing import latest
from portal.audit.verification import LATE
from portal.casework.groups import Group, Row
from portal.casework.templatetags.portal import digits, full_date, moment
from portal.desk.oversight import MANY, OVERSEERS, changed_files, refusals, wide_looks
from portal.desk.unusual_words import UNUSUAL_KINDS

MOST = 10


def oversees(person: Person) -> bool:
    """Return whether the person oversees files: everybody else has none of these groups."""
    return not OVERSEERS.isdisjoint(person.roles)


def proof(person: Person) -> Group | None:
    """Return what is wrong with the proof of the record, for whoever oversees or runs the portal."""
    if not oversees(person) and Role.OPERATOR not in person.roles:
        return None
    verified, sealed = last_verified(), latest()
    rows, codes = [], {one.code for one in verified}
    if 1 in codes:
        rows.append(_("The record was altered: something does not fit."))
    elif 2 in codes:
        rows.append(_("It cannot be told whether the record was altered."))
    if any(one.is_overdue for one in verified):
        rows.append(_("It was not asked for more than eight days who wrote what is on record."))
    if sealed is not None and clock.now() - sealed.at > LATE:
        rows.append(_("Nothing was sealed for more than three minutes."))
    if not rows:
        return None
    return Group(
        "proof",
        _("Proof of the record"),
        [Row(title=said, url=reverse("desk:checkpoints")) for said in rows],
        "late",
        _("alarms of the record"),
    )


def refused(person: Person) -> Group | None:
    """Return the newest refusals, each with its file by number."""
    if not oversees(person):
        return None
    found = refusals(MOST)
    return Group(
        "refusals",
        _("Refusals"),
        [refusal_row(*line) for line in found],
        "soon",
        ngettext("refusal in 30 days", "refusals in 30 days", len(found))
        if len(found) < MOST
        else _("newest refusals"),
        _("Nobody was refused a file in the last 30 days."),
        files=[line[0] for line in found],
    )


def refusal_row(file: Any, number: str, at: Any, person: str, agency: str, sections: list[int]) -> Row:
    """Return one refusal."""
    return Row(
        title=person,
        url=reverse("desk:history", args=[file]) + "?kind=refusals#looks",
        lead=moment(at),
        code=number,
        why=agency,
    )


def many(person: Person) -> Group | None:
    """Return who opened unusually many files within a day: a number that anybody can check, no judgement."""
    if not oversees(person):
        return None
    found = wide_looks(MOST)
    return Group(
        "many",
        _("Opened many files"),
        [many_row(*line) for line in found],
        "soon",
        _("opened many files"),
        _("Nobody opened %(many)s files or more in the last 24 hours.") % {"many": digits(MANY)},
    )


def unusual_looking(person: Person) -> Group | None:
    """Return what waits for a review, of the days that are over."""
    if not oversees(person):
        return None
    waiting = [one for one in unusual.unusual(MOST + 1) if one.reviewed is None]
    if not waiting:
        return None
    rows = [
        Row(
            title=one.person,
            url=reverse("desk:review_unusual", args=[one.id]),
            due=None,
            lead=full_date(one.day),
            why=f"{one.agency} · {UNUSUAL_KINDS[one.kind]}",
            act=_("Review"),
            act_url=reverse("desk:review_unusual", args=[one.id]),
        )
        for one in waiting[:MOST]
    ]
    title, url = _("Unusual looking"), reverse("desk:unusual")
    return Group("unusual", title, rows, "soon", _("reviews of looks"), "", title, url, has_more=len(waiting) > MOST)


def many_row(person_id: Any, person: str, agency: str, files: int, latest: Any) -> Row:
    """Return one person, and how many files."""
    return Row(
        title=person,
        lead=moment(latest),
        why=ngettext("%(agency)s: %(count)s file in 24 hours", "%(agency)s: %(count)s files in 24 hours", files)
        % {"agency": agency, "count": digits(files)},
    )


def changed(person: Person) -> Group | None:
    """Return the files that changed last."""
    if not oversees(person):
        return None
    found = changed_files(MOST)
    return Group(
        "changed",
        _("Files that changed last") if Role.AUDITOR in person.roles else _("Files of your agency that changed last"),
        [changed_row(file) for file in found],
        "brand",
        ngettext("file changed", "files changed", len(found)) if len(found) < MOST else _("files changed last"),
        _("No file changed in the last 30 days. An older one opens by its number."),
        _("Files under review"),
        reverse("desk:audit"),
        files=[file["id"] for file in found],
    )


def changed_row(file: dict[str, Any]) -> Row:
    """Return one file by its number."""
    count = file["changes"]
    words = ngettext(
        "%(count)s change in 30 days, last by %(name)s", "%(count)s changes in 30 days, last by %(name)s", count
    )
    return Row(
        title=file["states"][0].label,
        url=reverse("desk:history", args=[file["id"]]),
        lead=moment(file["latest"]),
        code=file["case_number"],
        why=words % {"count": digits(count), "name": file["person"]},
    )
