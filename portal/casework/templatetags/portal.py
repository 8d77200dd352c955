"""Template tags of every page: icons, status tags, numbers, names, dates and counts in the reader's language."""

import datetime
import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, get_language_bidi, gettext, ngettext, pgettext

from portal.casework import clock, code_names

register = template.Library()

LINE = 'fill="none" stroke="currentColor" stroke-width'
HOURGLASS = "M3 1.8h10M3 14.2h10M4.5 2v2.5L8 8l-3.5 3.5V14m7-12v2.5L8 8l3.5 3.5V14"
WARNING = "M8 1l7.3 13.5H.7zM7.2 5.6v4.6h1.6V5.6zm0 5.8V13h1.6v-1.6z"
ICONS = {
    "arrow": f'<path {LINE}="2" d="M2 8h11M9 4l4 4-4 4"/>',
    "chevron": f'<path {LINE}="2" d="M6 3l5 5-5 5"/>',
    "clock": f'<circle {LINE}="2" cx="8" cy="8" r="6"/><path {LINE}="1.8" d="M8 4.5V8.4l2.6 1.4"/>',
    "cross": f'<path {LINE}="2.4" d="M3.5 3.5l9 9m0-9l-9 9"/>',
    "dot": '<circle fill="currentColor" cx="8" cy="8" r="5"/>',
    "down": '<path fill="currentColor" d="M8 13L2.5 4h11z"/>',
    "file": f'<path {LINE}="1.6" d="M3.5 1.5h6l3 3v10h-9zM9.2 1.8v3h3"/>',
    "flag": f'<path {LINE}="1.8" d="M3 1.5v13M3 2.5h9.5l-2 3 2 3H3"/>',
    "hourglass": f'<path {LINE}="1.6" d="{HOURGLASS}"/>',
    "padlock": f'<path fill="currentColor" d="M3 7h10v7.5H3z"/><path {LINE}="1.8" d="M5 7.4V5a3 3 0 0 1 6 0v2.4"/>',
    "search": f'<circle {LINE}="2" cx="6.8" cy="6.8" r="4.6"/><path {LINE}="2" d="M10.2 10.2L14.5 14.5"/>',
    "tick": f'<path {LINE}="2.6" d="M2.5 8.6l3.6 3.6 7.4-8.4"/>',
    "triangle": f'<path fill="currentColor" fill-rule="evenodd" d="{WARNING}"/>',
    "up": '<path fill="currentColor" d="M8 3l5.5 9h-11z"/>',
}
SIZE = 'viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" focusable="false"'
TURNING = {"arrow", "chevron"}  # these point along the line of reading
EASTERN = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
NEAR = 7  # days within which a date is said in words


@dataclass(frozen=True)
class Due:
    """How a due date is said: its state (late, today, soon, later), first words, second line, and both as one line."""

    state: str
    words: str
    note: str
    line: str


# --- icons and status tags ------------------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """Return a drawn icon; it is hidden from screen readers, who get the label instead."""
    turning = " icon--turning" if name in TURNING else ""
    drawing = mark_safe(f'<svg class="icon icon--{name}{turning}" {SIZE}>{ICONS[name]}</svg>')  # noqa: S308 - constants
    return format_html('{}<span class="govuk-visually-hidden">{}</span>', drawing, label) if label else drawing


@register.simple_tag
def tag(status: Any = None, *, label: str = "", colour: str = "grey", icon: str = "") -> SafeString:
    """Return a status tag, drawn from any object with label, colour and icon, or from the words themselves."""
    if status is not None:
        label, colour, icon = status.label, status.colour, status.icon
    return format_html('<strong class="govuk-tag govuk-tag--{}">{}{}</strong>', colour, drawn(icon), label)


def drawn(name: str) -> SafeString:
    return icon(name) if name else mark_safe("")


# --- numbers, names, counts -----------------------------------------------------------------------------------------


@register.filter
def number(code: object) -> SafeString:
    """Return a case number, order or telephone number: never wrapped, never turned, always in 0-9."""
    return format_html('<bdi class="number">{}</bdi>', code)


@register.filter
def quoted(name: object) -> str:
    """Return a code name or a spoken sentence in the quotation marks of the reader's language."""
    return pgettext("quotation marks", "“%(words)s”") % {"words": code_names.shown(str(name))}


@register.filter
def marked(text: object, before: object) -> SafeString:
    """Return a text with the words marked that are not in the one before it."""
    old, new = str(before or "").split(), str(text or "").split()
    steps = difflib.SequenceMatcher(a=old, b=new, autojunk=False).get_opcodes()
    parts = [(kind, " ".join(new[start:end])) for kind, _old, _end, start, end in steps if end > start]
    return format_html_join(
        " ", "{}", ((words if kind == "equal" else format_html("<ins>{}</ins>", words),) for kind, words in parts)
    )


@register.filter
def digits(value: object) -> str:
    """Return a count or date in the digits of the reader's language."""
    return str(value).translate(EASTERN) if (get_language() or "").startswith("ar") else str(value)


@register.filter
def capped(count: int, limit: int = 99) -> str:
    """Return a count that stops being exact above the limit: "99+", or "1,000+" with a limit of 1000."""
    shown = number_format(min(count, limit), use_l10n=True, force_grouping=True)
    return digits(f"{shown}+" if count > limit else shown)


@register.filter
def direction(text: object) -> str:
    """Return "rtl" or "ltr" by the first letter that has a direction; for paper, where no browser works it out."""
    strong = (unicodedata.bidirectional(letter) for letter in str(text))
    first = next((kind for kind in strong if kind in ("L", "R", "AL")), None)
    turned = get_language_bidi() if first is None else first != "L"
    return "rtl" if turned else "ltr"


@register.filter
def isolated(text: object) -> str:
    """Return words in their own direction within a line, by the marks of Unicode: for paper, whose styles know no other."""
    return "\n".join(f"\u2068{line}\u2069" for line in str(text).splitlines())


@register.filter
def listed(words: Iterable[object]) -> str:
    """Return words as a list in a sentence: "Identity, Whereabouts and Health"."""
    *some, last = [str(word) for word in words] or [""]
    return gettext("%(some)s and %(last)s") % {"some": gettext(", ").join(some), "last": last} if some else last


@register.filter
def labels(choices: Iterable[Any]) -> list[str]:
    """Return the words of choices, such as sections."""
    return [str(one.label) for one in choices]


# --- dates and times ------------------------------------------------------------------------------------------------


def date_of(value: datetime.date) -> datetime.date:
    return timezone.localtime(value).date() if isinstance(value, datetime.datetime) else value


@register.filter
def full_date(value: datetime.date | None) -> str:
    """Return "23 November 2026", for letters, law and print."""
    return digits(date_format(date_of(value), "DATE_FORMAT")) if value else ""


@register.filter
def day(value: datetime.date | None) -> str:
    """Return "Fri 20 Nov" within a week of today, else "2 Oct", in another year "14 Dec 2025"."""
    if not value:
        return ""
    date = date_of(value)
    if date.year != clock.today().year and abs((date - clock.today()).days) > NEAR:
        return digits(date_format(date, "SHORT_DATE_FORMAT"))
    near = abs((date - clock.today()).days) <= NEAR
    return digits(date_format(date, pgettext("date format", "D j M") if near else "MONTH_DAY_FORMAT"))


@register.filter
def hour(value: datetime.datetime | None) -> str:
    """Return "10:41" in the reader's time zone."""
    return digits(date_format(timezone.localtime(value), "TIME_FORMAT")) if value else ""


@register.filter
def moment(value: datetime.datetime | None) -> str:
    """Return "Mon 23 Nov, 09:02" in the reader's time zone, with the year when it is another one."""
    if not value:
        return ""
    local = timezone.localtime(value)
    shape = (
        pgettext("date format", "D j M, H:i")
        if local.year == clock.today().year
        else pgettext("date format", "D j M Y, H:i")
    )
    return digits(date_format(local, shape))


@register.filter
def lately(value: datetime.datetime | None) -> str:
    """Return "10:41" of today; of another day, the day with it."""
    is_today = value is not None and timezone.localtime(value).date() == clock.today()
    return hour(value) if is_today else moment(value)


@register.filter
def utc(value: datetime.datetime | None) -> str:
    """Return "2026-11-23 09:02 UTC", for proof: shown on hover, in print and in exports."""
    return value.astimezone(datetime.UTC).strftime("%Y-%m-%d %H:%M UTC") if value else ""


@register.filter
def due(value: datetime.date | None) -> str:
    """Return a due date or instant in one line: "3 days late (Fri 20 Nov)", "today", "in 4 days", "2 Oct"."""
    return due_lines(value).line if value else ""


@register.simple_tag
def due_lines(value: datetime.date) -> Due:
    """Return the state and the two lines of a due date (a day) or a clock (an instant)."""
    return clock_lines(value) if isinstance(value, datetime.datetime) else day_lines(value)


def day_lines(date: datetime.date) -> Due:
    days = (date - clock.today()).days
    if days < 0:
        return late(days_late(-days), day(date))
    if days == 0:
        return Due("today", gettext("today"), "", gettext("today"))
    if days > NEAR:
        return Due("later", day(date), "", day(date))
    return Due("soon", day(date), in_days(days), in_days(days))


def clock_lines(instant: datetime.datetime) -> Due:
    minutes = round((instant - clock.now()).total_seconds() / 60)
    days = (date_of(instant) - clock.today()).days
    if minutes < 0:
        lateness = hours_late(-minutes) if minutes > -24 * 60 else days_late(-days)
        return late(lateness, hour(instant) if days == 0 else day(instant))
    if minutes < 24 * 60:  # also past midnight: seven hours are seven hours, not "tomorrow"
        time, note = moment(instant) if days else hour(instant), in_hours(minutes)
        line = gettext("by %(time)s, %(wait)s") % {"time": time, "wait": note}
        return Due("today", gettext("by %(time)s") % {"time": time}, note, line)
    return Due(
        "soon" if days <= NEAR else "later", moment(instant), in_days(days) if days <= NEAR else "", moment(instant)
    )


def late(lateness: str, when: str) -> Due:
    line = gettext("%(lateness)s (%(when)s)") % {"lateness": lateness, "when": when}
    return Due("late", lateness, gettext("was due %(when)s") % {"when": when}, line)


def days_late(days: int) -> str:
    return ngettext("%(shown)s day late", "%(shown)s days late", days) % {"shown": digits(days)}


def hours_late(minutes: int) -> str:
    if minutes < 60:
        return ngettext("%(shown)s min late", "%(shown)s min late", minutes) % {"shown": digits(minutes)}
    return ngettext("%(shown)s h late", "%(shown)s h late", minutes // 60) % {"shown": digits(minutes // 60)}


def in_days(days: int) -> str:
    if days < 2:
        return gettext("tomorrow") if days else gettext("today")
    return ngettext("in %(shown)s day", "in %(shown)s days", days) % {"shown": digits(days)}


def in_hours(minutes: int) -> str:
    if minutes < 60:
        return ngettext("in %(shown)s min", "in %(shown)s min", minutes) % {"shown": digits(minutes)}
    return ngettext("in %(shown)s h", "in %(shown)s h", minutes // 60) % {"shown": digits(minutes // 60)}
