"""Referrals: those that wait to be claimed, and the answers that others owe."""

from dataclasses import replace

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access.opens import FileLine, file_lines
from portal.accounts.models import Person
from portal.casework.groups import Group, Row
from referrals import inbox
from referrals.cards import sender_name
from referrals.models import Referral

MOST = 10


def to_claim(person: Person) -> Group | None:
    """Return what nobody of the team has claimed yet, by the clock; a card names no child."""
    found = list(inbox.to_claim(person)[: MOST + 1])
    if not found:
        return None
    return Group(
        "referrals",
        _("Referrals to claim"),
        [row(one, person) for one in found[:MOST]],
        "soon",
        _("to claim"),
        more=_("The whole inbox"),
        more_url=reverse("referrals:inbox"),
        has_more=len(found) > MOST,
    )


def row(one: Referral, person: Person) -> Row:
    """Return one referral: until when an answer is asked for, its first line, and from whom as it may be named."""
    return Row(
        title=one.first_line,
        url=reverse("referrals:asked", args=[one.pk]),
        due=one.answer_by,
        code=one.number,
        why=sender_name(one, person),
    )


def in_hand(person: Person) -> Group | None:
    """Return what the team claimed, to be decided on by the clock, and what it accepted, to be begun by its first date."""
    claimed, accepted = list(inbox.deciding(person)[:MOST]), list(inbox.starting(person)[:MOST])
    if not claimed and not accepted:
        return None
    lines = file_lines([one.child_id for one in accepted])  # type: ignore[attr-defined]
    rows = [
        *(claimed_row(one, person) for one in claimed),
        *(accepted_row(one, person, lines.get(one.child_id)) for one in accepted),  # type: ignore[attr-defined]
    ]
    return Group(
        "in-hand",
        _("Referrals in hand"),
        rows,
        more=_("The whole inbox"),
        more_url=reverse("referrals:inbox"),
        files=list(lines),
    )


def claimed_row(one: Referral, person: Person) -> Row:
    """Return a referral that somebody of the team decides on, and who that is."""
    mine, names = one.claimed_by == person, {"name": one.claimed_by.short_name if one.claimed_by else ""}
    return replace(
        row(one, person),
        why=_("Yours to decide.") if mine else _("%(name)s decides on it.") % names,
        act=_("Answer") if mine else _("Open"),
        act_url=reverse("referrals:asked", args=[one.pk]),
    )


def accepted_row(one: Referral, person: Person, line: FileLine | None) -> Row:
    """Return a referral whose service is to begin, by whom; what was asked stands on its own page."""
    return Row(
        title=_("Begin what was accepted"),
        url=reverse("referrals:asked", args=[one.pk]),
        due=one.first_on,
        name=line.code_name if line else "",
        code=line.case_number if line else one.number,
        why=" · ".join(filter(None, [one.worker.short_name if one.worker else "", one.number])),
        act=_("Open"),
        act_url=reverse("referrals:asked", args=[one.pk]),
    )


def owed(person: Person) -> Group | None:
    """Return the referrals whose answer the person's teams wait for. Nothing in it counts as one's own lateness."""
    sent = [one for one in inbox.from_us(person)[: inbox.MOST] if one.is_open]
    if not sent:
        return None
    lines = file_lines([one.child_id for one in sent])  # type: ignore[attr-defined]
    rows = [owed_row(one, lines.get(one.child_id)) for one in sent]  # type: ignore[attr-defined]
    return Group("waiting", _("Waiting for others"), rows, tile=_("waiting for others"), files=list(lines))


def owed_row(one: Referral, line: FileLine | None) -> Row:
    """Return one answer that is owed; whose it is and what was asked stand on the page that it leads to."""
    follow = reverse("referrals:referral", args=[one.child_id, one.pk])  # type: ignore[attr-defined]
    return Row(
        title=_("Answer to your referral"),
        url=follow,
        due=one.answer_by,
        name=line.code_name if line else "",
        code=line.case_number if line else "",
        why=one.number,
        act=_("Follow"),
        act_url=follow,
    )
