"""The frame around every page of a file: heading, tags, contact-safely strip and tabs, each only with its section."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from langcodes import Language

from portal.access.emergency import running
from portal.access.opens import FileLine, file_line
from portal.access.rights import can, sections_held
from portal.access.seals import custodians_of, seal_of
from portal.access.sections import Level, Section
from portal.accounts.models import Person
from victims.models import CareEntry, Child, RiskFlag
from victims.section_pages import PAGES
from victims.workflow import IDENTITY, STAGE

ORDER = (
    Section.IDENTITY,
    Section.WHEREABOUTS,
    Section.CARE,
    Section.HEALTH,
    Section.THERAPY,
    Section.LEGAL,
    Section.INVESTIGATION,
    Section.SUSPECTS,
)


@dataclass(frozen=True)
class Tab:
    """One part of the file."""

    url: str
    label: str | Promise
    current: bool = False
    restricted: bool = False


def the_file(person: Person, child_id: uuid.UUID) -> Child | FileLine:
    """Return the child where SUMMARY is open, else the heading alone."""
    if can(person, child_id, Section.SUMMARY):
        return Child.objects.select_related("owner__agency").get(pk=child_id)
    return file_line(child_id)


def address_of(person: Person, child_id: uuid.UUID) -> str:
    """Return where a file opens for this person: its overview, else the first section held; "" where none is."""
    held = sections_held(person, child_id)
    if Section.SUMMARY in held:
        return reverse("victims:child", args=[child_id])
    first = next((section for section in ORDER if section in held), None)
    return reverse("victims:section", args=[child_id, first.slug]) if first else ""


def page_of(child_id: uuid.UUID, section: Section) -> str:
    """Return where a section's tab leads: CARE has the plan on a page of its own, with its entries a step away."""
    if section == Section.CARE:
        return reverse("victims:care", args=[child_id])
    return reverse("victims:section", args=[child_id, section.slug])


def label_of(section: Section) -> str | Promise:
    """Return the words of a section's tab: those of the page that it leads to."""
    return _("Care plan") if section == Section.CARE else PAGES[section].title


def tabs(person: Person, child_id: uuid.UUID, current: str) -> list[Tab]:
    """Return the parts of the file that the person may open, by a fresh code where one is needed; no other is there."""
    held = sections_held(person, child_id)
    made = []
    if Section.SUMMARY in held:
        made.append(Tab(reverse("victims:child", args=[child_id]), _("Overview"), current == "overview"))
    for section in ORDER:
        if section in held:
            made.append(Tab(page_of(child_id, section), label_of(section), current == section.slug, section.restricted))
    if Section.SUMMARY in held:
        made.append(Tab(reverse("referrals:referrals", args=[child_id]), _("Referrals"), current == "referrals"))
        made.append(Tab(reverse("victims:who", args=[child_id]), _("Who can see"), current == "who"))
        made.append(Tab(reverse("victims:looks", args=[child_id]), _("Who looked"), current == "looks"))
    return made


def language_names(tags: list[str], reader: str) -> str:
    """Return languages in the reader's language."""
    return _(", ").join(Language.get(tag).display_name(reader) for tag in tags)


def facts_of(child: Child, reader: str) -> list[str]:
    """Return the one line of facts under the name."""
    facts = [str(child.get_sex_display()).capitalize(), str(child.get_age_band_display())]
    if child.sex == Child.Sex.NOT_KNOWN:
        facts = [_("Sex not known"), facts[1]] if child.age_band else [_("Sex and age not known")]
    if child.languages:
        facts.append(_("speaks %(languages)s") % {"languages": language_names(child.languages, reader)})
    if child.needs_interpreter is not None:
        facts.append(_("needs an interpreter") if child.needs_interpreter else _("interpreter not needed"))
    return facts


def care_alerts(child_id: uuid.UUID) -> QuerySet[CareEntry]:
    """Return the care alerts of a file, newest first: the database shows them to whoever holds CARE."""
    return CareEntry.objects.filter(child_id=child_id, kind="alert").order_by("-on", "-id")


def alerts_for(person: Person, child_id: uuid.UUID) -> list[CareEntry]:
    """Return the care alerts that the person reads: with CARE, and in an emergency, where nobody else is there to warn."""
    if can(person, child_id, Section.CARE):
        return list(care_alerts(child_id))
    in_emergency = "SELECT * FROM access.alerts_in_emergency(%s)"
    return list(CareEntry.objects.raw(in_emergency, [child_id])) if running(person, child_id) else []


def alerted(person: Person, child_id: uuid.UUID) -> list[Section]:
    """Return CARE where one of its alerts stands in the strip of every page of the file: that is a look at it as well.

    In an emergency the alerts come with HEALTH, and are a look at that.
    """
    of = Section.CARE if can(person, child_id, Section.CARE) else Section.HEALTH
    return [of] if alerts_for(person, child_id) else []


def file_context(request: HttpRequest, child_id: uuid.UUID, current: str, **more: Any) -> dict[str, Any]:
    """Return what the frame of a file's page shows."""
    person: Person = request.user  # type: ignore[assignment]
    return frame_of(person, child_id, current, request.LANGUAGE_CODE) | more  # type: ignore[attr-defined]


def frame_of(person: Person, child_id: uuid.UUID, current: str, language: str) -> dict[str, Any]:
    """Return what the frame of a file's page shows to a person, in a language."""
    child = the_file(person, child_id)
    context: dict[str, Any] = {
        "child": child,
        "tabs": tabs(person, child_id, current),
        "seal": (seal := seal_of(child_id)),
        "custodians": [one.short_name for one in custodians_of(seal)] if seal else [],
        "alerts": alerts_for(person, child_id),
        "emergency": running(person, child_id),
    }
    if isinstance(child, Child):
        context |= {
            "states": [STAGE.state(child), IDENTITY.state(child)],
            "high_risk": child.risk == Child.Risk.HIGH,
            "facts": facts_of(child, language),
            "flags": list(RiskFlag.objects.filter(child_id=child_id, ended=None)),
            "may_change_summary": can(person, child_id, Section.SUMMARY, Level.CHANGE),
            "may_place": can(person, child_id, Section.WHEREABOUTS, Level.CHANGE)
            and not seal,  # a bed is a gift of access
        }
    return context
