"""The generated files before a rescue: from an unknown face in a series to the hand-over of a child."""

from collections.abc import Iterator
from typing import Any

from portal.access.actions import accept
from portal.access.fresh_codes import Proof
from portal.access.identity import acting
from portal.access.models import Grant
from portal.access.sections import Section, Stage
from portal.accounts.roles import Role
from portal.audit import clock
from portal.demo import phrases
from portal.demo.crowd import Cast, Generated, World
from portal.demo.telling import Story
from portal.demo.world import DAY, today
from referrals import hand_overs
from referrals.models import HandOverItem
from victims import actions, identification, rescues
from victims.models import Child

S = Section
WEEK = 6.5  # days: receipts of newer hand-overs are made when the demonstration starts
OPEN_ENDS = (
    "unidentified",
    "unidentified",
    "unidentified",
    "candidate",
    "candidate",
    "elsewhere",
    "not_a_child",
    "adult",
)


class Sought(Generated):
    """A child whom police look for; ends where its number says."""

    def __init__(self, cast: Cast, world: World, number: int, *, to: str, day: float) -> None:
        super().__init__(cast, world, number)
        self.to = to
        self.day = day
        self.opener = ""
        self.agency = self.chance.choice(("protection", "protection", "gothia"))
        self.officer = self.pick(Role.INVESTIGATOR, self.agency)
        self.analyst = self.pick(Role.ANALYST, "ottawa")
        self.second = self.pick(Role.ANALYST, "gothia" if self.agency == "protection" else "protection")

    def after(self, days: float) -> float:
        """Return the moment so many days later, or now if that would be in the future."""
        self.day = max(self.day - days, 0.02)
        return self.day

    def story(self) -> Story:
        """Tell it to where it ends."""
        yield self.day
        by = self.analyst if self.to in OPEN_ENDS and self.chance.random() < 0.6 else self.officer
        self.opener = by
        child = self.begin_at(by, Stage.SOUGHT)
        series = self.chance.choice(self.world.series)
        actions.link_series(child=child, series=series, by=self.cast[by])
        for _ in range(self.chance.randint(1, 3)):
            yield self.after(self.day * self.chance.uniform(0.05, 0.25))
            self.enter(child, self.chance.choice((self.analyst, self.officer, self.second)), "clue", self.lead())
            self.sees(child, self.second, S.SUMMARY, S.INVESTIGATION)
        yield from self.named(child) if self.to != "unidentified" else ()

    def named(self, child: Child) -> Story:
        """A candidate, and what becomes of it."""
        yield self.after(self.day * 0.15)
        self.enter(child, self.analyst, "lead", self.lead())
        self.step(child, "identity", "propose", self.analyst, self.chance.choice(phrases.WHY_CANDIDATE))
        ends = {
            "elsewhere": ("identified_elsewhere", phrases.WHY_ELSEWHERE),
            "not_a_child": ("not_a_child", phrases.WHY_NOT_A_CHILD),
            "adult": ("adult_now", phrases.WHY_ADULT),
        }
        if self.to == "candidate":
            return
        yield self.after(self.day * 0.2)
        if self.to in ends:
            name, why = ends[self.to]
            self.step(child, "identity", name, self.opener, why)
            return
        yield from self.located(child)

    def located(self, child: Child) -> Story:
        """The identity is probable, a second officer confirms it, and the child is located."""
        why = self.chance.choice(phrases.WHY_PROBABLE)
        team = self.cast.team(self.officer)
        keepers = [self.cast.team(self.analyst), self.cast.team(self.second)]
        identification.make_probable(
            child=self.fresh(child, self.officer), keepers=keepers, owner=team, by=self.cast[self.officer], reason=why
        )
        for other in (self.analyst, self.second):
            self.accept_offer(child, other)
        yield self.after(0.6)
        why = self.chance.choice(phrases.WHY_CONFIRMED)
        self.step(child, "identity", "confirm", self.second, why)
        yield self.after(1.5)
        if self.to == "located":  # its rescue is to be planned within three days
            self.day = min(self.day, self.chance.uniform(0.3, 2.5))
            yield self.day
        self.step(child, "stage", "locate", self.officer)
        place = f"Invented street {self.chance.randint(2, 90)}"
        self.add(child, S.WHEREABOUTS, self.officer, care_type="parents", place=place, since=today())
        self.add(
            child, S.IDENTITY, self.officer, family_name="Invented", given_names=self.name, birth_source="document"
        )
        self.suspect(child)
        if self.to != "located":
            yield from self.planned(child)

    def accept_offer(self, child: Child, by: str) -> None:
        """Accept what was offered to the person's team."""
        with acting(self.cast[by]):
            offered = list(Grant.objects.filter(child_id=child.pk, team=self.cast.team(by), accepted=None, ended=None))
        for grant in offered:
            accept(grant=grant, by=self.cast[by])

    def suspect(self, child: Child) -> None:
        """Write down who is suspected."""
        self.add(
            child,
            S.SUSPECTS,
            self.officer,
            known_as=self.chance.choice(phrases.NICKNAMES),
            relationship=self.chance.choice(("neighbour", "family", "online", "unknown")),
            custody=self.chance.choice(("wanted", "in_custody", "bail")),
            text="Uses the same nickname on two services.",
        )

    def planned(self, child: Child) -> Story:
        """The rescue is planned, and takes place."""
        yield self.after(2)
        self.step(child, "stage", "plan_rescue", self.officer)
        self.sees(child, self.officer, S.SUMMARY, S.WHEREABOUTS)
        if self.to != "planned":
            yield self.after(3)
            self.rescue(child)

    def rescue(self, child: Child) -> None:
        """Record the rescue; the child goes on in another story, from here."""
        rescues.record_rescue(
            child=self.fresh(child, self.officer),
            values={
                "at": clock.now() - DAY / 48,
                "operation": self.chance.choice(phrases.OPERATIONS),
                "lead_agency": self.cast[self.officer].agency.name,
                "legal_basis": self.chance.choice(("court_order", "police_power", "emergency")),
                "order_number": f"{self.chance.randint(10, 900)}/26",
                "present": ["police", "social_worker", "interpreter"],
                "force_used": 1,
                "condition": self.chance.choice((["distress"], ["distress", "hunger"], [])),
                "evidence_reference": f"Bag {self.chance.randint(1000, 9999)}",
            },
            by=self.cast[self.officer],
        )

    def hand_over(self, child: Child, receiver: str) -> Any:
        """Hand the child over: begun, ticked on both sides, signed twice."""
        giver, taker = self.cast[self.officer], self.cast[receiver]
        one = hand_overs.start(child=self.fresh(child, self.officer), team=self.cast.team(receiver), by=giver)
        hand_overs.tell_how(
            hand_over=one, how="Tired, ate a little. Speaks softly; sit beside, not in front.", by=giver
        )
        for item in self.items(one, giver):
            hand_overs.tick(item=item, count=self.chance.randint(0, 2), by=giver)
        hand_overs.sign_given(hand_over=one, proof=Proof(giver), by=giver)
        for item in self.items(one, taker):
            hand_overs.tick(item=item, count=item.given, side="received", by=taker)
        done = hand_overs.sign_received(hand_over=one, proof=Proof(taker), by=taker)
        if self.day > WEEK:
            self.stop_jobs(self.officer, receiver)
        return done

    def items(self, one: Any, by: Any) -> Iterator[HandOverItem]:
        """Return what goes along, as one side reads it."""
        with acting(by):
            return iter(list(HandOverItem.objects.filter(hand_over=one).select_related("hand_over")))
