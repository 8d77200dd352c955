"""Papers about two children of the demonstration: an order that waits for a decision, one that was met, two requests."""

from typing import Any

from portal.access.fresh_codes import Proof
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.casework.models import Approval
from portal.demo.telling import Story
from portal.demo.world import DAY, today
from victims import child_requests, disclosures
from victims.models import Child, ChildRequest, Disclosure

S = Section
WORKER, OFFICER, SUPERVISOR = "Ferreira", "Vidal", "Matos"  # the supervisor of another team of the same agency


def ordered(people: Any, child: Child, number: str, parts: list[Section], words: str, days: int = 300) -> Disclosure:
    """Ask to give a court what its order names."""
    values = {
        "kind": Disclosure.Kind.ORDER, "authority": "Family and Minors Court, invented", "order_number": number,
        "issued": today() - 4 * DAY, "answer_by": today() + 14 * DAY, "legal_basis": "court_order",
        "parts": [int(part) for part in parts], "begins": today() - days * DAY, "ends": today(), "language": "en",
        "reason": words,
    }  # fmt: skip
    return disclosures.ask(child_id=child.pk, values=values, by=people[WORKER])


def approve(disclosure: Disclosure, by: Person) -> None:
    """Approve what would be given, with a fresh code."""
    disclosures.decide(disclosure=disclosure, state=Approval.State.APPROVED, proof=Proof(by), by=by)


def requested(people: Any, child: Child, kind: str) -> ChildRequest:
    """Record what a child asks for."""
    values = {
        "kind": kind, "asker": ChildRequest.Asker.CHILD, "checked": "Asked her worker herself, at a visit.",
        "asked_on": today(), "language": "en", "safely": "At school, into her own hands.",
    }  # fmt: skip
    return child_requests.record(child_id=child.pk, values=values, by=people[WORKER], reason="asked at a visit")


def told(people: Any, children: dict[str, Child]) -> Story:
    """Mira wants a copy, and her answer is due within days; Lark did not agree with what was written; two courts ask."""
    yield 26.2
    requested(people, children["Mira"], ChildRequest.Kind.COPY)
    yield 21.1
    lark = requested(people, children["Lark"], ChildRequest.Kind.CORRECTION)
    wrong = "It says that I did not want to go to school."
    correction = child_requests.ask_correction(
        request=lark, section=S.CARE, wrong=wrong, correct="I wanted to. I was afraid of the bus.", by=people[WORKER]
    )
    yield 15.1
    why = "The entry says what was seen that week. It stays, and your words stand beside it."
    child_requests.decide_correction(correction=correction, accept=False, by=people[WORKER], why=why)
    words = "I always wanted to go to school. I was afraid of the bus, and nobody asked me why."
    child_requests.state_disagreement(correction=correction, words=words, by=people[WORKER])
    values = {
        "words": "Told her, and read her words to her.",
        "given_to": "Lark",
        "given_how": "at school, alone with her",
    }
    child_requests.answer(request=lark, state=ChildRequest.State.ANSWERED, values=values, by=people[WORKER])
    yield 6.1
    words = "All that is known of her schooling and of the orders on her care."
    waits = ordered(people, children["Mira"], "FC 1140/26", [S.CARE, S.LEGAL], words)
    yield 5.2
    approve(waits, people[SUPERVISOR])
    yield 3.1
    met = ordered(people, children["Lark"], "FC 977/26", [S.CARE], "How her visits went since summer.", 120)
    yield 2.1
    approve(met, people[SUPERVISOR])
    approve(met, people[OFFICER])
    yield 0.02  # the worker of the demonstration makes the paper as soon as it runs
    disclosures.make(disclosure=met, by=people[WORKER], reason="approved")
