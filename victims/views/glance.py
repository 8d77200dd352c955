"""The overview's one line for each section that is held."""

import datetime
import uuid
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access.rights import can, sections_open
from portal.access.sections import Section
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits, full_date, quoted
from victims.care_page import wish
from victims.entries import has_ended
from victims.models import Assessment, Child, FollowUp, LegalOrder, Rescue
from victims.section_pages import PAGES
from victims.views.file import label_of, page_of

RECORDED_BESIDE = {Section.CARE: (Assessment, FollowUp)}  # what counts as recorded beside the entries of a section


def at_a_glance(person: Any, child: Child) -> list[dict[str, Any]]:
    """Return one line for each section held that has something to say; each links to its tab."""
    rows = []
    if can(person, child.pk, Section.LEGAL):
        order = LegalOrder.objects.filter(child=child).order_by("-issued").first()
        value = rescue_words(child) if order is None else order_words(order)
        rows.append(
            glance(child, Section.LEGAL, _("Legal basis"), value, order is not None and has_ended(order.expires))
        )
    if can(person, child.pk, Section.CARE):
        said = wish(child.pk)
        if said:
            line = glance(child, Section.CARE, _("What the child wants"), quoted(said["words"]))
            rows.append(line | {"day": said["on"]})
    for section in sections_open(person, child.pk):
        if section in PAGES and section not in (Section.LEGAL, Section.SUSPECTS):
            kinds = (PAGES[section].model, *RECORDED_BESIDE.get(section, ()))
            count = sum(model._default_manager.filter(child=child).count() for model in kinds)
            words = recorded(count) if count else _("Nothing recorded yet")
            rows.append(glance(child, section, label_of(section), words))
    return rows + rows_of_others(person, child)


def rows_of_others(person: Any, child: Child) -> list[dict[str, Any]]:
    """Return the lines of other applications; each names the section whose words it shows."""
    return [row for slot in settings.GLANCE_SOURCES for row in import_string(slot)(child, person)]


def worded(person: Any, child_id: uuid.UUID) -> list[Section]:
    """Return the sections of which words may stand on the overview, at a glance and in time."""
    others = {row["section"] for row in rows_of_others(person, Child(pk=child_id))}
    return [Section.CARE, Section.LEGAL, Section.INVESTIGATION, *sorted(others)]


def recorded(count: int) -> str:
    """Return how many entries there are, in words."""
    return ngettext("%(shown)s recorded", "%(shown)s recorded", count) % {"shown": digits(count)}


def rescue_words(child: Child) -> str:
    """Return the legal basis that the last rescue names, while no other is recorded."""
    rescue = Rescue.objects.filter(child=child).order_by("-at").first()
    if rescue is None:
        return _("None recorded")
    word = Lookup.objects.filter(vocabulary="legal_basis", code=rescue.legal_basis).first()
    return basis_words(str(word or rescue.legal_basis), rescue.order_number, rescue.court, expires=rescue.expires)


def order_words(order: LegalOrder) -> str:
    """Return a legal basis in one line."""
    return basis_words(order.number, order.court, expires=order.expires) or _("Recorded")


def basis_words(*parts: str, expires: datetime.date | None) -> str:
    """Return what is known of a legal basis, with its end where it has one."""
    end = ""
    if expires:
        words = _("ended %(day)s") if has_ended(expires) else _("until %(day)s")
        end = words % {"day": full_date(expires)}
    return _(", ").join(part for part in (*parts, end) if part)


def glance(child: Child, section: Section, label: Any, value: str, late: bool = False) -> dict[str, Any]:
    """Return one line of the glance."""
    return {
        "label": label,
        "value": value,
        "late": late,
        "restricted": section.restricted,
        "url": page_of(child.pk, section),
        "action": label_of(section),
    }
