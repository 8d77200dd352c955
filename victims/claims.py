"""Claiming a pair of series, one officer at a time, for two hours: what waits for a second officer first, then the strongest."""

import datetime
import uuid
from collections.abc import Iterable
from typing import Any

from django.db import connection
from django.db.models import F
from django.utils.translation import gettext as _

from portal.access.identity import Refused, action
from portal.access.rights import check_roams
from portal.accounts.models import Membership, Person
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.templatetags.portal import hour
from portal.casework.workflow import NotPossible
from victims import match_review as review
from victims.match_steps import MATCH
from victims.models import MatchClaim, SeriesPair

S = SeriesPair.State
HOURS = datetime.timedelta(hours=2)
TO_WEIGH = (S.WAITING, S.PROPOSED, S.CANNOT_TELL)
NEWEST = 1000  # pairs among which the strongest is looked for
WEIGHED = 12  # of them, those with the most files, whose other evidence is read


def lock(pair_id: uuid.UUID, *, waits: bool = True) -> bool:
    """Let one officer at a time claim or decide on a pair; without waiting, return whether it was free."""
    function = "pg_advisory_xact_lock" if waits else "pg_try_advisory_xact_lock"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {function}(hashtextextended(%s, 0))", [f"pair {pair_id}"])
        return cursor.fetchone()[0] is not False


def pair_open(pair_id: uuid.UUID) -> SeriesPair:
    """Return the pair, if it is open to the person."""
    pair = SeriesPair.objects.filter(pk=pair_id).first()
    if pair is None:
        refused = Event(
            "refusal", "E", "refused", "not_there_or_not_open", entity="victims.seriespair", entity_id=pair_id
        )
        raise Refused(refused, known=False)
    return pair


def live(pair_ids: Iterable[uuid.UUID]) -> dict[uuid.UUID, MatchClaim]:
    """Return the claims that run on these pairs, by pair."""
    found = MatchClaim.objects.filter(pair__in=list(pair_ids), until__gt=clock.now()).select_related("person__agency")
    return {claim.pair_id: claim for claim in found}  # type: ignore[attr-defined]


def claim_on(pair_id: uuid.UUID) -> MatchClaim | None:
    """Return the claim that runs on a pair."""
    return live([pair_id]).get(pair_id)


def demand_free(pair_id: uuid.UUID, person: Person) -> None:
    """Raise where somebody else weighs the pair."""
    claim = claim_on(pair_id)
    if claim is not None and claim.person != person:
        words = _("%(name)s weighs this pair since %(since)s. It is free at %(until)s at the latest.")
        names = {"name": claim.person.short_name, "since": hour(claim.since), "until": hour(claim.until)}
        raise NotPossible(words % names)


@action
def claim(*, pair_id: uuid.UUID, by: Person, reason: str = "") -> MatchClaim:
    """Claim a pair for two hours; raises NotPossible while somebody else weighs it, or once it is decided."""
    check_roams(by)
    lock(pair_id)
    return taken(pair_open(pair_id), by)


def taken(pair: SeriesPair, by: Person) -> MatchClaim:
    """Claim the pair, which the caller has locked."""
    demand_free(pair.pk, by)
    if pair.state not in TO_WEIGH:
        raise NotPossible(_("The pair stands at: %(state)s. Nobody weighs it.") % {"state": MATCH.state(pair).label})
    if pair.state == S.PROPOSED and pair.decision.decided_by_id in colleagues(by):  # type: ignore[attr-defined]
        raise NotPossible(_("Your team said it first. The pair waits for an officer of another team."))
    now = clock.now()
    made = MatchClaim.objects.filter(pair=pair).first() or MatchClaim(pair=pair)
    made.person, made.since, made.until = by, now, now + HOURS
    made.save()
    return made


@action
def give_back(*, pair_id: uuid.UUID, by: Person, reason: str = "") -> None:
    """Give a pair back that one claimed; nothing where the claim has ended."""
    check_roams(by)
    mine = MatchClaim.objects.select_for_update(of=("self",)).filter(pair=pair_id, person=by).first()
    if mine is None:
        pair_open(pair_id)
    elif mine.until > clock.now():
        mine.until = clock.now()
        mine.save()


@action
def claim_next(*, by: Person, reason: str = "") -> MatchClaim | None:
    """Claim what waits for a second officer, else the pair with the strongest evidence; nothing where none is free."""
    check_roams(by)
    for pair in strongest_first(by):
        if not lock(pair.pk, waits=False):
            continue  # somebody claims or decides it at this moment
        pair.refresh_from_db()
        if pair.state in (S.WAITING, S.PROPOSED) and claim_on(pair.pk) is None:
            return taken(pair, by)
    return None


def strongest_first(person: Person) -> list[SeriesPair]:
    """Return pairs that wait for this person: those that need a second officer, then by what speaks for the same child.

    Kinds of evidence are counted by their words, strong before fair; files break the tie. Pairs with few files among
    thousands of waiting ones come later than their marks and objects deserve: what is not read is not ranked.
    """
    waiting = list(free_pairs(person).order_by("-pk")[:NEWEST])
    second = [pair for pair in waiting if pair.state == S.PROPOSED]
    others = sorted(
        (pair for pair in waiting if pair.state == S.WAITING), key=lambda pair: pair.identical + pair.near, reverse=True
    )
    second.sort(key=lambda pair: pair.decision.decided)  # type: ignore[attr-defined]
    read = others[:WEIGHED]
    files = own_files(read)
    read.sort(key=lambda pair: weight(pair, files.get(pair.pk, 0)), reverse=True)
    return [*second, *read, *others[WEIGHED:]]


def free_pairs(person: Person) -> Any:
    """Return the pairs that wait for this person and that nobody else weighs."""
    pairs: Any = SeriesPair.objects.filter(state__in=(S.WAITING, S.PROPOSED)).select_related("decision")
    taken_by_others = MatchClaim.objects.filter(until__gt=clock.now()).exclude(person=person).values("pair")
    pairs = pairs.exclude(series_a=F("series_b")).exclude(pk__in=taken_by_others)
    return pairs.exclude(state=S.PROPOSED, decision__decided_by__in=colleagues(person))


def colleagues(person: Person) -> set[uuid.UUID]:
    """Return the person and everybody who is in a team with the person."""
    mine = Membership.objects.live().filter(team__in=person.team_ids)
    return {person.pk, *mine.values_list("person_id", flat=True)}


def own_files(pairs: list[SeriesPair]) -> dict[uuid.UUID, int]:
    """Return how many files of each pair are not passed around widely, counted no further than a thousand."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pair_id, files FROM access.own_files(%s)", [[pair.pk for pair in pairs]])
        return dict(cursor.fetchall())


def weight(pair: SeriesPair, files: int) -> tuple[int, int, int]:
    """Return how many kinds of evidence are strong, how many agree, and how many files are alike."""
    clues = review.clue_pairs(pair.series_a_id, pair.series_b_id)  # type: ignore[attr-defined]
    identifiers = review.identifier_pairs(pair.series_a_id, pair.series_b_id)  # type: ignore[attr-defined]
    kinds = [
        review.strength_of_files(files, pair.identical + pair.near),
        review.strength_of_clues(clues),
        review.strength_of_identifiers(identifiers),
    ]
    return kinds.count(review.STRONG), sum(bool(kind and kind.agrees) for kind in kinds), files
