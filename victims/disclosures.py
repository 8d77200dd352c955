"""Copies of a file that leave the portal: asked for with a scope, decided by others, made once, kept as a hash."""

import datetime
import hashlib
import hmac
import uuid
from collections.abc import Callable
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from portal.access import work
from portal.access.asking import answer, asked
from portal.access.decide import NEED_CODE
from portal.access.fresh_codes import Proof, begin_signature
from portal.access.identity import Refused, action
from portal.access.jobs import may_retry, schedule
from portal.access.legal_bases import demand_lawful, words_of
from portal.access.rights import CODE_NOT_FRESH, check, code_is_fresh, refusal
from portal.access.sections import Level, Section
from portal.access.work import tell
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit import clock, events
from portal.audit.events import Event
from portal.casework.keys import KeyMissing
from portal.casework.models import Approval, Job
from portal.casework.templatetags.portal import listed
from portal.casework.workflow import NotPossible
from victims import disclosed
from victims.models import Child, Disclosure, DisclosureContent

ROLES = {  # access.decisions_needed() says the same
    Disclosure.Kind.ORDER: (Role.PRIVACY_OFFICER, Role.SUPERVISOR),
    Disclosure.Kind.COPY: (Role.PRIVACY_OFFICER,),
}
BY_LAW = "duty"  # the legal basis of the child's own copy
KEPT = datetime.timedelta(days=14)  # in which it can be taken; access.disclosure_fixed() says the same
SENT_BACK_STAYS = datetime.timedelta(days=60)  # on My work
State = Disclosure.State
ALIVE = frozenset({State.ASKED, State.APPROVED, State.MADE})  # nothing else has to be asked for in its place


def answers_for(child_id: Any) -> bool:
    """Return whether the person in hand is of those who answer for the file: its owner's team, its privacy officer."""
    return bool(answer("SELECT access.answers_for(%s)", child_id))


def concerns(disclosure: Disclosure) -> bool:
    """Return whether the person in hand may know of a disclosure: who answers for the file, and who decides on it."""
    return bool(
        answer("SELECT access.answers_for(%s) OR access.concerns_disclosure(%s)", disclosure.child_id, disclosure.pk)  # type: ignore[attr-defined]
    )


def demand_answering(person: Person, child_id: Any) -> None:
    """Raise Refused for whoever does not answer for the file."""
    check(person, child_id, Section.SUMMARY)
    if not answers_for(child_id):
        raise refusal(person, child_id, Section.SUMMARY, Level.CHANGE, "not_the_owner")


def demand_held(disclosure: Disclosure, person: Person) -> None:
    """Raise Refused unless the person holds every section of a disclosure: nobody gives what they do not hold."""
    child_id: uuid.UUID = disclosure.child_id  # type: ignore[attr-defined]
    demand_answering(person, child_id)
    for number in disclosure.parts:
        check(person, child_id, Section(number))


def demand_fresh(disclosure: Disclosure, person: Person) -> None:
    """Raise Refused, for which the page asks for the code, where an old one does not open what a disclosure holds."""
    if code_is_fresh(person) or NEED_CODE.isdisjoint(disclosure.parts):
        return
    event = Event(
        "refusal", "R", "refused", CODE_NOT_FRESH, entity=disclosure._meta.label_lower, entity_id=disclosure.pk
    )
    raise Refused(event, known=True)


def who_decides(child_id: Any, role: Role, parts: list[int]) -> list[Person]:
    """Return who may decide in a role what the person in hand would give of a file."""
    ids = answer("SELECT access.who_decides(%s, %s, %s::smallint[])", child_id, str(role), parts)
    return list(Person.objects.filter(pk__in=ids).select_related("agency").order_by("family_name", "pk"))


@action
def ask(*, child_id: uuid.UUID, values: dict[str, Any], by: Person, reason: str = "") -> Disclosure:
    """Ask to give named sections of a file away on paper. What would be given is put together now, and stays as it is."""
    disclosure = Disclosure(child_id=child_id, asked_by=by, asked=clock.now(), **values)
    demand_held(disclosure, by)
    demand_lawful([Section(number) for number in disclosure.parts], disclosure.legal_basis, {})
    child = Child.objects.select_related("owner__agency").get(pk=child_id)
    deciders = {role: who_decides(child_id, role, disclosure.parts) for role in ROLES[Disclosure.Kind(disclosure.kind)]}
    demand_deciders(deciders)
    disclosure.save(force_insert=True)
    contents = disclosed.gather(disclosure, child, by)
    disclosed.keep(disclosure, contents)
    for role, people in deciders.items():
        work.ask(
            kind=disclosure.kind, subject_id=disclosure.pk, team=child.owner, role=str(role), to=people, by=by,
            child_id=child_id, reference=disclosure.reference,
        )  # fmt: skip
    tell_other_agencies(disclosure, contents["others"], by)
    return disclosure


def demand_deciders(deciders: dict[Role, list[Person]]) -> None:
    """Raise NotPossible where somebody is missing who could decide: each decision is another person's.

    One sentence, whoever is missing: which colleague a relation or a seal keeps apart is not said to whoever asks.
    """
    everybody = {person.pk for people in deciders.values() for person in people}
    if all(deciders.values()) and len(everybody) >= len(deciders):
        return
    roles = listed(str(role.label) for role in deciders)
    words = _(
        "This cannot be decided in your agency now. It takes, each another person: %(roles)s. Ask your administrator."
    )
    raise NotPossible(words % {"roles": roles})


def tell_other_agencies(disclosure: Disclosure, agencies: list[Any], by: Person) -> None:
    """Tell the privacy officers of other agencies that wrote something of it: by reference, and of no child."""
    officers = Person.objects.filter(
        agency__in=agencies, agency__is_active=True, is_active=True, roles__contains=[Role.PRIVACY_OFFICER]
    )
    words = [by.short_name, "", disclosure.reference]
    tell(list(officers.order_by("pk")), "disclosure_of_yours", words, subject_id=disclosure.pk)


# --- the decisions ----------------------------------------------------------------------------------------------------


def asked_of(person: Person, disclosure: Disclosure) -> Approval | None:
    """Return the question about a disclosure that this person may answer now."""
    return work.to_answer().filter(subject_id=disclosure.pk).order_by("role").first()


@action
def decide(*, disclosure: Disclosure, state: Approval.State, proof: Proof, by: Person, reason: str = "") -> Disclosure:
    """Approve what would be given, send it back or refuse it, with a fresh code. The last approval lets it be made."""
    begin_signature(proof, by)
    disclosure = Disclosure.objects.select_for_update(of=("self",)).get(pk=disclosure.pk)
    if disclosure.state != State.ASKED:
        raise NotPossible(_("Meanwhile somebody else has sent it back, refused it, or taken it back."))
    approval = asked_of(by, disclosure)
    if approval is None:
        code = "own_approval" if disclosure.asked_by_id == by.pk else "not_your_approval"  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", code, entity_id=disclosure.pk), known=False)
    if state != Approval.State.APPROVED and not reason:
        raise NotPossible(_("Say why, so that whoever asked knows what to do."), "reason")
    work.decide(approval=approval, state=state, by=by, reason=reason, reference=disclosure.reference)
    ends = {Approval.State.CHANGES_ASKED: State.SENT_BACK, Approval.State.REFUSED: State.REFUSED}
    if state in ends:
        disclosure.state = ends[state]
    elif approvals_stand(disclosure):
        disclosure.state = State.APPROVED
    if disclosure.state != State.ASKED:
        disclosure.save()
    return disclosure


def approvals_stand(disclosure: Disclosure) -> bool:
    """Return whether everybody who has to has approved it, and could do so still."""
    return bool(answer("SELECT access.approvals_stand(%s)", disclosure.pk))


@action
def withdraw(*, disclosure: Disclosure, by: Person, reason: str = "") -> Disclosure:
    """Take back what one asked to give, before it was made."""
    disclosure = Disclosure.objects.select_for_update(of=("self",)).get(pk=disclosure.pk)
    if disclosure.asked_by_id != by.pk:  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_end", entity_id=disclosure.pk), known=True)
    if disclosure.state not in (State.ASKED, State.APPROVED):
        raise NotPossible(_("It was decided, made or taken back already."))
    disclosure.state = State.WITHDRAWN
    disclosure.save()
    return disclosure


# --- making and taking it ---------------------------------------------------------------------------------------------


def job_of(disclosure: Disclosure) -> Job | None:
    """Return the job that makes it, for whoever started it."""
    return Job.objects.filter(kind="disclosure", subject_id=disclosure.pk).order_by("-id").first()


@action
def make(*, disclosure: Disclosure, by: Person, reason: str = "") -> Job:
    """Have an approved disclosure made, as whoever asked for it; pressed again while it is under way, it is that one."""
    disclosure = Disclosure.objects.select_for_update(of=("self",)).get(pk=disclosure.pk)
    demand_makeable(disclosure, by)
    under_way = job_of(disclosure)
    if under_way is not None and not may_retry(under_way):
        return under_way
    return schedule("disclosure", disclosure.pk, by=by)


def demand_makeable(disclosure: Disclosure, by: Person) -> None:
    """Raise unless this person makes it now: asked once more by the job, as rights may have ended since."""
    if disclosure.asked_by_id != by.pk:  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_make", entity_id=disclosure.pk), known=True)
    demand_held(disclosure, by)
    if disclosure.state != State.APPROVED:
        raise NotPossible(_("It is not approved, or it was made already."))
    if not approvals_stand(disclosure):
        raise NotPossible(_("Somebody who approved it could not do so any more. Ask for it again."))


def finish(disclosure: Disclosure, pdf: bytes, cover: Callable[[Disclosure], bytes], by: Person) -> None:
    """Keep the paper that was made: its hash for ever, itself for a time. Called by the job."""
    disclosure.made, disclosure.until = clock.now(), clock.now() + KEPT
    disclosure.digest = hashlib.sha256(pdf).hexdigest()
    content = DisclosureContent.objects.select_for_update(of=("self",)).get(disclosure_id=disclosure.pk)
    content.pdf = disclosed.seal(disclosure, pdf, "pdf")
    content.cover = disclosed.seal(disclosure, cover(disclosure), "cover")
    content.save(update_fields=["pdf", "cover"])
    disclosure.state = State.MADE
    disclosure.save()
    told = Person.objects.filter(
        Q(pk=by.pk) | Q(pk__in=Approval.objects.filter(subject_id=disclosure.pk).values("decided_by_id"))
    )
    tell(
        list(told.order_by("pk")),
        "disclosure_made",
        [by.short_name, "", disclosure.reference],
        subject_id=disclosure.pk,
    )


def can_be_taken(disclosure: Disclosure) -> bool:
    """Return whether the paper is there still."""
    return disclosure.state == State.MADE and disclosure.until is not None and disclosure.until > clock.now()


def paper(disclosure: Disclosure, what: str) -> bytes | None:
    """Return the paper, or its covering page; nothing once its time is over."""
    content = DisclosureContent.objects.filter(disclosure_id=disclosure.pk).first()
    data = getattr(content, what, None) if content and can_be_taken(disclosure) else None
    try:
        return disclosed.opened(disclosure, bytes(data), what) if data else None
    except KeyMissing:  # a section of it was erased
        return None


def is_the_same(disclosure: Disclosure, data: bytes) -> bool:
    """Return whether a file is the paper that was made; the file is kept nowhere."""
    return hmac.compare_digest(hashlib.sha256(data).hexdigest(), disclosure.digest)


def drop_old() -> int:
    """Drop what disclosures hold once their time is over; that it was done is on record. Return how many."""
    with transaction.atomic():
        dropped = int(answer("SELECT access.drop_disclosed()"))
        if dropped:
            about = DisclosureContent._meta.label_lower
            events.record(Event("disclosures dropped", "E", entity=about, details={"disclosures": dropped}))
    return dropped


# --- for the pages ----------------------------------------------------------------------------------------------------


def of_file(child_id: uuid.UUID) -> list[Disclosure]:
    """Return the disclosures of a file for courts, the newest first."""
    found = Disclosure.objects.filter(child_id=child_id, kind=Disclosure.Kind.ORDER)
    return list(found.select_related("asked_by__agency").order_by("-pk"))


def under_way(person: Person, *states: Disclosure.State) -> QuerySet[Disclosure]:
    """Return what the person asked to give away, in these states; what is due first in front.

    One that was sent back stays until the same is asked for again, for two months at most.
    """
    again = Disclosure.objects.filter(
        **{name: OuterRef(name) for name in ("child", "kind", "order_number")}, pk__gt=OuterRef("pk")
    )
    found = Disclosure.objects.filter(asked_by=person, state__in=states)
    old = Q(asked__lt=clock.now() - SENT_BACK_STAYS) | Exists(again)
    return found.exclude(Q(state=State.SENT_BACK) & old).order_by(F("answer_by").asc(nulls_last=True), "pk")


def approvals_of(disclosure: Disclosure) -> list[Approval]:
    """Return the decisions on a disclosure that this person may read."""
    found = Approval.objects.filter(subject_id=disclosure.pk).exclude(role="")
    return list(found.select_related("decided_by__agency").order_by("role"))


def may_read(disclosure: Disclosure) -> bool:
    """Return whether the person in hand reads what a disclosure would give."""
    return bool(answer("SELECT access.reads_disclosure(%s)", disclosure.pk))


def called(disclosure: Disclosure) -> tuple[str, str]:
    """Return number and code name of the file, for those who decide and may hold nothing else of it."""
    found = asked("SELECT case_number, code_name FROM access.asked_disclosure(%s)", disclosure.pk)
    return found[0] if found else ("", "")


def basis_in_words(disclosure: Disclosure) -> str:
    """Return the legal basis in words."""
    return words_of(disclosure.legal_basis)


def width(parts: list[int], begins: Any, ends: Any, held: list[Section]) -> str:
    """Return a warning where the scope is wide; nothing where it is not."""
    everything = len(held) > 1 and len(parts) == len(held)
    if everything and not begins and not ends:
        return _("This is every section that you can open, of all time. Does the order really ask for all of it?")
    if everything:
        return _("This is every section that you can open. Does the order really name each of them?")
    if not begins and not ends:
        return _("This is of all time. Does the order name days?")
    return ""


def parts_in_words(disclosure: Disclosure) -> str:
    """Return the sections of a disclosure in words."""
    return listed(str(Section(number).label) for number in disclosure.parts)
