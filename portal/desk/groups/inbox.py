"""Referrals that wait to be claimed, for desks that receive them."""

from django.urls import reverse
from django.utils.translation import gettext as _

from portal.accounts.models import Person
from portal.casework.groups import Group, Row
from referrals import inbox
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
        [row(one) for one in found],
        "soon",
        _("to claim"),
        more=_("The whole inbox"),
        more_url=reverse("referrals:inbox"),
    )


def row(one: Referral) -> Row:
    """Return one referral: until when an answer is asked for, its first line, and from whom."""
    return Row(
        title=one.first_line,
        url=reverse("referrals:asked", args=[one.pk]),
        due=one.answer_by,
        code=one.number,
        why=one.from_team.agency.name,
    )
