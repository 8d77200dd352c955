"""The generated files after a rescue: a bed, a plan, visits, a referral, a home, and the end of the file."""

import datetime
from typing import Any

from portal.access.identity import acting
from portal.access.sections import Section, Stage
from portal.accounts.roles import Role
from portal.audit import clock
from portal.demo import phrases, referring
from portal.demo.crowd import Cast, World, half_of
from portal.demo.police import Sought
from portal.demo.telling import Story
from portal.demo.world import DAY, today
from referrals import actions as sending
from referrals.models import Urgency
from shelters import actions as beds
from shelters.actions import Card, Taken
from victims import actions, care
from victims.models import Child, FollowUp, Whereabouts

S = Section
OFFICES = (("lisbon", 0), ("lisbon", 1), ("lisbon", 1), ("lisbon", 2), ("lisbon", 2), ("lakeside", 0), ("lakeside", 0))
KEEPERS = {"lisbon": "farol", "lakeside": "costa"}
VISITS = {1: 27, 2: 13.5, 3: 6.8}  # days, by risk: within the rules
MOST_VISITS = 25
STAY = 150  # days in a house, at most


class InCare(Sought):
    """A child whom social workers follow; found by police, or told of by a school, a doctor, a border guard."""

    def __init__(self, cast: Cast, world: World, number: int, *, to: str, day: float) -> None:
        super().__init__(cast, world, number, to=to, day=day)
        self.agency, self.officer = "protection", self.pick(Role.INVESTIGATOR, "protection")
        self.second = self.pick(Role.ANALYST, "gothia")
        self.office, self.team = OFFICES[number % len(OFFICES)]
        self.worker = self.pick(Role.SOCIAL_WORKER, self.office, self.team)
        self.supervisor = self.pick(Role.SUPERVISOR, self.office, self.team)
        self.level = self.chance.choice((1, 2, 2, 3))
        self.actions: list[Any] = []
        self.referral: Any = None
        self.ngo_worker = ""
        self.languages = self.chance.choice((["pt"], ["pt"], ["pt", "ar"], ["ar"], ["en", "sw"]))

    def found(self) -> Story:
        """By police, after a search; the child is handed over on the day of the rescue."""
        yield self.day
        child = self.begin_at(self.officer, Stage.SOUGHT)
        actions.link_series(child=child, series=self.chance.choice(self.world.series), by=self.cast[self.officer])
        for who in (self.analyst, self.second):
            yield self.after(2)
            self.enter(child, who, "clue", self.lead())
        yield from self.named(child)
        self.hand_over(child, self.worker)
        yield from self.cared_for(child)

    def told_of(self) -> Story:
        """By somebody who saw that something was wrong: the file begins with the rescue."""
        if self.to == "rescued":
            self.day = self.chance.uniform(0.3, 2.5)
        yield self.day
        child = self.begin_at(
            self.worker,
            Stage.RESCUED,
            is_known=True,
            languages=self.languages,
            contact_safely=self.chance.choice(phrases.SAFELY),
        )
        self.add(child, S.IDENTITY, self.worker, family_name="Invented", given_names=self.name, birth_source="family")
        self.add(child, S.LEGAL, self.worker, basis="parental", number="", court="", issued=today())
        yield from self.cared_for(child)

    def cared_for(self, child: Child) -> Story:
        """From the first night on."""
        stay = self.bed(child) if self.chance.random() < 0.7 else None
        if stay is None:
            self.lives(child, "kinship", self.chance.choice(phrases.PLACES))
        if self.to == "rescued" and self.day < 0.9:
            return
        yield self.after(0.8)
        self.contact(child)
        if self.to == "rescued":
            self.assess(child, "initial", self.level)
            self.finish_tasks(child, self.worker, "authority_24h", "medical_72h")
            return
        self.assess(child, "initial", self.level)
        self.finish_tasks(child, self.worker, "medical_72h", "authority_24h", "first_contact")
        self.step(child, "stage", "take_into_care", self.worker)
        if self.chance.random() < 0.4:
            self.add(child, S.SUMMARY, self.worker, text=self.chance.choice(phrases.FLAGS))
        if self.day > 7:
            yield self.after(5)
            yield from self.planned_for(child)
        yield from self.visited(child, stay)
        if self.to != "closed" and (self.team == 0 or self.chance.random() < 0.8):  # the others are late with something
            yield 0.3
            self.contact(child)
            while any(one.due < today() + 2 * DAY for one in self.actions):
                self.finish_one()
            self.finish_tasks(child, self.worker, before=clock.now() + 2 * DAY)

    def bed(self, child: Child) -> Any:
        """Hold a bed and have the house admit the child; nothing where five houses are full."""
        keeper = KEEPERS[self.office]
        houses = self.world.houses[keeper][half_of(self.number) :: 2]  # of its own process, else a race gives the beds
        for house in self.chance.sample(houses, min(5, len(houses))):
            try:
                held = beds.hold(
                    child_id=child.pk,
                    shelter=house,
                    card=Card(sex=self.sex, age_band=self.age_band, languages=tuple(self.languages)),
                    by=self.cast[self.worker],
                )
            except Taken:
                continue
            return beds.admit(placement=held, by=self.cast[self.pick(Role.SHELTER_WORKER, keeper)])
        return None

    def lives(self, child: Child, kind: str, place: str) -> None:
        """Write where the child lives from this day."""
        values = {"care_type": kind, "place": place, "phone": "", "since": today()}
        by = self.cast[self.worker]
        with acting(by):
            record = Whereabouts.objects.filter(child_id=child.pk).first()
        if record is None:
            self.add(child, S.WHEREABOUTS, self.worker, **values)
        else:
            actions.change(record=record, values=values, by=by, reason="lives somewhere else now")

    def contact(self, child: Child, *, by: str = "", made: bool = True) -> None:
        """Record a contact, or a try."""
        values: dict[str, Any] = {"mode": self.chance.choice(("visit", "visit", "came", "distance")), "on": today()}
        if made:
            values |= {
                "result": FollowUp.Result.DONE,
                "seen_alone": self.chance.choice((1, 1, 2)),
                "is_safe": True,
                "wishes": self.chance.choice(phrases.WISHES),
                "text": self.chance.choice(phrases.CONTACTS),
            }
        else:
            values |= {"result": FollowUp.Result.ATTEMPTED, "text": "Nobody opened."}
        care.record_contact(child_id=child.pk, values=values, by=self.cast[by or self.worker])

    def assess(self, child: Child, kind: str, level: int) -> None:
        """Record how the child is doing."""
        scores = {}
        for domain in ("safety", "health", "mental_health", "education", "family"):
            score = min(4, max(1, 4 - level + self.chance.choice((0, 1, 1, 2))))
            scores[domain] = {"score": score, "why": "Seen at the visit, and said by the child." if score < 3 else ""}
        values = {"kind": kind, "on": today(), "level": level, "scores": scores, "text": ""}
        care.record_assessment(child_id=child.pk, values=values, by=self.cast[self.worker])

    def planned_for(self, child: Child) -> Story:
        """The full assessment, the plan, its goals and actions; the supervisor agrees."""
        by = self.cast[self.worker]
        self.assess(child, "comprehensive", self.level)
        words = self.chance.choice(phrases.WISHES)
        values = {"words": words, "agreed_by_child": True, "language": self.languages[0], "review_on": None}
        plan = care.start_plan(child_id=child.pk, values=values, by=by)
        with acting(by):
            lacking = care.without_goal(plan)
        known = {need: rest for need, *rest in phrases.GOALS}
        for need in dict.fromkeys([*lacking, self.chance.choice(phrases.GOALS)[0]]):
            title, own, _other = known.get(need, ("Be safe, and feel safe", "Agree on a safe person to ring", ""))
            goal = care.add_goal(plan=plan, values={"title": title, "domain": need, "words": ""}, by=by)
            due = today() + datetime.timedelta(days=self.chance.randint(20, 80))
            values = {"title": own, "team": self.cast.team(self.worker), "person": by, "due": due}
            done = care.add_action(goal=goal, values=values, by=by)
            self.actions.append(done)
        care.send_plan(plan=plan, by=by)
        yield self.after(1)
        self.sees(child, self.supervisor, S.SUMMARY, S.CARE)
        care.decide_plan(plan=plan, agrees=True, by=self.cast[self.supervisor])

    def visited(self, child: Child, stay: Any) -> Story:
        """Visits by risk, entries by others, a referral, reviews: until today, or until the child goes home."""
        for number in range(MOST_VISITS):
            gap = VISITS[self.level] * self.chance.uniform(0.85, 1.0)
            if self.day < gap:
                break
            yield self.after(gap)
            self.contact(child, made=self.chance.random() > 0.08)
            self.sees(child, self.supervisor, S.SUMMARY)
            yield from self.between(child, number)
            if number % 3 == 2:
                self.level = max(1, self.level - 1)
                self.assess(child, "review", self.level)
                self.finish_tasks(child, self.worker, "plan_review")
            if self.to in ("follow_up", "closed") and number >= 5:
                break
        if self.to in ("follow_up", "closed"):
            yield from self.goes_home(child, stay)

    def between(self, child: Child, number: int) -> Story:
        """What others do between two visits."""
        if number == 0 and self.office == "lisbon":
            self.refer(child)
            yield self.after(0.8)
            self.answer(child)
        if number in (1, 2, 3, 5, 6, 8):
            self.finish_one()
        if self.chance.random() < 0.2:
            self.add(child, S.CARE, self.worker, on=today(), kind="school", text=self.chance.choice(phrases.SCHOOL))

    def refer(self, child: Child) -> None:
        """Refer the child to a service of the network."""
        service, line = self.chance.choice(self.world.services), self.chance.choice(phrases.REFERRED)
        self.referral = referring.refer(child.pk, service, self.cast[self.worker], line, Urgency.DAYS)

    def answer(self, child: Child) -> None:
        """The service claims the referral; it accepts and begins, or declines."""
        who = self.chance.choice(self.cast.of(Role.NGO_WORKER, "aurora"))
        by = self.cast[who]
        referral = sending.claim(referral=self.referral, by=by)
        if self.chance.random() < 0.2:
            sending.decline(referral=referral, why=self.chance.choice(phrases.DECLINES), by=by)
            self.referral = None
            return
        first = today() + datetime.timedelta(days=5)
        referral = sending.accept(referral=referral, worker=by, first_on=first, by=by)
        self.referral = sending.start(referral=referral, by=by)
        self.ngo_worker = who
        self.sees(child, who, S.SUMMARY, S.CARE)

    def finish_one(self) -> None:
        """Do one action of the plan."""
        if self.actions:
            outcome = self.chance.choice(phrases.OUTCOMES)
            care.take_action(plan_action=self.actions.pop(0), name="finish", by=self.cast[self.worker], reason=outcome)

    def goes_home(self, child: Child, stay: Any) -> Story:
        """The stay ends, the child lives with relatives, and is visited less; after that the file may be closed."""
        yield self.after(3)
        if stay is not None:
            beds.end(placement=stay, at=clock.now() - DAY / 24, why="kinship_or_foster", by=self.cast[self.worker])
        self.lives(child, "kinship", self.chance.choice(phrases.PLACES))
        if self.referral is not None and self.ngo_worker:
            outcome = self.chance.choice(phrases.OUTCOMES)
            sending.finish(referral=self.referral, attended=True, outcome=outcome, by=self.cast[self.ngo_worker])
        elif self.referral is not None:
            sending.take_back(referral=self.referral, name="withdraw", by=self.cast[self.worker], reason="Goes home.")
        self.step(child, "stage", "start_follow_up", self.worker)
        most = 3 if self.to == "closed" else MOST_VISITS
        while self.day > 31 and most:
            yield self.after(29)
            self.contact(child)
            most -= 1
        if self.to == "closed":
            yield self.after(2)
            self.close(child)

    def close(self, child: Child) -> None:
        """Nothing is open any more, and the child is well."""
        while self.actions:
            self.finish_one()
        self.assess(child, "before_closure", 1)
        self.finish_tasks(child, self.worker)
        self.step(
            child, "stage", "close", self.worker, "Lives with relatives, goes to school, and wants no more visits."
        )
