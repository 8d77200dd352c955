"""What the history of a file says: a change as a sentence, its fields by their names, a look and its right in words."""

import datetime
from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from portal.access.auditing import Change, Difference, Looks
from portal.access.models import Basis
from portal.access.sections import Section
from portal.access.timeline import TASK_FIELDS, task_changed
from portal.accounts.models import Agency, Person, Team
from portal.accounts.roles import Role
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits, full_date, moment
from portal.casework.templatetags.words import said
from shelters.workflow import PLACEMENT
from victims.looks import KINDS
from victims.section_pages import PAGES, vocabulary
from victims.timeline import step
from victims.views.file import language_names
from victims.views.history import label_of
from victims.workflow import CYCLES

Words = str | Promise
PEOPLE = (Team, Person, Agency)

# Records of which it is enough to say that they came, and that they changed.
PLAINLY: dict[str, tuple[Words, Words]] = {
    "victims_riskflag": (gettext_lazy("Risk flag set"), gettext_lazy("Risk flag changed")),
    "victims_childseries": (gettext_lazy("Found in a series"), gettext_lazy("Link to a series changed")),
    "casework_note": (gettext_lazy("Note written"), gettext_lazy("Note changed")),
    "casework_attachment": (gettext_lazy("Document attached"), gettext_lazy("Document changed")),
    "casework_approval": (gettext_lazy("Decision asked for"), gettext_lazy("Decision made")),
    "access_conflictofinterest": (
        gettext_lazy("Relation to the child declared"),
        gettext_lazy("Relation to the child no longer holds"),
    ),
} | {page.model._meta.db_table: (page.sentence, page.changed) for page in PAGES.values()}
FALLBACK = (gettext_lazy("Record added"), gettext_lazy("Record changed"))

# Fields that no form shows have no name of their own.
NAMES: dict[str, Words] = {
    "team": gettext_lazy("Team"),
    "person": gettext_lazy("Person"),
    "agency": gettext_lazy("Agency"),
    "view": gettext_lazy("Sections to read"),
    "change": gettext_lazy("Sections to change"),
    "basis": gettext_lazy("Basis"),
    "legal_basis": gettext_lazy("Legal basis"),
    "reason": gettext_lazy("Reason given"),
    "begins": gettext_lazy("From"),
    "until": gettext_lazy("Until"),
    "given_by": gettext_lazy("Given by"),
    "accepted_by": gettext_lazy("Accepted by"),
    "accepted": gettext_lazy("Accepted on"),
    "ended_by": gettext_lazy("Ended by"),
    "ended": gettext_lazy("Ended on"),
    "end_reason": gettext_lazy("Why it ended"),
    "onward": gettext_lazy("May be given on"),
    "asked_by": gettext_lazy("Asked by"),
    "asked": gettext_lazy("Asked on"),
    "decided_by": gettext_lazy("Decided by"),
    "decided": gettext_lazy("Decided on"),
    "state": gettext_lazy("State"),
    "section": gettext_lazy("Section"),
    "kind": gettext_lazy("Kind"),
    "to_the_minute": gettext_lazy("Due to the minute"),
    "step": gettext_lazy("Times escalated"),
    "reminded": gettext_lazy("Reminded on"),
    "opened": gettext_lazy("Opened"),
}

RIGHTS: dict[str, Words] = {
    **{basis.value: basis.label for basis in Basis},
    Basis.OWNERSHIP.value: gettext_lazy("team that owns the file"),
    "owner": gettext_lazy("team that owns the file"),
    "open": gettext_lazy("open to the network"),
    "auditor": Role.AUDITOR.label,
    "privacy_officer": Role.PRIVACY_OFFICER.label,
}


# --- one change -------------------------------------------------------------------------------------------------------


def sentence(change: Change) -> Words:
    """Return what happened, in the words of the timeline; never what was written."""
    told = SENTENCES.get(change.source)
    if told:
        return told(change)
    came, changed = PLAINLY.get(change.source, FALLBACK)
    return came if change.is_new else changed


def before_and_after(change: Change, *names: str) -> tuple[SimpleNamespace, SimpleNamespace]:
    """Return the record before and after, as far as these plain fields go."""
    known = {name: field for name in names if (field := change.field(name))}
    return (
        SimpleNamespace(**{name: field.before for name, field in known.items()}),
        SimpleNamespace(**{name: field.after for name, field in known.items()}),
    )


def changed_names(change: Change) -> set[str]:
    """Return the names of the fields that changed."""
    return {field.name for field in change.changed}


def of_child(change: Change) -> Words:
    """Say that the file was opened, took a step, moved to another team, or that its summary changed."""
    if change.is_new:
        return _("File opened")
    before, after = before_and_after(change, "stage", "identity")
    steps = [step(cycle, after, before) for cycle in CYCLES.values()]
    taken = next((told for told in steps if told), None)
    if taken:
        return taken
    if "owner_id" in changed_names(change):
        return _("File given to another team")
    return _("File closed to the network") if "open_to_network" in changed_names(change) else _("Summary changed")


def of_task(change: Change) -> Words:
    """Say what became of a next step."""
    if change.is_new:
        return _("Next step added")
    before, after = before_and_after(change, *TASK_FIELDS)
    return task_changed(before, after)


def of_grant(change: Change) -> Words:
    """Say that access was given, accepted or ended."""
    if change.is_new:
        return _("Access given")
    return _("Access ended") if "ended" in changed_names(change) else _("Access accepted")


def of_placement(change: Change) -> Words:
    """Say which step of a stay was taken."""
    before, after = before_and_after(change, "state", "renewed")
    if change.is_new:
        return PLACEMENT.named("hold").sentence
    if after.renewed != before.renewed:
        return PLACEMENT.named("renew").sentence
    for taken in PLACEMENT.transitions:
        if taken.target == after.state and before.state in taken.sources:
            return taken.sentence
    return _("Stay changed")


SENTENCES: dict[str, Callable[[Change], Words]] = {
    "victims_child": of_child,
    "casework_task": of_task,
    "access_grant": of_grant,
    "shelters_placement": of_placement,
}


# --- its fields -------------------------------------------------------------------------------------------------------


def model_of(source: str) -> Any:
    """Return the model of a table."""
    return next(model for model in apps.get_models() if model._meta.db_table == source)


def field_rows(change: Change, *, for_auditor: bool) -> list[dict[str, Any]]:
    """Return the fields that changed, as the component of differences takes them."""
    model = model_of(change.source)
    names, words = people_named(model, change.changed), chosen_words()
    return [field_row(model, change, field, names, words, for_auditor) for field in change.changed]


def field_row(
    model: Any, change: Change, difference: Difference, names: dict, words: dict, for_auditor: bool
) -> dict[str, Any]:
    """Return one field: its values where they are plain, else how much was written and that it is hidden."""
    field = model._meta.get_field(difference.name)
    label = NAMES.get(field.name) or label_of(field)
    if difference.kind != "plain":
        return {"label": label, "hidden": hidden_words(difference, is_new=change.is_new, for_auditor=for_auditor)}
    before, after = (
        value_words(field, value, change.section, names, words) for value in (difference.before, difference.after)
    )
    return {"label": label, "before": before, "after": after}


def hidden_words(difference: Difference, *, is_new: bool, for_auditor: bool) -> str:
    """Say how much was written, and that it is not shown."""
    hidden = _("Hidden from auditors.") if for_auditor else _("The words stand on the file, not here.")
    return f"{amount_words(difference, is_new=is_new)} {hidden}"


def amount_words(difference: Difference, *, is_new: bool) -> str:
    """Say how many words stood before and after; of what is sealed the database knows no number."""
    before, after = difference.words_before or 0, difference.words_after or 0
    if difference.kind == "sealed":
        return _("Sealed text written.") if is_new else _("Sealed text changed.")
    if difference.kind == "hidden":
        return _("Entered.") if is_new else _("Changed.")
    if is_new:
        return ngettext("Text written: %(after)s word.", "Text written: %(after)s words.", after) % {
            "after": digits(after)
        }
    return ngettext(
        "Text changed: %(before)s word before, %(after)s after.",
        "Text changed: %(before)s words before, %(after)s after.",
        before,
    ) % {"before": digits(before), "after": digits(after)}


def unchanged_labels(change: Change) -> list[Words]:
    """Return the names of the fields that stayed as they were."""
    model = model_of(change.source)
    fields = [model._meta.get_field(field.name) for field in change.fields if not field.changed]
    return [NAMES.get(field.name) or label_of(field) for field in fields]


def people_named(model: Any, differences: Iterable[Difference]) -> dict[Any, str]:
    """Return the names of the teams, people and agencies that these fields point at, by id."""
    wanted: dict[Any, set[Any]] = {related: set() for related in PEOPLE}
    for difference in differences:
        related = model._meta.get_field(difference.name).related_model
        if related in wanted and difference.kind == "plain":
            wanted[related] |= {value for value in (difference.before, difference.after) if value}
    return {
        str(pk): name_of(one)
        for related, ids in wanted.items()
        if ids
        for pk, one in related._default_manager.in_bulk(ids).items()
    }


def name_of(one: Any) -> str:
    """Return what a person, a team or an agency is called."""
    return one.short_name if isinstance(one, Person) else one.label if isinstance(one, Team) else one.name


def chosen_words() -> dict[tuple[str, str], str]:
    """Return the words of every vocabulary in the reader's language."""
    return {(word.vocabulary, word.code): str(word) for word in Lookup.objects.all()}


def value_words(field: Any, value: Any, section: Section | None, names: dict, words: dict) -> str:
    """Return a plain value in the reader's language."""
    if value is None:
        return ""
    if field.related_model is not None:
        return names.get(str(value), "")
    if isinstance(field, ArrayField):
        return list_words(field, value)
    if field.name == "section":
        return str(Section(value).label)
    choice = vocabulary(section, field.name) if section in PAGES else None
    if choice:
        return words.get((choice, value), value)
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    return said(value) if isinstance(value, bool) else day_words(field, value)


def list_words(field: Any, value: list[Any]) -> str:
    """Return a list of sections or of languages in words."""
    if field.name == "languages":
        return language_names(value, get_language() or "en")
    return _(", ").join(str(Section(number).label) for number in value)


def day_words(field: Any, value: Any) -> str:
    """Return a day or a moment as it is written out, and anything else as it is."""
    if isinstance(field, models.DateTimeField):
        parsed = parse_datetime(value)
        return _("no end") if parsed and parsed.year == datetime.MAXYEAR else moment(parsed)
    return full_date(parse_date(value)) if isinstance(field, models.DateField) else digits(value)


# --- looks ------------------------------------------------------------------------------------------------------------


def role_words(role: str) -> str:
    """Return the roles that somebody had on that day."""
    known = set(Role.values)
    return _(", ").join(str(Role(one).label) for one in role.split(",") if one in known)


def look_words(looks: Looks) -> Words:
    """Return what was opened, or that it was refused."""
    return _("Refused") if looks.outcome == "refused" else KINDS.get(looks.kind, looks.kind)


def right_words(looks: Looks) -> str:
    """Return by which right somebody looked, and until when it runs."""
    if looks.outcome == "refused":
        return _("no access")
    right = str(RIGHTS.get(looks.basis, ""))
    until = looks.basis_until
    if not right or until is None or until.year == datetime.MAXYEAR:
        return right
    return _("%(right)s, until %(day)s") % {"right": right, "day": full_date(until)}
