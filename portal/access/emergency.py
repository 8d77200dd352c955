"""Emergency access: opening a file without a grant for an hour, telling those who answer for it, and the review."""

import datetime
import uuid
from dataclasses import dataclass
from typing import Any

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext as _

from portal.access import actions, reasons
from portal.access.asking import answer, asked
from portal.access.fresh_codes import Proof, begin_signature
from portal.access.identity import Refused, action
from portal.access.models import Basis, Emergency, Grant, Ground
from portal.access.rights import facts, forget
from portal.access.roles import works_with_files
from portal.access.sections import IN_EMERGENCY, Section
from portal.access.work import answer_notices, members, tell
from portal.accounts.models import Person, Team
from portal.accounts.roles import Role
from portal.audit import clock, events
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.casework.models import Notice
from portal.casework.workflow import NotPossible

LASTS = datetime.timedelta(minutes=60)  # and until the same moment; access.is_of_emergency() says the same
REVIEWED_WITHIN = datetime.timedelta(hours=72)
MOST_UNREVIEWED = 3
OPENED = [Section.SUMMARY, Section.IDENTITY, Section.WHEREABOUTS, Section.HEALTH]  # whereabouts where the role has them


class NotOpen(NotPossible):
    """No file opens under the number: there is none, or none for this person. Nothing tells which."""


@dataclass(frozen=True)
class Running:
    """An emergency access that runs: the grant behind it, and until when."""

    grant_id: Any
    until: datetime.datetime

    @property
    def seconds(self) -> int:
        """Return how long it runs still: a clock on the page counts from here, whatever the reader's clock says."""
        return max(0, int((self.until - clock.now()).total_seconds()))


def check_worker(person: Person) -> None:
    """Raise Refused for whoever does not work with files."""
    if not works_with_files(person.roles):
        raise Refused(Event("refusal", "E", "refused", "not_a_caseworker"), known=False)


@action
def open_file(*, number: str, ground: Ground, words: str, proof: Proof, by: Person, reason: str = "") -> Emergency:
    """Open the file with exactly this number for an hour, and tell those who answer for it. The database asks everything again.

    Raises NotOpen where no file opens, and NotPossible where earlier ones of this person wait for review.
    """
    check_worker(by)
    begin_signature(proof, by)
    ((said, child_id, owner_id),) = asked("SELECT answer, file, owner FROM access.open_in_emergency(%s)", number)
    if said != "open":
        raise not_open(said)
    found = recorded(child_id, Team.objects.select_related("agency").get(pk=owner_id), ground, words, by)
    forget(child_id)
    tell(
        told_of(found),
        "emergency_opened",
        [by.short_name, "", found.reference],
        level=Notice.Level.CONFIRM,
        subject_id=found.pk,
    )
    return found


def unreviewed(person: Person) -> QuerySet[Emergency]:
    """Return the person's own emergency accesses that wait for review, the oldest first."""
    return Emergency.objects.filter(person=person, reviewed=None).order_by("opened", "pk")


def not_open(answer: str) -> NotPossible:
    """Return what is said where nothing opens: of earlier ones of the person's own, or one sentence for all the rest."""
    if answer == "reviews":
        return NotPossible(
            _(
                "Three of your emergency accesses wait for review. No other opens before that: ring your privacy officer."
            )
        )
    if answer == "again":
        return NotPossible(
            _(
                "You opened this file in an emergency before. It opens again once that was reviewed: ring the team that leads it."
            ),
            "number",
        )
    return NotOpen(
        _(
            "No file opens under this number. Check the number; if it is right, ring the agency that looks after the child."
        ),
        "number",
    )


def recorded(child_id: uuid.UUID, owner: Team, ground: Ground, words: str, by: Person) -> Emergency:
    """Record the emergency, then its grant: the wall takes the second only under the first."""
    now = clock.now()
    found = Emergency(
        child_id=child_id,
        grant_id=uuid7(),
        person=by,
        agency=by.agency,
        owner=owner,
        owner_agency=owner.agency,
        ground=ground,
        words=words,
        opened=now,
        due=now + REVIEWED_WITHIN,
    )
    found.save(force_insert=True)
    Grant(
        pk=found.grant_id,  # type: ignore[attr-defined]
        child_id=child_id,
        person=by,
        view=sorted(int(section) for section in OPENED),
        basis=Basis.EMERGENCY,
        reason=getattr(reasons, ground.name),
        begins=now,
        until=now + LASTS,
        given_by=by,
        accepted_by=by,
        accepted=now,
    ).save(force_insert=True)
    return found


def told_of(emergency: Emergency) -> list[Person]:
    """Return who is told at once: the supervisors of the team that owns the file, else all of it, and both privacy officers."""
    team = members(emergency.owner)
    on_call = [one for one in team if Role.SUPERVISOR in one.roles] or team
    agencies = {emergency.owner_agency_id, emergency.agency_id}  # type: ignore[attr-defined]
    officers = Person.objects.filter(
        agency__in=agencies, agency__is_active=True, is_active=True, roles__contains=[Role.PRIVACY_OFFICER]
    )
    told = {one.pk: one for one in (*on_call, *officers.order_by("pk"))}
    return [one for one in told.values() if one.pk != emergency.person_id]  # type: ignore[attr-defined]


def records() -> QuerySet[Emergency]:
    """Return the emergency accesses of which the person in hand reads the record."""
    is_read = RawSQL("access.reads_emergency(access_emergency)", [], BooleanField())
    return Emergency.objects.filter(is_read)


@action
def note_refusal(*, by: Person, reason: str = "") -> None:
    """Record that no file opened: a number that was typed wrong and one that is shut leave the same event."""
    events.record(Event("refusal", "E", "refused", "emergency_not_open"))


@action
def end_early(*, emergency: Emergency, by: Person, reason: str = "") -> None:
    """End an emergency access before its hour is over."""
    if emergency.person_id != by.pk:  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_end", entity_id=emergency.pk), known=False)
    grant = Grant.objects.select_for_update(of=("self",)).get(pk=emergency.grant_id)  # type: ignore[attr-defined]
    if grant.ended is None and grant.until > clock.now():
        actions.end(grant=grant, owner=emergency.owner, by=by, reason=reasons.ENDED_EARLY)


@action
def review(*, emergency: Emergency, is_justified: bool, comment: str, by: Person, reason: str = "") -> Emergency:
    """Say of an emergency access whether it was justified, and why; whoever opened the file is told."""
    emergency = Emergency.objects.select_for_update(of=("self",)).get(pk=emergency.pk)
    if emergency.reviewed is not None:
        raise NotPossible(_("Somebody else has reviewed it already."))
    if not may_review(emergency, by):
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_review", entity_id=emergency.pk), known=True)
    emergency.is_justified, emergency.comment = is_justified, comment
    emergency.reviewed_by, emergency.reviewed = by, clock.now()
    emergency.save()
    answer_notices(by, emergency.pk)
    tell([emergency.person], "emergency_reviewed", [by.short_name, "", emergency.reference], subject_id=emergency.pk)
    return emergency


def may_review(emergency: Emergency, person: Person) -> bool:
    """Return whether the person is one of those who review this one."""
    return answer("SELECT %s = ANY (access.emergency_reviewers(%s))", person.pk, emergency.pk)


def running(person: Person, child_id: uuid.UUID) -> Running | None:
    """Return the emergency access by which the person has this file open now."""
    now = clock.now()
    rows = [row for held in facts(person, child_id).rows.values() for row in held]
    live = [row for row in rows if row.stage == IN_EMERGENCY and row.until > now]
    return Running(live[0].grant_id, live[0].until) if live else None


def emergency_grants(child_id: uuid.UUID) -> set[uuid.UUID]:
    """Return the grants of a file that were opened in an emergency, for whoever reads its SUMMARY."""
    return set(answer("SELECT access.emergency_grants(%s)", child_id))


def end_of(emergency: Emergency) -> tuple[datetime.datetime, bool]:
    """Return when it ended or ends, and whether somebody ended it before its hour was over."""
    until, is_early = asked("SELECT until, is_early FROM access.end_of_emergency(%s)", emergency.pk)[0]
    return until, is_early


def looks(emergency: Emergency) -> list[tuple[str, list[int], int, datetime.datetime]]:
    """Return what was opened under it, for those who read its record: kind, sections, how often, when last."""
    found: list[Any] = asked("SELECT kind, sections, times, latest FROM access.looks_in_emergency(%s)", emergency.pk)
    return found
