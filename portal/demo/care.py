"""How two children of the demonstration are cared for: assessed, planned, visited, reviewed, always within the time limits."""

import datetime
from collections.abc import Callable
from functools import partial
from typing import Any

from portal.access import work
from portal.access.identity import acting
from portal.accounts.models import Person
from portal.casework.models import Notice
from portal.demo.telling import Story
from portal.demo.world import today
from victims import care
from victims.models import Child, PlanAction

WHY = {1: "Needs somebody today.", 2: "Better than before, not yet safe.", 3: "", 4: ""}

# Days ago: kind of assessment, and scores of safety, mental health, care arrangement, health, education, risk of return.
DOMAINS = ("safety", "mental_health", "care_arrangement", "health", "education", "return")
MIRA = {
    143: ("comprehensive", (1, 1, 1, 2, 1, 1)),
    110: ("review", (2, 1, 2, 2, 1, 1)),
    80: ("review", (3, 1, 2, 3, 2, 2)),
    53: ("review", (3, 2, 2, 3, 3, 2)),
    26: ("review", (2, 2, 2, 4, 4, 2)),
}
LARK = {
    374: ("comprehensive", (2, 2, 2, 3, 2, 2)),
    285: ("review", (3, 2, 3, 3, 3, 3)),
    200: ("review", (3, 3, 3, 4, 3, 3)),
    115: ("review", (4, 3, 4, 4, 4, 3)),
    30: ("review", (4, 4, 4, 4, 4, 4)),
}
GOALS_OF_MIRA = (
    ("Mira is safe from the people who hurt her", "safety", "I do not want him to find me."),
    ("She sleeps and is less afraid", "mental_health", "I want to sleep without the light."),
    ("Family she can trust", "care_arrangement", "I want to see my aunt on Sundays."),
    ("Nobody can lure her away again", "return", ""),
    ("She is healthy", "health", ""),
    ("She goes to school", "education", "To stay at the same school."),
)
ACTIONS_OF_MIRA = (  # goal, what, who, due in days from now, and what came of it
    (0, "Safety plan before the release on 14 January", "Ferreira", 38, ""),
    (0, "Letter to the court on contact", "Salgado", -7, ""),
    (0, "Teach her the three numbers to ring", "Brandt", -18, "She knows them by heart and rang one."),
    (1, "Talk about fear, 24 hours", "Haddad", 120, ""),
    (1, "Night routine agreed with her key worker", "Brandt", -12, "She sleeps through most nights."),
    (2, "Assess the aunt as a carer", "Ferreira", 6, ""),
    (4, "Check weight and height", "Osei", -9, "As it should be for her age."),
    (5, "Place in year four", "Haddad", -20, "Back at school since Monday."),
)
GOALS_OF_LARK = (
    ("Lark is at home and safe", "safety", "I want to stay with my grandmother."),
    ("She talks about what happened", "mental_health", ""),
    ("The grandmother is supported", "care_arrangement", ""),
    ("She goes to school", "education", ""),
    ("She knows whom to call", "return", ""),
)


class Carers:
    """Those who assess, plan, approve and visit, each thing on its day."""

    def __init__(self, people: Any, child: Child, risk: int) -> None:
        self.people, self.child, self.risk = people, child, risk
        self.days: list[tuple[int, Callable[[], None]]] = []

    @property
    def writer(self) -> Person:
        return self.people["Ferreira"]

    def on(self, days: int, act: Callable[[], None]) -> None:
        """Note what happens so many days ago."""
        self.days.append((days, act))

    def story(self) -> Story:
        """Let everything happen in the order of the days."""
        for days, act in sorted(self.days, key=lambda noted: -noted[0]):
            yield days
            act()

    def assess(self, kind: str, scores: tuple[int, ...]) -> None:
        """Assess the child."""
        found = {code: {"score": one, "why": WHY[one]} for code, one in zip(DOMAINS, scores, strict=True)}
        values = {"kind": kind, "on": today(), "level": self.risk, "scores": found}
        care.record_assessment(child_id=self.child.pk, values=values, by=self.writer, reason="")

    def plan(self, words: str, goals: tuple[tuple[str, str, str], ...] = ()) -> None:
        """Write a plan, the first one with its goals, and have it approved."""
        values = {"words": words, "agreed_by_child": True, "agreed_by_guardian": True, "language": "pt"}
        plan = care.start_plan(child_id=self.child.pk, values=values, by=self.writer, reason="")
        for title, domain, said in goals:
            given = {"title": title, "domain": domain, "words": said}
            care.add_goal(plan=plan, values=given, by=self.writer, reason="")
        care.send_plan(plan=plan, by=self.writer, reason="sent for approval")
        care.decide_plan(plan=plan, agrees=True, by=self.people["Pinto"], reason="")
        with acting(self.writer):
            told = list(Notice.objects.filter(person=self.writer, kind="plan_decided", seen=None))
        for notice in told:
            work.note_seen(notice=notice, by=self.writer, reason="")

    def meet(self, **more: Any) -> None:
        """Meet the child, alone and safe unless it is said otherwise."""
        values = {"mode": "visit", "on": today(), "result": 1, "seen_alone": 1, "is_safe": True} | more
        care.record_contact(child_id=self.child.pk, values=values, by=self.writer, reason="")

    def ask(self, place: int, title: str, family: str, days: int) -> None:
        """Ask somebody's team for something towards a goal."""
        with acting(self.writer):
            plan: Any = care.newest_plan(self.child.pk)
            goal = plan.goals.select_related("plan").order_by("pk")[place]
        due = today() + datetime.timedelta(days=days)
        values = {"title": title, "team": self.people.team(family), "person": None, "due": due}
        care.add_action(goal=goal, values=values, by=self.writer, reason="")

    def finish(self, title: str, family: str, result: str) -> None:
        """Say what came of an action, as its team."""
        by = self.people[family]
        with acting(by):
            one = PlanAction.objects.get(child_id=self.child.pk, title=title)
        care.take_action(plan_action=one, name="finish", by=by, reason=result)


def followed(
    carers: Carers, assessed: dict[int, tuple[str, tuple[int, ...]]], goals: Any, words: str, every: int
) -> None:
    """Assess, plan, review and visit a child from the first day of care on."""
    first, *reviews = assessed
    carers.on(first + 5, partial(carers.assess, "initial", assessed[first][1]))
    for days, (kind, scores) in assessed.items():
        carers.on(days, partial(carers.assess, kind, scores))
    carers.on(first - 2, partial(carers.plan, words, goals))
    for days in reviews:
        carers.on(days, partial(carers.plan, words))
    for days in range(first - 2, 5, -every):
        carers.on(days, carers.meet)


def mira(people: Any, child: Child) -> Story:
    """High risk: visited every week, reviewed every month; one action late, at another agency."""
    carers = Carers(people, child, risk=3)
    followed(carers, MIRA, GOALS_OF_MIRA, "I will try. I want to stay at my school.", every=7)
    asked = 118
    for place, title, family, days, result in ACTIONS_OF_MIRA:
        carers.on(asked, partial(carers.ask, place, title, family, days + asked))
        if result:
            carers.on(1 - days, partial(carers.finish, title, family, result))
    wish = "To stay at the same school and see my aunt on Sundays."
    carers.on(5, partial(carers.meet, wishes=wish, text="Sleeps well; asked about her aunt."))
    carers.on(3, partial(carers.meet, mode="distance", result=2, seen_alone=None, is_safe=None))
    carers.on(2, partial(carers.meet, mode="distance", seen_alone=2, text="Asked when the aunt may come."))
    return carers.story()


def lark(people: Any, child: Child) -> Story:
    """Low risk: visited every four weeks, doing well."""
    carers = Carers(people, child, risk=1)
    followed(carers, LARK, GOALS_OF_LARK, "I want to be at home.", every=28)
    return carers.story()
