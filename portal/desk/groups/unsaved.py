"""Forms that somebody left unfinished."""

import datetime

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import FileLine, file_lines
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework.drafts import KEPT_FOR
from portal.casework.groups import Group, Row
from portal.casework.models import Draft
from portal.casework.templatetags.portal import day, lately

MOST = 20


def unsaved(person: Person) -> Group | None:
    """Return the person's drafts whose forms are open now, the newest first."""
    found = list(Draft.objects.filter(person_id=person.pk).order_by("-saved")[: MOST + 1])
    if not found:
        return None
    lines = file_lines([draft.child_id for draft in found if draft.child_id])
    rows = [unsaved_row(draft, lines.get(draft.child_id)) for draft in found[:MOST]]
    return Group("unsaved", _("Not saved yet"), rows, files=list(lines), has_more=len(found) > MOST)


def unsaved_row(draft: Draft, line: FileLine | None) -> Row:
    """Return a draft as a row. This page is read over shoulders: of a section with few holders it says only that."""
    return Row(
        title=kind_of(draft),
        url=draft.address,
        lead=lately(draft.saved),
        name=line.code_name if line else "",
        code=line.case_number if line else "",
        why=_("Kept until %(day)s. Nothing of it was saved yet.") % {"day": day(last_day(draft))},
        act=_("Throw it away"),
        act_url=reverse("desk:draft", args=[draft.pk]),
    )


def last_day(draft: Draft) -> datetime.datetime:
    return draft.saved + KEPT_FOR


def kind_of(draft: Draft) -> str:
    """Return what kind of form a draft belongs to, in words of the summary only."""
    if draft.section is None:
        return _("A form")
    section = Section(draft.section)
    return _("A form of a section with few holders") if section.restricted else str(section.label)
