"""What officers decide on a pair of series; "same child" takes two of them, of different teams."""

import uuid

from django.utils.translation import gettext_lazy as _

from portal.access.identity import action
from portal.access.rights import check_roams
from portal.accounts.models import Membership, Person
from portal.audit import clock
from portal.casework.workflow import NotPossible, Transition, move
from victims import claims, questions
from victims.match_steps import MATCH
from victims.models import MatchDecision, SeriesPair

SECOND_OFFICER = _("A second officer, of another team, has to confirm: yours said it first.")


class Overtaken(Exception):
    """Somebody else decided while this was written."""


@action
def decide(*, pair_id: uuid.UUID, step: str, version: int, by: Person, reason: str) -> MatchDecision:
    """Take a step on a pair as it stood at this version of its decision (0 for none); raises Overtaken."""
    check_roams(by)
    claims.lock(pair_id)  # of two who decide at once, the second one meets what the first one said
    pair = claims.pair_open(pair_id)
    decision = decision_on(pair) or MatchDecision(pair=pair, version=0)
    if decision.version != version:
        raise Overtaken
    claims.demand_free(pair_id, by)
    transition = MATCH.named(step)
    if not reason:
        raise NotPossible(_("Say why, in one sentence."), "reason")
    stands_at = MATCH.state(decision).label
    if decision.state not in transition.sources:
        raise NotPossible(
            _("The pair stands at: %(state)s. That answer is not possible from there.") % {"state": stands_at}
        )
    if transition.second_person and shares_team(decision.decided_by, by):
        raise NotPossible(SECOND_OFFICER)
    first = decision.decided_by if decision.state == SeriesPair.State.PROPOSED else by
    sign(decision, transition, by, reason)
    move(decision, MATCH, transition)
    claims.give_back(pair_id=pair_id, by=by, reason="decided")
    questions.tell_first(decision, first, by)
    if decision.state == SeriesPair.State.PROPOSED:
        questions.ask_for_second(pair, by)
    return decision


def sign(decision: MatchDecision, transition: Transition, by: Person, reason: str) -> None:
    """Put down who says so and why; a second officer signs beside the first one."""
    now = clock.now()
    if decision._state.adding:
        decision.version = 1
    if transition.second_person:
        decision.confirmed, decision.confirmed_by, decision.confirm_reason = now, by, reason
    else:
        decision.decided, decision.decided_by, decision.reason = now, by, reason
        decision.confirmed, decision.confirmed_by, decision.confirm_reason = None, None, ""
    waits = transition.target == SeriesPair.State.PROPOSED
    decision.answer_by = questions.second_due(now, by) if waits else None


def shares_team(first: Person, second: Person) -> bool:
    """Return whether these are one person, or are in one team."""
    return first == second or Membership.objects.live().filter(person=first, team__in=second.team_ids).exists()


def decision_on(pair: SeriesPair) -> MatchDecision | None:
    """Return what was decided on a pair, with its officers."""
    people = ("decided_by__agency", "confirmed_by__agency")
    return MatchDecision.objects.select_related(*people).filter(pair=pair).first()


def steps_for(pair: SeriesPair, decision: MatchDecision | None, person: Person) -> list[Transition]:
    """Return the steps that this person may take on a pair from where it stands."""
    steps = MATCH.possible(pair)
    if decision and shares_team(decision.decided_by, person):
        return [step for step in steps if not step.second_person]
    return steps
