"""What the history of a file says: a change as a sentence, its fields by their names, a look and its right in words."""

import datetime
from collections.abc import Callable, Iterable
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _

from portal.access import timeline
from portal.access.auditing import Change, Difference, Looks
from portal.access.models import Basis
from portal.access.sections import Section
from portal.accounts.models import Agency, Person, Team
from portal.accounts.roles import Role
from portal.audit.demand import history_table
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits, full_date, moment
from portal.casework.templatetags.words import said
from victims.looks import KINDS
from victims.section_pages import vocabulary_of
from victims.views.file import language_names
from victims.views.history import label_of

Words = str | Promise
Called = Callable[[str, Agency], str]  # a name, and whose it is: what the reader may read in its place
PEOPLE = (Team, Person, Agency)

# Records that are on no timeline.
BESIDE_THE_TIMELINE: dict[str, tuple[Words, Words]] = {
    "casework_approval": (gettext_lazy("Decision asked for"), gettext_lazy("Decision made")),
    "access_seal": (gettext_lazy("Seal asked for"), gettext_lazy("Seal decided on")),
    "access_erasure": (gettext_lazy("Erasure proposed"), gettext_lazy("Erased")),
    "access_evidencehold": (gettext_lazy("Held as evidence"), gettext_lazy("Evidence hold changed")),
    "access_keptlonger": (gettext_lazy("Kept past its day"), gettext_lazy("Kept past its day")),
    "access_emergency": (gettext_lazy("Opened in an emergency"), gettext_lazy("Emergency access reviewed")),
}
FALLBACK: tuple[Words, Words] = (gettext_lazy("Record added"), gettext_lazy("Record changed"))

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
    "legal_by_section": gettext_lazy("Legal basis of single sections"),
    "parent": gettext_lazy("Passed on from"),
    "confirmed": gettext_lazy("Confirmed on"),
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
    "grant": gettext_lazy("Access"),
    "owner_agency": gettext_lazy("Agency that led the file"),
    "reviewed_by": gettext_lazy("Reviewed by"),
    "reviewed": gettext_lazy("Reviewed on"),
    "is_justified": gettext_lazy("Justified"),
    "erased": gettext_lazy("Sections that are gone"),
    "sections": gettext_lazy("Sections"),
    "ground": gettext_lazy("Ground"),
    "approved_by": gettext_lazy("Approved by"),
    "done": gettext_lazy("Erased on"),
    "set_by": gettext_lazy("Set by"),
    "since": gettext_lazy("Since"),
    "kept_by": gettext_lazy("Kept by"),
    "at": gettext_lazy("Recorded on"),
    "recorded_by": gettext_lazy("Recorded by"),
    "due": gettext_lazy("Answer by"),
    "answered": gettext_lazy("Answered on"),
    "answered_by": gettext_lazy("Answered by"),
    "made": gettext_lazy("Made on"),
    "digest": gettext_lazy("SHA-256 of the paper"),
    "with_looks": gettext_lazy("With the agencies that looked"),
    "stated": gettext_lazy("Words of the child put there on"),
    "withdrawn": gettext_lazy("Words of the child taken back on"),
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
    source = next((one for one in timeline.sources().values() if one.table == table_of(change)), None)
    came, changed = BESIDE_THE_TIMELINE.get(change.source, FALLBACK)
    if source is None:
        return came if change.is_new else changed
    row, before = (version(source.model, change, after=after) for after in (True, False))
    try:
        return source.describe(row, None if change.is_new else before)[0]
    except (AttributeError, KeyError, TypeError, ValueError):  # it needs a field that auditors do not read
        return came if change.is_new else changed


def table_of(change: Change) -> str:
    """Return the history table that a change stands in."""
    return history_table(change.source)


def version(model: Any, change: Change, *, after: bool) -> Any:
    """Return the record after or before a change as far as its plain fields go; what was written is left empty."""
    plain = {field.name: field.after if after else field.before for field in change.fields if field.kind == "plain"}
    return model.history.model(version=change.version - (not after), **plain)


# --- its fields -------------------------------------------------------------------------------------------------------


def model_of(source: str) -> Any:
    """Return the model of a table."""
    return next(model for model in apps.get_models() if model._meta.db_table == source)


def field_rows(change: Change, *, called: Called, for_auditor: bool) -> list[dict[str, Any]]:
    """Return the fields that changed, as the component of differences takes them."""
    model = model_of(change.source)
    names, words = people_named(model, change.changed, called), chosen_words()
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


def people_named(model: Any, differences: Iterable[Difference], called: Called) -> dict[Any, str]:
    """Return the names of the teams, people and agencies that these fields point at, by id."""
    wanted: dict[Any, set[Any]] = {related: set() for related in PEOPLE}
    for difference in differences:
        related = model._meta.get_field(difference.name).related_model
        if related in wanted and difference.kind == "plain":
            wanted[related] |= {value for value in (difference.before, difference.after) if value}
    found = {related: related._default_manager.filter(pk__in=ids) for related, ids in wanted.items() if ids}
    return {
        str(one.pk): called(name_of(one), one if related is Agency else one.agency)
        for related, some in found.items()
        for one in (some if related is Agency else some.select_related("agency"))
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
    choice = vocabulary_of(field, section)
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
    ends = moment(until) if looks.basis == Basis.EMERGENCY else full_date(until)
    return _("%(right)s, until %(day)s") % {"right": right, "day": ends}
