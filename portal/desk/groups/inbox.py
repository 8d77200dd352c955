"""Referrals: those that wait to be claimed, and the answers that others owe."""

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
    found = list(inbox.to_claim(person)[:MOST])
    if not found:
        return None
    return Group(
        "referrals",
        _("Referrals to claim"),
        [row(one, person) for one in found],
        "soon",
        _("to claim"),
        more=_("The whole inbox"),
        more_url=reverse("referrals:inbox"),
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
