"""Every write to a referral: drafted, sent, claimed, answered, started, ended, taken back. Access follows the answer."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from portal.access import actions as access
from portal.access import reasons
from portal.access.actions import code_name_of
from portal.access.identity import Refused, action
from portal.access.models import Basis, Grant
from portal.access.rights import refusal, works_as_owner
from portal.access.roles import works_with_files
from portal.access.sections import Level, Section
from portal.access.work import members, owns, tell
from portal.accounts.models import Person, Team
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.clock import is_today
from portal.casework.models import Document, Notice
from portal.casework.templatetags.portal import full_date, moment
from portal.casework.workflow import NotPossible, WrongState, move
from referrals.models import ANSWERS, Brief, Referral, Service, Urgency
from referrals.workflow import LIVE, REFERRAL, ReferralState
from victims import documents
from victims.case_numbers import new_number
from victims.models import Child

CANNOT_WAIT = (Urgency.HOUR, Urgency.HOURS)  # what a full service takes all the same


@dataclass(frozen=True)
class Ask:
    """What a referral says: the first line that is read before accepting, and the words that open with it."""

    first_line: str
    area: str
    urgency: int
    asked: str
    why: str
    basis: str


@dataclass(frozen=True)
class Opened:
    """What the recipient opens once it accepts, and until when."""

    view: tuple[Section, ...]
    change: tuple[Section, ...]
    until: datetime.datetime
    sections: dict[Section, Level] = field(init=False)

    def __post_init__(self) -> None:
        sections = dict.fromkeys((Section.SUMMARY, *self.view), Level.VIEW)
        object.__setattr__(self, "sections", sections | dict.fromkeys(self.change, Level.CHANGE))

    @property
    def to_view(self) -> list[int]:
        return sorted(int(section) for section in self.sections)

    @property
    def to_change(self) -> list[int]:
        return sorted(int(section) for section, level in self.sections.items() if level == Level.CHANGE)


def file_to_refer(child_id: uuid.UUID, by: Person) -> Child:
    """Return the file, or raise Refused for whoever may not refer its child."""
    child = Child.objects.select_related("owner__agency").filter(pk=child_id).first()
    if child is None or not works_as_owner(by, child.pk, child.owner.pk):
        raise refusal(by, child_id, Section.SUMMARY, Level.CHANGE, "not_the_owner")
    return child


def is_sender(referral: Referral, person: Person) -> bool:
    """Return whether the person is on the sending side: in the team that owns the file now; a draft is its writer's."""
    if not works_with_files(person.roles) or (referral.sent is None and referral.sent_by_id != person.pk):  # type: ignore[attr-defined]
        return False
    return owns(person, referral.child_id)  # type: ignore[attr-defined]


def is_recipient(referral: Referral, person: Person) -> bool:
    """Return whether the person answers for the team that it was sent to."""
    return referral.to_team_id in person.team_ids and works_with_files(person.roles)  # type: ignore[attr-defined]


def of_either_side(person: Person, child_id: Any) -> QuerySet[Referral]:
    """Return the referrals of a file of which the person is the sender or the recipient, by the rules above."""
    if not works_with_files(person.roles):
        return Referral.objects.none()
    sides = Q(to_team__in=person.team_ids, sent__isnull=False)
    if owns(person, child_id):
        sides |= Q(sent__isnull=False) | Q(sent_by=person)
    return Referral.objects.filter(sides, child_id=child_id)


def check_side(referral: Referral, person: Person, *, sender: bool) -> None:
    """Raise Refused unless the person is on this side of the referral."""
    if not (is_sender if sender else is_recipient)(referral, person):
        child_id = referral.child_id  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", "not_your_referral", child_id=child_id), known=False)


def live_referral(child_id: uuid.UUID, service: Service) -> Referral | None:
    """Return the referral of the child to the service from which something is still to come."""
    found = Referral.objects.filter(child_id=child_id, service=service, state__in=LIVE).first()
    return found if found and found.is_live else None


def demand_none_live(child_id: uuid.UUID, service: Service) -> None:
    """Raise where a referral of the child to the service is under way."""
    one = live_referral(child_id, service)
    if one is not None:
        words = _("A referral to this service is under way: %(number)s. Follow that one, or choose another service.")
        raise NotPossible(words % {"number": one.number})


def demand_room(service: Service, urgency: int) -> None:
    """Raise where the service is full and this could wait."""
    if service.is_full and urgency not in CANNOT_WAIT:
        words = _(
            "This service is full until %(day)s and takes only what cannot wait 3 hours. Choose another service,"
            " or send it after that day."
        )
        raise NotPossible(words % {"day": full_date(service.full_until)}, "urgency")


@action
def draft(*, child_id: uuid.UUID, service: Service, ask: Ask, by: Person, reason: str = "") -> Referral:
    """Write a referral down without sending it; the card is copied from the file's summary."""
    child = file_to_refer(child_id, by)
    if service.team == child.owner:
        raise NotPossible(_("This service is run by the team that owns the file. Add a next step for it instead."))
    demand_none_live(child_id, service)
    demand_room(service, ask.urgency)
    referral = Referral(
        child_id=child_id,
        number=new_number(clock.now().year, "R"),
        service=service,
        from_team=child.owner,
        to_team=service.team,
        sent_by=by,
        first_line=ask.first_line,
        area=ask.area,
        urgency=ask.urgency,
        sex=child.sex,
        age_band=child.age_band,
        languages=child.languages,
    )
    referral.save(force_insert=True)
    brief = Brief(id=referral.pk, child_id=child_id, referral=referral, asked=ask.asked, why=ask.why, basis=ask.basis)
    brief.view = [int(Section.SUMMARY)]
    brief.save(force_insert=True)
    return referral


@action
def redraft(*, referral: Referral, ask: Ask, by: Person, reason: str = "") -> Referral:
    """Change what a draft says."""
    file_to_refer(referral.child_id, by)  # type: ignore[attr-defined]
    referral = own_draft(referral, by)
    demand_room(referral.service, ask.urgency)
    referral.first_line, referral.area, referral.urgency = ask.first_line, ask.area, ask.urgency
    referral.save()
    brief = Brief.objects.get(referral=referral)
    brief.asked, brief.why, brief.basis = ask.asked, ask.why, ask.basis
    brief.save()
    return referral


def own_draft(referral: Referral, by: Person) -> Referral:
    """Return the person's own draft, locked, if it was neither sent nor dropped."""
    check_side(referral, by, sender=True)
    referral = locked(referral)
    if referral.state != ReferralState.DRAFT:
        raise NotPossible(stands_at(referral))
    return referral


@action
def drop(*, referral: Referral, by: Person, reason: str = "") -> Referral:
    """Drop a draft: nobody was told of it."""
    file_to_refer(referral.child_id, by)  # type: ignore[attr-defined]
    referral = own_draft(referral, by)
    referral.closed = clock.now()
    take(referral, "drop")
    return referral


@action
def send(*, referral: Referral, opened: Opened, by: Person, reason: str = "") -> Referral:
    """Send a draft: its clock starts, and access waits that opens exactly these sections when it is accepted."""
    child = file_to_refer(referral.child_id, by)  # type: ignore[attr-defined]
    referral = own_draft(referral, by)
    if referral.from_team != child.owner:
        raise NotPossible(_("The file has another owner since this was drafted. Write the referral anew."))
    expire_others(referral)
    demand_none_live(child.pk, referral.service)
    demand_room(referral.service, referral.urgency)
    if not referral.service.is_active:
        raise NotPossible(_("This service was taken out of the directory. Choose another one."))
    write_sections(referral, opened)
    now = clock.now()
    referral.grant = access.give(
        child_id=child.pk, sections=opened.sections, until=opened.until, team=referral.to_team, owner=child.owner,
        basis=Basis.REFERRAL, legal_basis=Brief.objects.get(referral=referral).basis, by=by,
        reason=referral.number, with_act=True,
    )  # fmt: skip
    referral.until = opened.until
    referral.sent, referral.answer_by = now, now + ANSWERS[Urgency(referral.urgency)]
    referral.sex, referral.age_band, referral.languages = child.sex, child.age_band, child.languages
    try:
        with transaction.atomic():
            take(referral, "send")
    except IntegrityError:  # two windows that sent at the same moment
        raise NotPossible(_("A referral to this service was sent a moment ago. Follow that one.")) from None
    tell(others(referral.to_team, by), "referral_sent", [by.short_name], level=Notice.Level.ACT, subject_id=referral.pk)
    return referral


def expire_others(referral: Referral) -> None:
    """Close referrals of the child to the same service whose access ended before anybody accepted."""
    same = Referral.objects.filter(child=referral.child, service=referral.service, state__in=LIVE)
    for old in same.select_for_update(of=("self",)):
        if old.has_expired:
            old.closed = clock.now()
            take(old, "expire")


def write_sections(referral: Referral, opened: Opened) -> None:
    """Write into the brief what opens with the acceptance: the grant says the same."""
    brief = Brief.objects.get(referral=referral)
    brief.view, brief.change = opened.to_view, opened.to_change
    brief.save()


def others(team: Team, by: Person) -> list[Person]:
    """Return the people of a team but the one who acts."""
    return [person for person in members(team) if person.pk != by.pk]


def locked(referral: Referral) -> Referral:
    """Return the referral as it stands now, locked.

    Who it points at is fetched after the lock: what was joined while it waited would be that of the row before.
    """
    Referral.objects.select_for_update(of=("self",)).only("pk").get(pk=referral.pk)
    found = Referral.objects.select_related(
        "service__agency", "service__team", "from_team__agency", "to_team__agency", "grant", "sent_by", "accepted_by",
        "claimed_by",
    )  # fmt: skip
    return found.get(pk=referral.pk)


def take(referral: Referral, name: str) -> None:
    """Take a step of the referral; one that somebody else took first says where it stands."""
    try:
        move(referral, REFERRAL, REFERRAL.named(name))
    except WrongState:
        raise NotPossible(stands_at(referral)) from None


def stands_at(referral: Referral) -> str:
    """Say who was faster, and where the referral stands."""
    if referral.state == ReferralState.ACCEPTED and referral.accepted_by:
        words = _("%(name)s accepted this at %(time)s. You can still open it: your team has the file.")
        return words % {"name": referral.accepted_by.short_name, "time": moment(referral.accepted)}
    words = _("This referral stands at: %(state)s. Nothing was changed.")
    return words % {"state": REFERRAL.state(referral).label}


def to_answer(referral: Referral, by: Person) -> Referral:
    """Return the locked referral for somebody of the recipient's, if it still waits for an answer."""
    check_side(referral, by, sender=False)
    referral = locked(referral)
    if referral.has_expired:
        words = _("This referral expired on %(day)s. Ask the sender for a new one.")
        raise NotPossible(words % {"day": full_date(referral.until)})
    if not referral.is_open:
        raise NotPossible(stands_at(referral))
    return referral


@action
def claim(*, referral: Referral, by: Person, reason: str = "") -> Referral:
    """Take a referral on for an answer: for four hours, then it returns by itself."""
    referral = to_answer(referral, by)
    if referral.is_claimed and referral.claimed_by:
        words = _("%(name)s claimed this at %(time)s and decides on it.")
        raise NotPossible(words % {"name": referral.claimed_by.short_name, "time": moment(referral.claimed)})
    referral.claimed, referral.claimed_by = clock.now(), by
    take(referral, "claim")
    return referral


@action
def accept(
    *, referral: Referral, worker: Person, first_on: datetime.date | None, by: Person, reason: str = ""
) -> Referral:
    """Accept: the access that waited opens in the same act. Says who will do it, and the first date."""
    referral = to_answer(referral, by)
    if referral.grant is None or referral.grant.ended:
        raise NotPossible(_("The sender ended the access that comes with this referral. Ring the sender."))
    if worker.pk not in {person.pk for person in members(referral.to_team)}:
        raise NotPossible(_("Choose somebody of your team."), "worker")
    referral.accepted, referral.accepted_by = clock.now(), by
    referral.worker, referral.first_on = worker, first_on
    take(referral, "accept")
    access.accept(grant=referral.grant, by=by, reason=referral.number)
    answer_sender(referral, "referral_accepted", by)
    return referral


def answer_sender(referral: Referral, kind: str, by: Person) -> None:
    """Tell whoever sent it, else the team that owns the file now, by the code name where the recipient knows it."""
    child_id = referral.child_id  # type: ignore[attr-defined]
    name = code_name_of(child_id)
    people = list(Person.objects.raw("SELECT access.told_of_answer(%s) AS id", [referral.pk]))
    if name:
        tell(people, kind, [by.short_name, name], child_id=child_id, subject_id=referral.pk, level=Notice.Level.ACT)
    else:
        kind = "referral_answered_next" if kind == "referral_result_next" else "referral_answered"
        tell(people, kind, [by.short_name], subject_id=referral.pk, level=Notice.Level.ACT)


@action
def decline(*, referral: Referral, why: str, answer: str = "", by: Person, reason: str = "") -> Referral:
    """Decline with a reason: the access that waited ends unopened."""
    referral = to_answer(referral, by)
    if not why:
        raise NotPossible(_("Choose why you cannot take this one."), "why")
    referral.decline, referral.answer = why, answer
    end(referral, "decline", referral.to_team, by, reasons.REFERRAL_DECLINED)
    answer_sender(referral, "referral_answered", by)
    return referral


@action
def wait(*, referral: Referral, why: str, answer: str, by: Person, reason: str = "") -> Referral:
    """Put the child on the waiting list: the sender reads when it could be."""
    referral = to_answer(referral, by)
    if not answer:
        raise NotPossible(_("Say when you could, such as: in about 3 weeks."), "answer")
    referral.decline, referral.answer = why, answer
    take(referral, "wait")
    answer_sender(referral, "referral_answered", by)
    return referral


def end(referral: Referral, name: str, side: Team, by: Person, reason: str) -> None:
    """End a referral by this step, its access first: the database takes no end of a referral whose access still lives."""
    grant = Grant.objects.filter(pk=referral.grant_id, ended=None).first()  # type: ignore[attr-defined,misc]
    if grant is not None:
        access.end(grant=grant, owner=side, by=by, reason=reason, with_act=True)
    referral.closed = clock.now()
    take(referral, name)


@action
def start(*, referral: Referral, by: Person, reason: str = "") -> Referral:
    """Record that the service has begun."""
    check_side(referral, by, sender=False)
    referral = locked(referral)
    take(referral, "start")
    return referral


@action
def finish(
    *, referral: Referral, attended: bool, outcome: str, next_on: datetime.date | None = None, by: Person,
    reason: str = "",
) -> Referral:  # fmt: skip
    """Record what came of it; the access that came with the referral ends with it."""
    check_side(referral, by, sender=False)
    referral = locked(referral)
    referral.attended, referral.outcome, referral.next_on = attended, outcome, next_on
    kind = "referral_result_next" if next_on else "referral_result"
    answer_sender(referral, kind, by)  # told before the access ends: afterwards the name is not theirs
    end(referral, "complete" if attended else "miss", referral.to_team, by, reasons.REFERRAL_ENDED)
    return referral


@action
def take_back(*, referral: Referral, name: str, by: Person, reason: str) -> Referral:
    """Withdraw a referral for the child, or revoke it as the sender: its access ends at once, opened or not."""
    check_side(referral, by, sender=True)
    if name not in ("withdraw", "revoke"):
        raise LookupError(name)
    if not reason:
        raise NotPossible(_("Say why."), "reason")
    referral = locked(referral)
    known = referral.accepted is not None
    referral.close_reason = reason
    owner = Child.objects.select_related("owner").get(pk=referral.child_id).owner  # type: ignore[attr-defined]
    end(referral, name, owner, by, reasons.REFERRAL_TAKEN_BACK)
    tell_recipients(referral, "referral_taken_back", by, known=known)
    return referral


def tell_recipients(referral: Referral, kind: str, by: Person, *, known: bool) -> None:
    """Tell the recipient's team; by the code name only where it has read it."""
    child_id = referral.child_id  # type: ignore[attr-defined]
    name = code_name_of(child_id) if known else ""
    words = [by.short_name, name] if name else [by.short_name]
    kind = kind if name else f"{kind}_unnamed"
    about = {"child_id": child_id} if name else {}  # whoever is in conflict with the child is not told
    tell(others(referral.to_team, by), kind, words, subject_id=referral.pk, level=Notice.Level.ACT, **about)


@action
def remind(*, referral: Referral, by: Person, reason: str = "") -> Referral:
    """Remind the recipient, once a day at most."""
    check_side(referral, by, sender=True)
    referral = locked(referral)
    if not referral.is_live:
        raise NotPossible(stands_at(referral))
    if is_today(referral.reminded):
        raise NotPossible(_("They were reminded today. Once a day is enough; ring them if it cannot wait."))
    referral.reminded = clock.now()
    referral.save()
    tell_recipients(referral, "referral_reminder", by, known=referral.accepted is not None)
    return referral


def demand_letter(referral: Referral) -> None:
    """Raise where a referral has no letter: it was not sent, or nothing comes of it any more."""
    if referral.sent is None:
        raise NotPossible(_("A draft has no letter. Send the referral first."))
    if not referral.is_live:
        raise NotPossible(stands_at(referral))


@action
def order_letter(*, referral: Referral, language: str, by: Person, reason: str = "") -> Document:
    """Ask for the letter of a referral that was sent; the worker makes it with what the recipient may see by then."""
    check_side(referral, by, sender=True)
    demand_letter(referral)
    child_id = referral.child_id  # type: ignore[attr-defined]
    return documents.order(
        child_id=child_id, kind="letter", language=language, job_kind="letter", subject_id=referral.pk, by=by
    )
