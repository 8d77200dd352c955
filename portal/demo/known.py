"""The four files that the walk through the demonstration follows, told by hand."""

import datetime
from typing import Any

from portal.access import work
from portal.access.sections import Section, Stage
from portal.accounts.models import Person
from portal.audit import clock
from portal.demo import referring
from portal.demo.telling import Story
from portal.demo.world import DAY, Cast, Teller, today
from referrals import actions as sending
from referrals.models import Urgency
from victims import actions, attachments
from victims.models import Child

S = Section
WORKER = "Ferreira"


class Known(Teller):
    """Mira, Noor, Tern and Lark, and where they were referred to."""

    def __init__(self, cast: Cast) -> None:
        super().__init__(cast)
        self.files: dict[str, Any] = {}

    def stories(self) -> list[Story]:
        return [self.mira(), self.noor(), self.tern(), self.lark(), self.referrals()]

    def open(self, name: str, by: str, stage: Stage, **more: Any) -> Child:
        child = super().open(name, by, stage, **more)
        self.files[name] = child.pk
        return child

    def referrals(self) -> Story:
        """A directory of three services; one referral to answer today, one that begins, one on the waiting list."""
        lead, helper = self.cast[WORKER], self.cast["Haddad"]
        yield 90
        team = self.cast.team("Haddad")
        talks = referring.enter(helper, team, "Talks after violence", "mental_health", languages=["pt", "ar"])
        mentoring = referring.enter(helper, team, "School mentoring", "education", oldest=18)
        yield 8
        line = "Back at school, wants to catch up."
        lark = referring.refer(self.files["Lark"], mentoring, lead, line, Urgency.DAYS)
        yield 7
        sending.wait(referral=lark, why="no_place", answer="in about 3 weeks", by=helper, reason="waiting list")
        yield 2
        mira = referring.refer(self.files["Mira"], mentoring, lead, "Reads well, counts badly.", Urgency.DAYS)
        yield 1
        first = today() + datetime.timedelta(days=3)
        sending.accept(referral=mira, worker=helper, first_on=first, by=helper, reason="accepted")
        yield 0.8
        line = "Found three days ago, sleeps little. Wants to talk to somebody in Arabic."
        referring.refer(self.files["Noor"], talks, lead, line, Urgency.DAY)

    def mira(self) -> Story:
        """The story that the walk follows: disclosed at school, in a shelter, in therapy."""
        yield 150
        child = self.mira_found()
        yield 149  # a bed the next day, then everybody who works with her
        self.share(child, WORKER, "Brandt", S.SUMMARY, S.CARE, S.WHEREABOUTS)
        self.add(
            child, S.WHEREABOUTS, WORKER, care_type="residential", place="Farol house, second floor", since=today()
        )
        self.step(child, "stage", "take_into_care", WORKER)
        yield 120
        self.share(child, WORKER, "Haddad", S.SUMMARY, S.CARE)
        self.share(child, WORKER, "Osei", S.SUMMARY, S.HEALTH, S.THERAPY, named=True)
        self.share(child, WORKER, "Salgado", S.SUMMARY, S.LEGAL)
        yield 60
        self.add(child, S.HEALTH, "Osei", on=today(), kind="check", text="Weight and height checked. Sleeps badly.")
        yield from self.mira_at_school(child)

    def mira_found(self) -> Child:
        """Her file, her name, the order, and the first warning."""
        child = self.open(
            "Mira",
            WORKER,
            Stage.RESCUED,
            is_known=True,
            sex=2,
            age_band="6-11",
            languages=["pt", "ar"],
            needs_interpreter=False,
            risk=3,
            contact_safely="No marked car. Ring the shelter’s office line, never the mother’s phone.",
        )
        self.add(
            child,
            S.IDENTITY,
            WORKER,
            family_name="Invented",
            given_names="Mira",
            birth_source="family",
            birth_earliest=datetime.date(2016, 9, 1),
            birth_latest=datetime.date(2017, 8, 31),
        )
        self.add(
            child,
            S.LEGAL,
            WORKER,
            basis="court_order",
            number="118/26",
            court="Family Court",
            issued=today(),
            expires=today() + 147 * DAY,
        )
        self.add(child, S.SUMMARY, WORKER, text="No contact with male relatives")
        return child

    def mira_at_school(self, child: Child) -> Story:
        """Back at school, what she wants, and what is due."""
        yield 30
        why = "The order has ended. Without one the stay has no legal basis."
        self.task(child, WORKER, "Renew the court order", why, today() + 27 * DAY)
        yield 20
        entry = self.add(child, S.CARE, "Haddad", on=today(), kind="school", text="Back at school since Monday.")
        yield 19
        actions.change(
            record=entry,
            values={"text": "Back at school since Monday, year 4."},
            by=self.cast["Haddad"],
            reason="year added",
        )
        yield 5
        self.add(
            child, S.CARE, WORKER, on=today(), kind="wish", text="To stay at the same school and see my aunt on Sundays."
        )
        self.add(
            child, S.CARE, WORKER, on=today(), kind="contact", text="Visit, seen alone. Sleeps well; asked about her aunt."
        )
        attachments.write_note(
            child=child, section=S.CARE, body="The aunt can come on Sundays from 3 p.m.", by=self.cast[WORKER]
        )
        self.task(child, WORKER, "Review the care plan", "Every month while the risk is high.", today() + 9 * DAY)
        self.task(child, WORKER, "Visit, seen alone", "Every two weeks while the child is in care.", today() + 14 * DAY)

    def noor(self) -> Story:
        """Found at a border nearly three days ago: the medical window closes today. The NGO has not accepted yet."""
        yield 3 - hours_left(self.cast[WORKER]) / 24
        child = self.open(
            "Noor", WORKER, Stage.RESCUED, sex=1, age_band="12-17", languages=["ar"], needs_interpreter=True, risk=3
        )
        found = clock.now()
        self.share(child, WORKER, "Haddad", S.SUMMARY, S.CARE, wait=True)
        self.add(child, S.CARE, WORKER, on=today(), kind="alert", text="Allergic to penicillin.")
        by = self.cast[WORKER]
        work.due(code="medical_72h", child_id=child.pk, since=found, team=self.cast.team(WORKER), person=by, by=by)

    def tern(self) -> Story:
        """Named through clues from two countries; a rescue is planned."""
        yield 40
        child = self.open("Tern", "Salgado", Stage.SOUGHT, sex=2, age_band="6-11")
        clue = "A tram ticket of a northern city on the table."
        self.add(child, S.INVESTIGATION, "Salgado", on=today(), kind="clue", text=clue)
        yield 35
        lead = "The same ticket stands in another series."
        self.add(child, S.INVESTIGATION, "Tremblay", on=today(), kind="lead", text=lead)
        self.step(child, "identity", "propose", "Tremblay", "The ticket leads to one school district.")
        yield 12
        self.step(child, "identity", "make_probable", "Salgado", "School photo seen by the unit.")
        self.step(child, "stage", "locate", "Salgado")
        self.add(child, S.WHEREABOUTS, "Salgado", care_type="parents", place="Invented street 4", since=today())
        self.add(
            child,
            S.SUSPECTS,
            "Salgado",
            known_as="nightowl",
            relationship="neighbour",
            custody="wanted",
            text="Uses the same nickname on two services.",
        )
        why = "The child is located; nobody should wait."
        self.task(child, "Salgado", "Plan the rescue", why, today() + 13 * DAY)

    def lark(self) -> Story:
        """At home and followed after months in care; closed soon."""
        yield 380
        child = self.open(
            "Lark", WORKER, Stage.RESCUED, is_known=True, sex=2, age_band="12-17", languages=["pt"], risk=1
        )
        self.step(child, "stage", "take_into_care", WORKER)
        yield 100
        self.step(child, "stage", "start_follow_up", WORKER)
        self.add(child, S.WHEREABOUTS, WORKER, care_type="kinship", place="With the grandmother", since=today())
        yield 12
        why = "Every two weeks while the risk is low and new."
        self.task(child, WORKER, "Fortnightly visit", why, today() + 14 * DAY)


def hours_left(person: Person) -> float:
    """Return how many hours a clock has left that ends on this day where the person is: seven, late in the day fewer."""
    local = clock.now().astimezone(person.zone)
    last = local.replace(hour=23, minute=45, second=0, microsecond=0)
    return max(1.0, min(7.0, (last - local).total_seconds() / 3600))
