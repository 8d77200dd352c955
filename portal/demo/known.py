"""The four files that the walk through the demonstration follows, told by hand."""

import datetime
from collections.abc import Callable
from typing import Any

from portal.access import emergency, work
from portal.access.fresh_codes import Proof
from portal.access.identity import acting
from portal.access.models import Emergency, Ground
from portal.access.sections import Section, Stage
from portal.accounts.models import Person
from portal.audit import clock
from portal.demo import care, papers, referring
from portal.demo.telling import Story
from portal.demo.world import DAY, Cast, Teller, today
from referrals import actions as sending
from referrals import hand_overs
from referrals.models import HandOver, Urgency
from victims import actions, attachments, identification, rescues
from victims.models import Child

S = Section
WORKER = "Ferreira"


class Known(Teller):
    """Mira, Noor, Tern and Lark, and where they were referred to."""

    def __init__(self, cast: Cast) -> None:
        super().__init__(cast)
        self.children: dict[str, Child] = {}

    def stories(self) -> list[Story]:
        told = [self.mira(), self.noor(), self.tern(), self.lark(), self.swift(), self.referrals(), self.emergencies()]
        told += [self.cared_for("Mira", 148.9, care.mira), self.cared_for("Lark", 379.9, care.lark)]
        return [*told, papers.told(self.cast, self.children)]

    def open(self, name: str, by: str, stage: Stage, **more: Any) -> Child:
        child = super().open(name, by, stage, **more)
        self.children[name] = child
        return child

    def cared_for(self, name: str, day: float, begin: Callable[[Any, Child], Story]) -> Story:
        """Go on with how a child is assessed, planned for and visited, once the file is open."""
        yield day
        yield from begin(self.cast, self.children[name])

    def referrals(self) -> Story:
        """A directory of three services; one referral to answer today, one that begins, one on the waiting list."""
        lead, helper = self.cast[WORKER], self.cast["Haddad"]
        yield 90
        team = self.cast.team("Haddad")
        talks = referring.enter(helper, team, "Talks after violence", "mental_health", languages=["pt", "ar"])
        mentoring = referring.enter(helper, team, "School mentoring", "education", oldest=18)
        yield 8
        line = "Back at school, wants to catch up."
        lark = referring.refer(self.children["Lark"].pk, mentoring, lead, line, Urgency.DAYS)
        yield 7
        sending.wait(referral=lark, why="no_place", answer="in about 3 weeks", by=helper, reason="waiting list")
        yield 2
        mira = referring.refer(self.children["Mira"].pk, mentoring, lead, "Reads well, counts badly.", Urgency.DAYS)
        yield 1
        first = today() + datetime.timedelta(days=3)
        sending.accept(referral=mira, worker=helper, first_on=first, by=helper, reason="accepted")
        yield 0.8
        line = "Found three days ago, sleeps little. Wants to talk to somebody in Arabic."
        referring.refer(self.children["Noor"].pk, talks, lead, line, Urgency.DAY)

    def emergencies(self) -> Story:
        """Two files opened in an emergency: one of months ago that was found right, one of last night that waits for review."""
        yield 75
        words = "Fainted in the waiting room, no paper with her. Nobody of her team could be reached."
        found = self.open_in_emergency("Lark", "Osei", Ground.TREATMENT, words)
        yield 74.2
        officer = self.cast["Vidal"]
        with acting(officer):
            emergency.review(emergency=found, is_justified=True, comment="Needed for the treatment.", by=officer)
        yield 1.3
        words = "Brought to our door by a taxi at night with swollen lips. The ambulance asked what he may be given."
        self.open_in_emergency("Noor", "Brandt", Ground.BROUGHT_IN, words)

    def open_in_emergency(self, name: str, by: str, ground: Ground, words: str) -> Emergency:
        """Open a file for an hour by its number."""
        person, number = self.cast[by], self.children[name].case_number
        return emergency.open_file(number=number, ground=ground, words=words, proof=Proof(person), by=person)

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
            expires=today() + 161 * DAY,  # its renewal was due three days ago
        )
        by = self.cast[WORKER]
        with acting(by):
            renewal = work.open_tasks(child.pk, "order_expiry").get()
        work.give_task(task=renewal, to=by, by=by)
        self.add(child, S.SUMMARY, WORKER, text="No contact with male relatives")
        return child

    def mira_at_school(self, child: Child) -> Story:
        """Back at school, what she wants, and what is due."""
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
            child,
            S.CARE,
            WORKER,
            on=today(),
            kind="wish",
            text="To stay at the same school and see my aunt on Sundays.",
        )
        attachments.write_note(
            child=child, section=S.CARE, body="The aunt can come on Sundays from 3 p.m.", by=self.cast[WORKER]
        )

    def noor(self) -> Story:
        """Found at a border nearly three days ago: the medical window closes today. The NGO has not accepted yet."""
        yield 3 - hours_left(self.cast[WORKER]) / 24
        child = self.open(
            "Noor", WORKER, Stage.RESCUED, sex=1, age_band="12-17", languages=["ar"], needs_interpreter=True, risk=3
        )
        found = clock.now()
        self.add(child, S.IDENTITY, WORKER, given_names="Noor", other_names="نور", birth_source="family")
        care.Carers(self.cast, child, risk=3).meet(text="Came with the border guard. Wants to ring his brother.")
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
        yield 2.3  # the second officer is asked for within a day: Ottawa has the offer, and has not answered
        with acting(self.cast["Salgado"]):
            child = Child.objects.select_related("owner").get(pk=child.pk)
        identification.make_probable(
            child=child, keepers=[self.cast.team("Tremblay")], owner=self.cast.team("Salgado"),
            by=self.cast["Salgado"], reason="School photo seen by the unit.",
        )  # fmt: skip
        yield 2  # a rescue is planned within three days
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

    def lark(self) -> Story:
        """At home and followed after months in care; closed soon."""
        yield 380
        child = self.open(
            "Lark", WORKER, Stage.RESCUED, is_known=True, sex=2, age_band="12-17", languages=["pt"], risk=1
        )
        self.add(child, S.IDENTITY, WORKER, given_names="Lark", birth_source="family")
        self.step(child, "stage", "take_into_care", WORKER)
        yield 100
        self.step(child, "stage", "start_follow_up", WORKER)
        self.add(child, S.WHEREABOUTS, WORKER, care_type="kinship", place="With the grandmother", since=today())

    def swift(self) -> Story:
        """Brought to safety three hours ago; the hand-over to the children's services is under way."""
        by = self.cast["Salgado"]
        yield 6
        child = self.open("Swift", "Salgado", Stage.SOUGHT, sex=2, age_band="6-11", languages=["pt"])
        self.step(child, "stage", "locate", "Salgado")
        yield 2 / 24
        rescue = {
            "at": clock.now() - DAY / 24,
            "operation": "Night swift",
            "lead_agency": "National Protection Unit",
            "legal_basis": "court_order",
            "order_number": "214/26",
            "court": "Family Court",
            "present": ["police", "interpreter"],
            "force_used": 1,
            "condition": ["hunger", "distress"],
            "evidence_reference": "B-77120",
        }
        rescues.record_rescue(child=child, values=rescue, by=by)
        yield 1 / 48
        with acting(by):
            child = Child.objects.select_related("owner__agency").get(pk=child.pk)
        receiver = {"team": self.cast.team(WORKER), "expected": self.cast[WORKER]}
        self.pack(hand_overs.start(child=child, by=by, **receiver), by)

    def pack(self, one: HandOver, by: Person) -> None:
        """Answer for what goes along with a child, but for the last things."""
        answers = ((1, "214/26, ends in 7 days"), (0, "none found"), (0, "none taken"), (1, "one bag, blue"))
        with acting(by):
            items = list(one.items.order_by("pk"))
        for item, (count, words) in zip(items, answers, strict=False):
            hand_overs.tick(item=item, count=count, words=words, by=by)
        hand_overs.add_item(hand_over=one, kind="stays_behind", words="telephone, bag B-77120", by=by)
        hand_overs.tell_how(hand_over=one, how="Tired, hungry, calm. No injury seen. Ate on the way.", by=by)


def hours_left(person: Person) -> float:
    """Return how many hours a clock has left that ends on this day where the person is: seven, late in the day fewer."""
    local = clock.now().astimezone(person.zone)
    last = local.replace(hour=23, minute=45, second=0, microsecond=0)
    return max(1.0, min(7.0, (last - local).total_seconds() / 3600))
