"""The sections as pages: which table, which fields, in which words. One view and one form serve them all."""

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.casework.models import ChildRecord
from victims.models import (
    Assessment,
    CareEntry,
    HealthEntry,
    Identity,
    InvestigationEntry,
    LegalOrder,
    Rescue,
    RiskFlag,
    SuspectEntry,
    TherapyEntry,
    Whereabouts,
)


@dataclass(frozen=True)
class SectionPage:
    """How a section shows: its records, newest first, or its one record."""

    section: Section
    model: type[ChildRecord]
    fields: tuple[str, ...]
    title: str | Promise  # the tab and the heading
    empty: str | Promise  # what belongs here, when there is nothing
    add: str | Promise  # the button
    change: str | Promise  # the title of the page that changes a record
    sentence: str | Promise  # the timeline: "Health entry recorded"
    changed: str | Promise
    missing: dict[str, str | Promise]  # what to do where a field was left empty
    one: bool = False  # one record, changed in place
    name: str = ""  # of a further table of a section: in addresses, and as a source of the timeline

    @property
    def slug(self) -> str:
        return self.name or self.section.slug


PAGES = {
    page.section: page
    for page in (
        SectionPage(
            Section.IDENTITY,
            Identity,
            (
                "family_name",
                "given_names",
                "other_names",
                "birth_earliest",
                "birth_latest",
                "birth_source",
                "nationalities",
            ),
            _("Identity"),
            _("No name is recorded yet. Names, birth and nationality belong here."),
            _("Record the identity"),
            _("Change the identity"),
            _("Identity recorded"),
            _("Identity changed"),
            {},
            one=True,
        ),
        SectionPage(
            Section.WHEREABOUTS,
            Whereabouts,
            ("care_type", "place", "phone", "since"),
            _("Whereabouts"),
            _("No place is recorded yet. Where the child is now belongs here."),
            _("Record the whereabouts"),
            _("Change the whereabouts"),
            _("Whereabouts recorded"),
            _("Whereabouts changed"),
            {"care_type": _("Choose the kind of place."), "place": _("Enter the address or the place.")},
            one=True,
        ),
        SectionPage(
            Section.CARE,
            CareEntry,
            ("on", "kind", "text"),
            _("Care entries"),
            _(
                "No care entry yet. A wish in the child’s own words, a care alert, or news of school and family belongs here."
            ),
            _("Record a care entry"),
            _("Change a care entry"),
            _("Care entry recorded"),
            _("Care entry changed"),
            {
                "on": _("Enter the day."),
                "kind": _("Choose the kind of entry."),
                "text": _("Write what happened or what the child says."),
            },
        ),
        SectionPage(
            Section.HEALTH,
            HealthEntry,
            ("on", "kind", "text"),
            _("Health"),
            _("No health entry yet. Record the first check."),
            _("Record a health entry"),
            _("Change a health entry"),
            _("Health entry recorded"),
            _("Health entry changed"),
            {
                "on": _("Enter the day."),
                "kind": _("Choose the kind of entry."),
                "text": _("Write what was found or done."),
            },
        ),
        SectionPage(
            Section.THERAPY,
            TherapyEntry,
            ("on", "attended", "text"),
            _("Therapy"),
            _("No session yet. Session notes belong here; only the child's clinicians read them."),
            _("Record a session"),
            _("Change a session"),
            _("Therapy session recorded"),
            _("Therapy session changed"),
            {"on": _("Enter the day of the session."), "text": _("Write the session note.")},
        ),
        SectionPage(
            Section.LEGAL,
            LegalOrder,
            ("basis", "number", "court", "issued", "expires"),
            _("Legal"),
            _("No court order or power is recorded here yet. Record each with its end, so that it is renewed in time."),
            _("Record a legal basis"),
            _("Change a legal basis"),
            _("Legal basis recorded"),
            _("Legal basis changed"),
            {"basis": _("Choose the legal basis."), "issued": _("Enter the day on which it was issued.")},
        ),
        SectionPage(
            Section.INVESTIGATION,
            InvestigationEntry,
            ("on", "kind", "text"),
            _("Investigation"),
            _("No entry yet. Leads, clues and steps of the investigation belong here; never describe the abuse."),
            _("Record an investigation entry"),
            _("Change an investigation entry"),
            _("Investigation entry recorded"),
            _("Investigation entry changed"),
            {"on": _("Enter the day."), "kind": _("Choose the kind of entry."), "text": _("Write what is known.")},
        ),
        SectionPage(
            Section.SUSPECTS,
            SuspectEntry,
            ("known_as", "relationship", "custody", "text"),
            _("Suspects"),
            _("Nobody is recorded as a suspect on this file yet."),
            _("Record a suspect"),
            _("Change a suspect"),
            _("Suspect recorded"),
            _("Suspect changed"),
            {
                "known_as": _("Enter a name or an alias."),
                "relationship": _("Choose the relationship to the child."),
                "custody": _("Choose the custody."),
            },
        ),
    )
}

RESCUE = SectionPage(
    Section.LEGAL,
    Rescue,
    (
        "at",
        "operation",
        "lead_agency",
        "legal_basis",
        "order_number",
        "court",
        "expires",
        "present",
        "force_used",
        "condition",
        "evidence_reference",
        "interviews",
    ),
    _("Rescue"),
    _("No rescue is recorded."),
    _("Record the rescue"),
    _("Change the record of the rescue"),
    _("Rescue recorded"),
    _("Record of the rescue changed"),
    {
        "at": _("Enter day and time when the child was safe."),
        "lead_agency": _("Enter the agency that led the rescue."),
        "legal_basis": _("Choose the legal basis."),
        "present": _("Tick who was present, or “nobody of these”."),
    },
    name="rescue",
)
BESIDE = {Section.LEGAL: (RESCUE,)}  # further tables of a section; their records are added by acts of their own

BY_SLUG = {page.slug: page for page in PAGES.values()}
EDITED = BY_SLUG | {page.slug: page for further in BESIDE.values() for page in further}
MODELS: dict[Section, type[ChildRecord]] = {Section.SUMMARY: RiskFlag} | {
    section: page.model for section, page in PAGES.items()
}
VOCABULARIES = {
    "birth_source": "birth_source",
    "care_type": "care_type",
    "basis": "legal_basis",
    "legal_basis": "legal_basis",
    "present": "present_at_rescue",
    "condition": "rescue_condition",
    "relationship": "relationship",
    "custody": "custody",
    "domain": "need_domain",
    "mode": "contact_mode",
    "late_reason": "late_reason",
}
KINDS = {
    Section.HEALTH: "health_kind",
    Section.CARE: "care_kind",
    Section.INVESTIGATION: "investigation_kind",
}


def vocabulary(section: Section, field: str) -> str | None:
    """Return the vocabulary a field chooses from, if any."""
    return KINDS.get(section) if field == "kind" else VOCABULARIES.get(field)


def vocabulary_of(field: Any, section: Section | None) -> str | None:
    """Return the vocabulary that a field of any record on a file chooses from, if any."""
    if field.model is Assessment and field.name == "kind":
        return "assessment_kind"
    return vocabulary(section, field.name) if section in PAGES else None
