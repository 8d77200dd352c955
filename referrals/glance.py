"""What the overview says of referrals, and what of them stands against closing a file."""

from typing import Any

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access.rights import can
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework.templatetags.portal import digits
from referrals.models import Referral
from referrals.workflow import LIVE, STARTED
from victims.models import Child


def live_of(child: Child, viewer: Person) -> list[Referral]:
    """Return the referrals of a file that something is still to come of, of which the person is on one of the two sides."""
    ours = Q(to_team__in=viewer.team_ids) | Q(child__owner__in=viewer.team_ids)
    return [one for one in Referral.objects.filter(ours, child_id=child.pk, state__in=LIVE) if one.is_live]


def referrals(child: Child, viewer: Person) -> list[dict[str, Any]]:
    """Return the line of the referrals that are under way."""
    if not can(viewer, child.pk, Section.SUMMARY):
        return []
    live = live_of(child, viewer)
    late = sum(one.is_late for one in live)
    words = [counted(live)] if live else []
    if late:
        words.append(ngettext("%(shown)s answer is late", "%(shown)s answers are late", late) % {"shown": digits(late)})
    if not words:
        return []
    return [
        {
            "section": Section.SUMMARY,
            "label": _("Referrals"),
            "value": _(", ").join(words),
            "late": bool(late),
            "restricted": False,
            "url": reverse("referrals:referrals", args=[child.pk]),
            "action": _("Referrals"),
        }
    ]


def counted(live: list[Referral]) -> str:
    """Say how many wait for an answer, and how many were accepted."""
    started = sum(one.state in STARTED for one in live)
    waiting = len(live) - started
    words = []
    if waiting:
        said = ngettext("%(shown)s waits for an answer", "%(shown)s wait for an answer", waiting)
        words.append(said % {"shown": digits(waiting)})
    if started:
        said = ngettext("%(shown)s accepted", "%(shown)s accepted", started)
        words.append(said % {"shown": digits(started)})
    return _(", ").join(words)


def open_referrals(child: Child, viewer: Person) -> list[str]:
    """Say how many referrals have no end yet: a file is not closed before."""
    count = len(live_of(child, viewer))
    words = ngettext("%(shown)s referral is still open.", "%(shown)s referrals are still open.", count)
    return [words % {"shown": digits(count)}] if count else []
