"""Erasing parts of a file for good: proposed by one person, approved by another one, carried out by the database at once."""

import datetime
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import OperationalError
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from psycopg.errors import LockNotAvailable

from portal.access import work
from portal.access.asking import answer, asked
from portal.access.fresh_codes import Proof, begin_signature
from portal.access.identity import Refused, action, patient
from portal.access.jobs import schedule
from portal.access.models import Erasure
from portal.access.rights import forget
from portal.access.sections import Section, Stage
from portal.access.work import members, tell
from portal.accounts import backups
from portal.accounts.models import Agency, Person, Team
from portal.accounts.passwords import opening_key
from portal.accounts.roles import Role
from portal.audit import clock, events
from portal.audit.events import Event
from portal.audit.macs import EVENT, PERSON, fits, told
from portal.audit.sealing import written
from portal.casework.groups import Button
from portal.casework.models import Approval, Job
from portal.casework.workflow import NotPossible

ERASURE = "erasure"
EVERYTHING = frozenset(Section)
APPROVERS = frozenset({Role.SUPERVISOR, Role.PRIVACY_OFFICER})  # access.may_answer() says the same
HINDRANCES = {
    "sealed": gettext_lazy("This file is sealed. Unseal it first."),
    "hand_over": gettext_lazy("The child changes hands right now. Finish that hand-over, or call it off, first."),
    "disclosure": gettext_lazy(
        "A paper for a court or for the child is asked for and not given yet. Finish that first."
    ),
    "referral": gettext_lazy("A referral of the child is under way. End it first."),
    "bed": gettext_lazy("A bed is held for the child. End the stay first."),
    "ended_hold": gettext_lazy("You ended an evidence hold on this file in another team’s place. Others erase it."),
    "emergency": gettext_lazy("An emergency access to this file waits for its review. Have it reviewed first."),
}


@dataclass(frozen=True)
class Done:
    """What was erased once: which sections, when, on which ground, and by whom it was proposed and approved."""

    id: uuid.UUID
    sections: list[Section]
    ground: str
    at: datetime.datetime
    asked_by: Person | None
    approved_by: Person | None


@dataclass(frozen=True)
class Held:
    """What is held as evidence: which sections, on which legal basis, by whom, and when somebody looks at it again."""

    id: uuid.UUID
    sections: list[Section]
    basis: str
    reference: str
    set_by: Person
    since: datetime.datetime
    review_on: datetime.date


@dataclass(frozen=True)
class Keeping:
    """What is kept of a file and what is not, as far as the person in hand may know."""

    child_id: uuid.UUID
    case_number: str
    code_name: str
    owner_id: uuid.UUID
    stage: int
    known: list[Section]  # of which this person learns whether they are there still
    erased: list[Section]
    erasable: list[Section]
    held: list[Section]
    evidence: list[Section]
    keep_until: datetime.date | None
    longer: dict[str, Any] | None
    erasures: list[Done]
    asked: dict[str, Any] | None
    holds: list[Held]
    section = Section.SUMMARY  # its page is a look at that

    _meta = Erasure._meta  # what the event of a look calls it

    @property
    def pk(self) -> uuid.UUID:
        return self.child_id

    @property
    def is_gone(self) -> bool:
        """Return whether nothing is left of the file."""
        return set(self.erased) >= EVERYTHING

    @property
    def is_over(self) -> bool:
        """Return whether the day until which the file is kept is past."""
        return self.keep_until is not None and not self.is_gone and self.keep_until < clock.now().date()

    @property
    def staying(self) -> list[Section]:
        return [section for section in self.known if section not in self.erased]

    def get_stage_display(self) -> str:
        return str(Stage(self.stage).label)


def period(country: str) -> tuple[int, int]:
    """Return for how many years closed files of a country are kept, and at least until which age of the child."""
    return settings.RETENTION.get(country, settings.RETENTION[""])


def keeping(child_id: uuid.UUID, country: str) -> Keeping | None:
    """Return what is kept of a file; None for whoever may not know. country: of the agency that owns it."""
    found = answer("SELECT access.keeping(%s, %s, %s)", child_id, *period(country))
    return kept(json.loads(found) if isinstance(found, str) else found) if found else None


def kept(found: dict[str, Any]) -> Keeping:
    """Return it from what the database says."""
    named = [
        one.get(name) for one in found["erasures"] + found["holds"] for name in ("asked_by", "approved_by", "set_by")
    ]
    people = {str(pk): one for pk, one in Person.objects.select_related("agency").in_bulk(filter(None, named)).items()}
    asked = found["asked"]
    return Keeping(
        child_id=uuid.UUID(found["id"]),
        case_number=found["case_number"],
        code_name=found["code_name"],
        owner_id=uuid.UUID(found["owner"]),
        stage=found["stage"],
        **{name: sections(found[name]) for name in ("known", "erased", "erasable", "held", "evidence")},
        keep_until=day(found["keep_until"]),
        longer=found["longer"],
        erasures=[done(one, people) for one in found["erasures"]],
        asked=asked and asked | {"sections": sections(asked["sections"]), "at": moment(asked["at"])},
        holds=[held(one, people) for one in found["holds"]],
    )


def done(one: dict[str, Any], people: dict[str, Person]) -> Done:
    """Return an erasure from its line."""
    by = [people.get(one[name] or "") for name in ("asked_by", "approved_by")]
    return Done(uuid.UUID(one["id"]), sections(one["sections"]), one["ground"], moment(one["at"]), *by)


def held(one: dict[str, Any], people: dict[str, Person]) -> Held:
    """Return a hold from its line."""
    since, review_on = moment(one["since"]), datetime.date.fromisoformat(one["review_on"])
    by = people[one["set_by"]]
    return Held(uuid.UUID(one["id"]), sections(one["sections"]), one["basis"], one["reference"], by, since, review_on)


def sections(numbers: Iterable[int]) -> list[Section]:
    return [Section(number) for number in numbers]


def moment(text: str) -> datetime.datetime:
    return datetime.datetime.fromisoformat(text)


def day(text: str | None) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if text else None


def keeping_of(person: Person, child_id: uuid.UUID) -> Keeping | None:
    """Return what is kept of a file, by the periods of the country whose agency owns it."""
    found = keeping(child_id, person.agency.country)
    if found is None:
        return None
    country = Agency.objects.get(teams=found.owner_id).country
    return found if country == person.agency.country else keeping(child_id, country)


def counted(child_id: uuid.UUID) -> dict[Section, tuple[int, int]]:
    """Return how many records and documents there are in each section that the person may propose to erase."""
    return {Section(row[0]): (row[1], row[2]) for row in asked("SELECT * FROM access.counted_parts(%s)", child_id)}


def teams_to_ask(asker: Person) -> list[Team]:
    """Return the teams that can decide."""
    return work.teams_to_ask(asker, APPROVERS)


@action
def propose(
    *, file: Keeping, parts: Iterable[Section], ground: str, team: Team | None, by: Person, reason: str
) -> Approval:
    """Propose to erase sections of a file, and put it before a second person; until then nothing changes."""
    chosen = sorted(set(parts))
    found = keeping_of(by, file.child_id)
    if found is None or not set(chosen) <= set(found.erasable):
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_erase", child_id=file.child_id), known=True)
    if not chosen:
        raise NotPossible(_("Choose what is to be erased."), "sections")
    if found.asked:
        raise NotPossible(_("A second person was asked already. Wait for the answer."))
    demand_free(found.child_id, [*found.erased, *chosen], set(chosen) & set(found.held))
    erasure = Erasure(
        child_id=file.child_id, sections=chosen, ground=ground, reason=reason, asked_by=by, asked=clock.now()
    )
    erasure.save(force_insert=True)
    about = {"kind": ERASURE, "subject_id": erasure.pk, "child_id": file.child_id}
    return work.ask_second(teams=teams_to_ask(by), team=team, roles=APPROVERS, by=by, **about)


def demand_free(child_id: uuid.UUID, gone: list[Section], held: set[Section]) -> None:
    """Raise NotPossible where a section is evidence, or where something goes on around the child."""
    if held:
        names = _(", ").join(str(section.label) for section in sorted(held))
        raise NotPossible(
            _("These sections are held as evidence and stay: %(sections)s.") % {"sections": names}, "sections"
        )
    hindrance = answer("SELECT access.hindrance_to_erasure(%s, %s)", child_id, set(gone) >= EVERYTHING)
    if hindrance:
        raise NotPossible(str(HINDRANCES[hindrance]))


@dataclass(frozen=True)
class Asked(work.Question):
    """What the person reads who is asked about an erasure."""

    erasure_id: uuid.UUID
    case_number: str
    code_name: str
    sections: list[Section]
    ground: str
    reason: str
    held: list[Section]
    gone: list[Section]
    is_whole: bool
    owner_id: uuid.UUID


def asked_of(person: Person, approval_id: uuid.UUID) -> Asked | None:
    """Return the question about an erasure that this person may answer."""
    approval = Approval.objects.filter(pk=approval_id, kind=ERASURE).select_related("asked_by__agency").first()
    found = asked("SELECT * FROM access.asked_erasure(%s)", approval_id)
    if approval is None or not found:
        return None
    erasure_id, number, name, parts, ground, reason, held, gone, is_whole, owner_id = found[0]
    return Asked(
        approval=approval,
        erasure_id=erasure_id,
        case_number=number,
        code_name=name,
        sections=sections(parts),
        ground=ground,
        reason=reason,
        held=sections(held),
        gone=sections(gone),
        is_whole=is_whole,
        owner_id=owner_id,
    )


@action
def decide(*, approval: Approval, approve: bool, by: Person, proof: Proof | None = None, reason: str = "") -> Approval:
    """Decide what somebody of another team proposed. Approved with a fresh second factor, it is carried out at once."""
    question: Any = asked_of(by, approval.pk)  # None where it is not this person's to answer, which is refused below
    if approve:
        if proof is None:
            raise Refused(Event("refusal", "E", "refused", "no_fresh_code"), known=True)
        if question:
            demand_free(question.child_id, list(EVERYTHING) if question.is_whole else [], set(question.held))
        begin_signature(proof, by)
    state = Approval.State.APPROVED if approve else Approval.State.REFUSED
    approval = work.decide(approval=approval, state=state, by=by, reason=reason)
    if approve:
        carry_out(question, by)
    return approval


def carry_out(question: Asked, by: Person) -> None:
    """Erase what was approved in this transaction, and tell the team of the file."""
    events.record(said_of("approve erasure", question.child_id, question.erasure_id, question.sections))
    patient()
    erase(question.erasure_id)
    forget(question.child_id)
    schedule("note_erasure", question.erasure_id, by=by)
    ids = answer("SELECT access.told_of_erasure(%s)", question.erasure_id)
    told = [one for one in members(Team.objects.get(pk=question.owner_id)) if one.pk != by.pk and one.pk in ids]
    tell(told, "file_erased", [by.short_name], subject_id=question.child_id)


def erase(erasure_id: uuid.UUID) -> None:
    """Have the database erase it; raise NotPossible where somebody keeps the file busy for longer than it waits."""
    try:
        answer("SELECT access.carry_out_erasure(%s)", erasure_id)
    except OperationalError as problem:
        if not isinstance(problem.__cause__, LockNotAvailable):
            raise
        raise NotPossible(
            _(
                "Somebody is writing into this file right now. Nothing was erased. Try again in a minute, with a new code."
            )
        ) from problem


def said_of(kind: str, child_id: uuid.UUID, erasure_id: uuid.UUID, parts: Iterable[int]) -> Event:
    """Return the application's word for an erasure, without which it was played (access.unproved_erasures)."""
    details = {"parts": [int(part) for part in parts]}
    return Event(
        kind, "E", child_id=child_id, entity="access.erasure", entity_id=erasure_id, sections=[1], details=details
    )


def decisions(viewer: Person, approvals: list[Approval]) -> dict[uuid.UUID, Button]:
    """Return the button of each question about an erasure."""
    found = [one for one in approvals if one.kind == ERASURE]
    return {one.pk: Button(_("Decide"), reverse("desk:decide_erasure", args=[one.pk])) for one in found}


# The list beside the backups


def note(job: Job, person: Person) -> None:
    """Write down beside the backups what was erased; the job of an approval."""
    note_missing()


def note_missing() -> int:
    """Write down beside the backups what was erased and does not stand there yet; return how much that was.

    Asked again every five minutes, so that nothing is missing for longer, whatever became of the job.
    """
    there = {one.id for one in backups.erasures(settings.BACKUPS)}
    rows = asked("SELECT * FROM access.erasures_done(%s)", opening_key())
    known = [(backups.Erased(*row), [json.loads(text) for text in said]) for *row, said in rows]
    missing = [one for one, said in known if one.id not in there and was_decided(one, said)]
    for one in missing:
        backups.note_erasure(one)
    return len(missing)


def was_decided(one: backups.Erased, said: Iterable[list[Any]]) -> bool:
    """Return whether the application's own word for an erasure is among the texts of its events, by its MAC.

    Whoever owns the tables could write one down that nobody decided; on the list it would destroy the backups' file too.
    """
    whole = [written(one.at), str(one.child_id), {"parts": one.sections}]
    return any(
        text[3] in ("approve erasure", "erase again")
        and [text[1], text[7], text[15]] == whole
        and text[PERSON] == (str(one.approved_by) if text[3] == "approve erasure" else None)
        and fits(settings.EVENT_KEYS, EVENT, told(text), bytes.fromhex(text[-1]))
        for text in said
    )


def erase_again(known: list[backups.Erased]) -> int:
    """Erase again after a restore what the list beside the backups names; done already, it changes nothing."""
    count = 0
    for one in known:
        values = (one.child_id, one.sections, one.id, one.ground, one.asked_by, one.approved_by, one.at)
        if answer("SELECT access.erase_again(%s, %s::smallint[], %s, %s, %s::uuid, %s::uuid, %s)", *values):
            events.record(said_of("erase again", one.child_id, one.id, one.sections))
            count += 1
    return count
