"""What the team that holds a series is asked about a pair, and who is told that a second officer is needed."""

import datetime
import uuid
from typing import Any

from django.db import connection
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from portal.access import work
from portal.access.identity import Refused, action
from portal.access.rights import check_roams
from portal.access.work import tell
from portal.accounts.models import Person, Team
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.due_rules import moment_due, rule_for
from portal.casework.models import Notice, Task
from portal.casework.workflow import NotPossible
from victims.claims import lock, pair_open
from victims.models import MatchDecision, MatchQuestion, Series, SeriesPair

KIND = "match_question"  # of the task; the policies of tasks know it
TITLE = gettext_noop("Answer a question on a match")
RULE = gettext_noop("The team that holds a series is asked to look at its files.")
MOST_TOLD = 50  # people of one notice


def officers(pair: SeriesPair) -> list[tuple[uuid.UUID, uuid.UUID, bool]]:
    """Return who may see the pair in the agencies that hold it: person, team, and whether a colleague of the asker."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT person_id, team_id, ours FROM access.officers_of_pair(%s)", [pair.pk])
        return cursor.fetchall()


def named(ids: list[uuid.UUID]) -> list[Person]:
    """Return these people, each once."""
    return list(Person.objects.filter(pk__in=ids).order_by("pk")[:MOST_TOLD])


# --- a second officer -----------------------------------------------------------------------------------------------


def ask_for_second(pair: SeriesPair, by: Person) -> None:
    """Tell the certified people of other teams of the two agencies that a second officer is asked for."""
    tell(named(others_of(pair)), "second_officer", [by.short_name], level=Notice.Level.ACT, subject_id=pair.pk)


def others_of(pair: SeriesPair) -> list[uuid.UUID]:
    """Return who of the agencies that hold the pair may see it and is in no team of the person who asks."""
    return [person for person, _team, ours in officers(pair) if not ours]


def tell_first(decision: MatchDecision, first: Person, by: Person) -> None:
    """Tell the officer who said it first what another one answered."""
    if first != by:
        tell([first], "second_officer_said", [by.short_name], subject_id=decision.pair_id)  # type: ignore[attr-defined]


def second_due(since: datetime.datetime, first: Person) -> datetime.datetime | None:
    """Return until when a second officer should answer, by the rule of the first one's agency."""
    rule = rule_for("match_second_officer_24h", first.agency_id)  # type: ignore[attr-defined,misc]
    return moment_due(rule, since, first.agency.time_zone) if rule else None


# --- questions to the holder ----------------------------------------------------------------------------------------


def holders_to_ask(pair: SeriesPair, person: Person) -> list[Series]:
    """Return the series of the pair that another team holds, each team once; not while a question waits for its answer."""
    sides = {series.owner.pk: series for series in (pair.series_a, pair.series_b)}
    waiting = set(MatchQuestion.objects.filter(pair=pair, answer=None).values_list("team", flat=True))
    return [series for team, series in sides.items() if team not in person.team_ids | waiting]


@action
def ask(*, pair_id: uuid.UUID, team: Team, question: str, by: Person, reason: str = "") -> MatchQuestion:
    """Ask the team that holds a series to look: recorded, a task for the team and a notice to those who may see the pair."""
    check_roams(by)
    lock(pair_id)
    pair = pair_open(pair_id)
    told = named([person for person, asked, ours in officers(pair) if asked == team.pk and not ours])
    if not told:
        words = _("Nobody of %(team)s may see both series. Ask by another way.")
        raise NotPossible(words % {"team": team.label}, "question")
    if MatchQuestion.objects.filter(pair=pair, team=team, answer=None).exists():
        raise NotPossible(_("%(team)s was asked and has not answered yet.") % {"team": team.label}, "question")
    task = work.add_task(kind=KIND, title=TITLE, rule=RULE, team=team, by=by)
    made = MatchQuestion(pair=pair, team=team, task=task, question=question, asked=clock.now(), asked_by=by)
    made.save(force_insert=True)
    tell(told, "match_question", [by.short_name], level=Notice.Level.ACT, subject_id=pair.pk)
    return made


@action
def answer(*, question: MatchQuestion, choice: int, words: str, by: Person, reason: str = "") -> MatchQuestion:
    """Answer for the team that was asked; its task is done with it."""
    check_roams(by)
    question = MatchQuestion.objects.select_for_update(of=("self",)).select_related("asked_by").get(pk=question.pk)
    if question.team_id not in by.team_ids:  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", "not_the_team_asked", entity_id=question.pk), known=False)
    if question.answer is not None:
        raise NotPossible(_("Somebody of your team has answered already."))
    question.answer, question.words, question.answered, question.answered_by = choice, words, clock.now(), by
    question.save()
    work.end_task(task=question.task, by=by, reason="answered")
    tell([question.asked_by], "match_answered", [by.short_name], subject_id=question.pair_id)  # type: ignore[attr-defined]
    return question


def questions_on(pair: SeriesPair, person: Person) -> list[dict[str, Any]]:
    """Return what was asked about a pair, newest first, and whether the person may answer it."""
    people = ("team__agency", "asked_by__agency", "answered_by__agency")
    found = MatchQuestion.objects.filter(pair=pair).select_related(*people).order_by("-pk")[:20]
    return [
        {"one": one, "may_answer": one.answer is None and one.team_id in person.team_ids}  # type: ignore[attr-defined]
        for one in found
    ]


def pages_of(tasks: list[Task]) -> dict[uuid.UUID, str]:
    """Return where the questions behind tasks are answered, by task."""
    asked = [task.pk for task in tasks if task.kind == KIND]
    found = MatchQuestion.objects.filter(task__in=asked, answer=None) if asked else ()
    return {one.task_id: reverse("victims:match_question", args=[one.pair_id, one.pk]) for one in found}  # type: ignore[attr-defined]
