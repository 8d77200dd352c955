"""A referral as a card: its clock in words, what is known of the child before accepting, and who holds it."""

import datetime
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access.agencies import author, shown_name
from portal.access.opens import FileLine
from portal.accounts.models import Person
from portal.audit import clock
from portal.casework.templatetags.portal import digits, due, due_lines, full_date, moment
from referrals.models import Referral
from referrals.workflow import REFERRAL, STARTED, ReferralState
from shelters.matching import named

SOON = datetime.timedelta(hours=1)


def card(referral: Referral, viewer: Person, line: FileLine | None = None) -> dict[str, Any]:
    """Return the card as the viewer may read it; line: the heading of the file, once it is open."""
    left, tone = clock_words(referral)
    return {
        "one": referral,
        "state": state_of(referral),
        "clock": left,
        "tone": tone,
        "share": share_of(referral),
        "service": referral.service.name,
        "child": line,
        "facts": _(" · ").join(facts(referral)),
        "text": referral.first_line,
        "foot": foot(referral, viewer),
        "is_ended": not referral.is_live,
    }


def state_of(referral: Referral) -> Any:
    """Return how a referral shows: one whose access ended unanswered has expired, though nobody said so."""
    return REFERRAL.states[ReferralState.EXPIRED] if referral.has_expired else REFERRAL.state(referral)


def facts(referral: Referral) -> list[str]:
    """Return sex, age band, languages and area in one line."""
    person = [referral.get_sex_display(), referral.get_age_band_display()]
    said = [capfirst(_(", ").join(str(word) for word in person)), named(referral.languages), referral.area]
    return [word for word in said if word]


def clock_words(referral: Referral) -> tuple[str, str]:
    """Return how long there is to answer, or to begin, with its tone."""
    now = clock.now()
    if referral.state in STARTED:
        if referral.first_on is None and referral.state == ReferralState.ACCEPTED:
            return _("No first date yet"), "soon"
        if referral.first_on is None:
            return str(state_of(referral).label), ""
        return _("First date: %(day)s") % {"day": due(referral.first_on)}, ""
    if not referral.is_open or referral.answer_by is None:
        return str(state_of(referral).label), ""
    if referral.state == ReferralState.WAITING:
        return str(state_of(referral).label), ""
    minutes = int((referral.answer_by - now).total_seconds() // 60)
    if minutes < 0:
        return due_lines(referral.answer_by).words, "late"
    words = _("%(time)s left to decide") if referral.is_claimed else _("%(time)s left to answer")
    return words % {"time": length(minutes)}, "soon" if referral.answer_by - now <= SOON else ""


def length(minutes: int) -> str:
    """Return a stretch of time: "42 min", "5 h", "1 day 22 h"."""
    days, hours = divmod(minutes // 60, 24)
    if minutes < 60:
        return _("%(minutes)s min") % {"minutes": digits(minutes)}
    if not days:
        return _("%(hours)s h") % {"hours": digits(hours)}
    return ngettext("%(days)s day %(hours)s h", "%(days)s days %(hours)s h", days) % {
        "days": digits(days),
        "hours": digits(hours),
    }


def share_of(referral: Referral) -> int | None:
    """Return how much of the time to answer has gone, in percent."""
    if not referral.is_open or referral.sent is None or referral.answer_by is None:
        return None
    whole = (referral.answer_by - referral.sent).total_seconds()
    return max(0, min(100, round(100 * (clock.now() - referral.sent).total_seconds() / whole)))


def sender_name(referral: Referral, viewer: Person) -> str:
    """Return who sent it, as the viewer may read it: the name of a shelter would say where the child lives."""
    child_id: Any = referral.child_id  # type: ignore[attr-defined]
    return shown_name(viewer, child_id, referral.from_team.agency)


def sender_in_full(referral: Referral, viewer: Person) -> str:
    """Return the person who sent it with the agency, where it may be named."""
    child_id: Any = referral.child_id  # type: ignore[attr-defined]
    return author(viewer, child_id, referral.sent_by.short_name, referral.from_team.agency)


def foot(referral: Referral, viewer: Person) -> str:
    """Return from whom and since when, and who holds it."""
    from_words = _("From %(agency)s, sent %(time)s") % {
        "agency": sender_name(referral, viewer),
        "time": moment(referral.sent),
    }
    return _(" · ").join([word for word in (held_words(referral, viewer), from_words) if word])


def held_words(referral: Referral, viewer: Person) -> str:
    """Say who decides on it, or who does it."""
    if referral.is_claimed and referral.claimed_by:
        if referral.claimed_by == viewer:
            return _("Claimed by you %(time)s") % {"time": moment(referral.claimed)}
        return _("Claimed by %(name)s %(time)s") % {
            "name": referral.claimed_by.short_name,
            "time": moment(referral.claimed),
        }
    if referral.state == ReferralState.CLAIMED and referral.is_open and referral.claimed_by:
        words = _("Returned: %(name)s claimed it %(time)s and did not answer")
        return words % {"name": referral.claimed_by.short_name, "time": moment(referral.claimed)}
    if referral.state in STARTED and referral.worker:
        words = _("With %(name)s, access until %(day)s")
        return words % {"name": referral.worker.short_name, "day": full_date(referral.open_until)}
    return ""
