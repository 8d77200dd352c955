"""Backups on the operator's pages: the last one, its restore test and the log of changes, and what to do where one is late."""

import datetime
from dataclasses import dataclass

from django.template.defaultfilters import filesizeformat
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.accounts.backups import MADE, PROVED, TRIED, WHOLE, State
from portal.casework.templatetags.portal import digits, isolated, moment

COMMAND = "python3 manage.py backup --test"


ICONS = {"green": "tick", "yellow": "clock", "red": "triangle"}


@dataclass(frozen=True)
class Line:
    """One of the three: how it stands, and what to do next where it does not stand well."""

    title: str
    colour: str  # green, yellow: nothing to do now, red
    label: str
    at: datetime.datetime | None = None
    size: str = ""
    took: str = ""
    advice: str = ""

    @property
    def is_good(self) -> bool:
        return self.colour != "red"

    @property
    def icon(self) -> str:
        return ICONS[self.colour]


def lines(state: State) -> list[Line]:
    """Return how backups stand."""
    return [
        line_of(state, WHOLE, MADE, _("Backup")),
        line_of(state, PROVED, TRIED, _("Restore test")),
        *([log_line(state)] if state.known else []),
    ]


def line_of(state: State, good: str, last: str, title: str) -> Line:
    """Return the last good one of a kind, and what to do if it is too old or the try after it failed."""
    done = state.known.get(good)
    if done is None:
        if state.is_under_way(last):
            return Line(title, "yellow", _("under way"))
        return Line(
            title, "red", _("failed") if last in state.known else _("none yet"), advice=advice(state, good, last)
        )
    colour, label = ("red", _("late")) if state.is_late(good) else ("green", _("done"))
    size, took = digits(filesizeformat(done.size)), seconds(done.seconds)
    return Line(title, colour, label, done.at, size, took, advice(state, good, last))


def advice(state: State, good: str, last: str) -> str:
    """Return what to do next about a kind; nothing where all is well."""
    done, tried = state.known.get(good), state.known.get(last)
    if done is None and tried is None:
        return _(
            "Where the portal brings its own database, one is made and tried out by itself some minutes after the start,"
            " and then every day. Elsewhere let a timer run it every day. At once: %(command)s"
        ) % {"command": isolated(COMMAND)}
    if tried and tried.problem and not state.is_under_way(last):
        return _(
            "The try of %(when)s did not come to its end. Look into backup.log among the logs, put right what it names,"
            " and run: %(command)s"
        ) % {"when": moment(tried.at), "command": isolated(COMMAND)}
    if state.is_late(good):
        return _("It is more than 26 hours old. Was the portal off, or the timer? Run: %(command)s") % {
            "command": isolated(COMMAND)
        }
    return ""


def log_line(state: State) -> Line:
    """Return whether what changes between two backups is copied."""
    title = _("Log of changes")
    if not state.is_copying:
        words = _(
            "The database does not get its log copied, and keeps it all on its own disk until it is full. Look whether the"
            " backup place is there and has room; it goes on by itself."
        )
        return Line(title, "red", _("failed"), state.copied, advice=words)
    if state.copied is None:
        words = _(
            "The database has copied none of its log since it started. On a server of its own, look whether it is set to."
        )
        return Line(title, "yellow", _("none yet"), advice=words)
    return Line(title, "green", _("copied"), state.copied)


def seconds(value: float) -> str:
    count = max(1, round(value))
    return ngettext("%(count)s second", "%(count)s seconds", count) % {"count": digits(count)}


def said(state: State) -> str:
    """Return in one sentence how backups stand."""
    if state.is_new:
        return _("No backup was made yet.")
    last, proved = state.known.get(WHOLE), state.known.get(PROVED)
    made = _("Last backup: %(when)s.") % {"when": moment(last.at)} if last else _("No backup was made yet.")
    tried = _("Last restored as a test: %(when)s.") % {"when": moment(proved.at)} if proved else _("Never restored.")
    return f"{made} {tried}"
