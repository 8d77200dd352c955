"""What a team's inbox holds: three columns by the clock, and lists of what is past them."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal.access.opens import file_lines
from portal.access.roles import works_with_files
from portal.accounts.models import Person
from portal.audit import clock
from referrals.cards import card
from referrals.models import CLAIM, Referral
from referrals.workflow import LIVE, TAKEN_BACK, ReferralState

STAYS = datetime.timedelta(days=7)  # a referral that was taken back stays so long, greyed
MOST = 100
LISTS: dict[str, tuple[tuple[int, ...], str | Promise]] = {
    "waiting-list": ((ReferralState.WAITING,), _("On the waiting list")),
    "in-service": ((ReferralState.IN_SERVICE,), _("In service")),
    "finished": ((ReferralState.COMPLETED, ReferralState.NOT_ATTENDED), _("Finished")),
    "declined": ((ReferralState.DECLINED,), _("Declined")),
}


@dataclass
class Column:
    """One column of the board."""

    id: str
    title: str | Promise
    empty: str | Promise
    cards: list[dict[str, Any]]

    @property
    def count(self) -> int:
        return sum(not card["is_ended"] for card in self.cards)


def to_us(person: Person) -> QuerySet[Referral]:
    """Return the referrals that were sent to the person's teams."""
    if not works_with_files(person.roles):
        return Referral.objects.none()
    return (
        Referral.objects.filter(to_team_id__in=person.team_ids)
        .exclude(sent=None)
        .select_related("service", "from_team__agency", "to_team__agency", "claimed_by", "sent_by", "worker", "grant")
    )


def from_us(person: Person) -> QuerySet[Referral]:
    """Return the referrals of files that the person's teams own of which something is still to come, by the clock."""
    if not works_with_files(person.roles):
        return Referral.objects.none()
    sent = Referral.objects.filter(child__owner_id__in=person.team_ids, state__in=LIVE)
    return sent.select_related("service", "to_team__agency").order_by("answer_by", "pk")


def claimable() -> Q:
    """Return which referrals nobody decides on: never claimed, or the claim has run out."""
    now = clock.now()
    returned = Q(state=ReferralState.CLAIMED, claimed__lte=now - CLAIM)
    return (Q(state=ReferralState.SENT) | returned) & Q(until__gt=now)


def to_claim(person: Person) -> QuerySet[Referral]:
    """Return what waits to be claimed, the most urgent by the clock first."""
    return to_us(person).filter(claimable()).order_by("answer_by", "pk")


def count_to_claim(person: Person) -> int:
    """Return how many wait to be claimed, counted no further than 100."""
    return len(to_claim(person).values_list("pk", flat=True)[:MOST])


def deciding(person: Person) -> QuerySet[Referral]:
    """Return what somebody of the team decides on now, the most urgent by the clock first."""
    now = clock.now()
    found = to_us(person).filter(state=ReferralState.CLAIMED, claimed__gt=now - CLAIM, until__gt=now)
    return found.order_by("answer_by", "pk")


def starting(person: Person) -> QuerySet[Referral]:
    """Return what was accepted and has not begun, by its first date."""
    return to_us(person).filter(state=ReferralState.ACCEPTED).order_by("first_on", "pk")


def board(person: Person) -> tuple[list[Column], list[uuid.UUID]]:
    """Return the three columns, and the files of which a code name stands on them."""
    gone = to_us(person).filter(state__in=TAKEN_BACK, accepted=None, closed__gt=clock.now() - STAYS).order_by("-closed")
    opened = list(starting(person)[:MOST])
    lines = file_lines([one.child_id for one in opened])  # type: ignore[attr-defined]
    columns = [
        Column(
            "to-claim", _("To claim"), _("No referral waits."),
            [card(one, person) for one in (*to_claim(person)[:MOST], *gone[:MOST])],
        ),
        Column(
            "deciding", _("Deciding"), _("Nobody decides on one now."),
            [card(one, person) for one in deciding(person)[:MOST]],
        ),
        Column(
            "starting", _("Starting"), _("None waits for its first date."),
            [card(one, person, lines.get(one.child_id)) for one in opened],  # type: ignore[attr-defined]
        ),
    ]  # fmt: skip
    return columns, list(lines)


def counts(person: Person) -> list[dict[str, Any]]:
    """Return how many there are past the board, each with the list that it opens."""
    return [
        {"slug": slug, "label": label, "count": len(to_us(person).filter(state__in=states).values_list("pk")[:MOST])}
        for slug, (states, label) in LISTS.items()
    ]
