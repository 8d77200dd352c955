"""How files end: kept past its day, erased, asked to be erased in part, and held as evidence."""

from portal.access import erasing, evidence_holds
from portal.access.erasing import Keeping
from portal.access.fresh_codes import Proof
from portal.access.identity import acting
from portal.access.sections import Section, Stage
from portal.accounts.models import Person
from portal.demo.telling import Story
from portal.demo.world import DAY, Teller, today
from victims.models import Child

S = Section
WORKER, OFFICER, SECOND, POLICE = "Ferreira", "Vidal", "Matos", "Salgado"


class Endings(Teller):
    """Wren is kept past its day, Robin is gone, Heron waits for a court, and somebody decides about Linnet."""

    def stories(self) -> list[Story]:
        return [self.wren(), self.robin(), self.heron(), self.linnet()]

    def closed(self, child: Child, reason: str) -> None:
        """Bring a file to its end."""
        self.step(child, "stage", "start_follow_up", WORKER)
        self.step(child, "stage", "close", WORKER, reason)

    def wren(self) -> Story:
        """Grown up, on their own, and closed more than a year ago: the privacy officer decides what becomes of the file."""
        yield 700
        child = self.open("Wren", WORKER, Stage.RESCUED, sex=1, age_band="18+", languages=["pt"])
        self.add(child, S.CARE, WORKER, on=today(), kind="school", text="Learns to be a carpenter.")
        yield 380
        self.closed(child, "Lives on his own, goals met.")

    def robin(self) -> Story:
        """The same child twice: the second file is erased."""
        yield 130
        child = self.open("Robin", WORKER, Stage.RESCUED, sex=2, age_band="6-11", languages=["pt"])
        self.add(child, S.IDENTITY, WORKER, family_name="Invented", given_names="Rita", birth_source="family")
        self.add(child, S.CARE, WORKER, on=today(), kind="wish", text="To go home to her aunt.")
        yield 120
        self.closed(child, "Opened twice.")
        yield 40
        officer, second = self.cast[OFFICER], self.cast[SECOND]
        approval = erasing.propose(
            file=kept(officer, child),
            parts=list(S),
            ground="in_error",
            team=self.cast.team(SECOND),
            by=officer,
            reason="The same child has another file. Everything is in that one.",
        )
        yield 39
        erasing.decide(approval=approval, approve=True, proof=Proof(second), by=second, reason="Compared, and agreed.")
        self.stop_jobs(SECOND)

    def heron(self) -> Story:
        """Closed before the trial is over: law and suspects are held as evidence, and looked at again this week."""
        yield 150
        child = self.open("Heron", WORKER, Stage.RESCUED, sex=2, age_band="12-17", languages=["pt"], risk=2)
        self.add(child, S.LEGAL, WORKER, basis="court_order", number="77/26", court="Family Court", issued=today())
        self.share(child, WORKER, POLICE, S.SUMMARY, S.LEGAL, S.INVESTIGATION, S.SUSPECTS)
        self.add(
            child, S.SUSPECTS, POLICE, known_as="Kilo", relationship="employer", custody="remand", text="Awaits trial."
        )
        yield 95
        officer = self.cast[POLICE]
        evidence_holds.set_hold(
            file=kept(officer, child),
            parts=[S.LEGAL, S.SUSPECTS],
            basis="proceedings",
            reference="NUIPC 204/26.7",
            review_on=today() + 92 * DAY,
            by=officer,
        )
        yield 40
        self.closed(child, "Lives with her aunt, goals met.")

    def linnet(self) -> Story:
        """Followed by Team North; what was written about care shall go, because the guardian asked. It waits at two desks."""
        yield 90
        child = self.open("Linnet", "Neves", Stage.RESCUED, sex=1, age_band="12-17", languages=["en"], risk=1)
        self.add(child, S.CARE, "Neves", on=today(), kind="school", text="Changed to the school near the river.")
        yield 60
        self.step(child, "stage", "start_follow_up", "Neves")
        yield 1.2
        supervisor = self.cast[SECOND]
        erasing.propose(
            file=kept(supervisor, child),
            parts=[S.CARE],
            ground="asked",
            team=self.cast.team(WORKER),
            by=supervisor,
            reason="Consent was what allowed it, and it was taken back on paper.",
        )


def kept(person: Person, child: Child) -> Keeping:
    """Return what is kept of a file, as one of the cast sees it."""
    with acting(person):
        found = erasing.keeping_of(person, child.pk)
    assert found is not None
    return found
