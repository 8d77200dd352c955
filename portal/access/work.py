"""Tasks, approvals and notices: asking for work, doing it, deciding, telling."""

import datetime
import uuid
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import BooleanField, Func, QuerySet
from django.utils.text import slugify
from django.utils.translation import gettext as _

from portal.access.asking import answer, asked
from portal.access.identity import Refused, action
from portal.access.rights import can, check, is_kept_apart, is_there_in_emergency, refusal
from portal.access.roles import opens_files, works_with_files
from portal.access.sections import SAFE, Level, Section
from portal.accounts.models import Membership, Person, Team
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.events import Event
from portal.casework.clock import end_of_day
from portal.casework.due_rules import NOT_ASSESSED, moment_due, rule_for
from portal.casework.models import Approval, DueRule, Lookup, Notice, Task
from portal.casework.notices import APART, APPROVALS
from portal.casework.workflow import NotPossible


def tell(people: list[Person], kind: str, words: list[str], *, level: int = Notice.Level.KNOW, **about: Any) -> None:
    """Put a notice before each of the people, in the open transaction; about: child_id and subject_id, where there are.

    One that names a file is for those alone who open files: others are in teams too.
    """
    for person in people:
        if about.get("child_id") and not opens_files(person.roles):
            continue
        notice = Notice(person=person, kind=kind, words=words, level=level, made=clock.now(), **about)
        notice.save(force_insert=True)


def answer_notices(by: Person, subject_id: Any, kind: str = "") -> None:
    """Mark one's notices about something as read, now that what they asked for is done; kind: how theirs begins."""
    for notice in Notice.objects.filter(person=by, subject_id=subject_id, kind__startswith=kind, seen=None):
        notice.seen = clock.now()
        notice.save()


def members(team: Team) -> list[Person]:
    """Return the people of a team who work with files. Whoever keeps its accounts or oversees it is told of no child."""
    people = [membership.person for membership in team.memberships.working().select_related("person")]
    return [person for person in people if works_with_files(person.roles)]


@action
def add_task(
    *, kind: str, title: str, team: Team, by: Person, reason: str = "", child_id: Any = None, rule: str = "",
    person: Person | None = None, due: datetime.date | None = None,
) -> Task:  # fmt: skip
    """Ask a team, or one of its people, to do something by a day or a moment; rule says in words why then."""
    if child_id is not None:
        check(by, child_id, Section.SUMMARY)
        if is_there_in_emergency(by, child_id):
            raise refusal(by, child_id, Section.SUMMARY, Level.CHANGE, "only_in_emergency")
    to_the_minute = isinstance(due, datetime.datetime)
    moment = end_of_day(due, team.agency.time_zone) if due and not to_the_minute else due
    task = Task(
        kind=kind,
        title=title,
        rule=rule,
        team=team,
        person=person,
        child_id=child_id,
        due=moment,
        to_the_minute=to_the_minute,
    )
    task.save(force_insert=True)
    return task


@action
def end_task(*, task: Task, by: Person, reason: str = "", cancelled: bool = False) -> Task:
    """Mark a task done, or cancelled; reason says why it was late, where it was."""
    task = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
    if task.person_id != by.pk:  # type: ignore[attr-defined]
        check_of_team(task, by)
    if task.state == Task.State.OPEN:
        put_end(task, Task.State.CANCELLED if cancelled else Task.State.DONE, reason)
    return task


def put_end(task: Task, state: int, reason: str = "") -> None:
    """End an open task that the caller has locked and checked rights for; reason says why it was late, where it was."""
    task.state, task.ended = state, clock.now()
    task.overrun_reason = reason[:200] if task.due and task.due < task.ended else ""
    task.save()


def may_do(task: Task, person: Person) -> bool:
    """Return whether somebody of the team may do its task: one of a file is for those who work with files."""
    return task.child_id is None or works_with_files(person.roles)  # type: ignore[attr-defined]


def reads(task: Task, person: Person) -> bool:
    """Return whether the person reads a task: whose it is, of its team, or who reads the SUMMARY of its file."""
    child_id: Any = task.child_id  # type: ignore[attr-defined]
    is_theirs = task.person_id == person.pk or task.team_id in person.team_ids  # type: ignore[attr-defined]
    if child_id is None:
        return is_theirs
    if is_kept_apart(person, child_id):
        return False
    return (is_theirs and opens_files(person.roles)) or can(person, child_id, Section.SUMMARY)


def check_of_team(task: Task, by: Person) -> None:
    """Raise Refused for whoever does not work in the team whose task it is."""
    if task.team_id not in by.team_ids or not may_do(task, by):  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", "not_your_task", child_id=task.child_id), known=True)  # type: ignore[attr-defined]


@action
def give_task(*, task: Task, to: Person, by: Person, reason: str = "") -> Task:
    """Give a task of one's team to a colleague: a supervisor gives any of them, anybody the own ones and the free ones."""
    task = Task.objects.select_for_update(of=("self",)).get(pk=task.pk)
    check_of_team(task, by)
    mine = task.person_id in (None, by.pk) or Role.SUPERVISOR in by.roles  # type: ignore[attr-defined]
    takes = to in members(task.team) and may_do(task, to)
    if not mine or task.state != Task.State.OPEN or not takes:
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_give", child_id=task.child_id), known=True)  # type: ignore[attr-defined]
    if task.person_id != to.pk:  # type: ignore[attr-defined]
        task.person = to
        task.save()
        if to.pk != by.pk:
            tell_of_task(task, [to], "task_given", by)
    return task


@action
def give_back(*, number: str, person: Person, by: Person, reason: str = "") -> list[Task]:
    """Give the open tasks that somebody has on the file of a number back to their teams, whose they stay."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.tasks_about(%s, %s)", [number, person.pk])
        found = [row[0] for row in cursor.fetchall()]
    tasks = list(Task.objects.filter(pk__in=found).select_for_update(of=("self",)))
    for task in tasks:
        task.person = None
        task.save()
    return tasks


def tell_of_task(task: Task, people: list[Person], kind: str, by: Person) -> None:
    """Tell people of a task, by the code name of its file and nothing else."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT code_name FROM access.file_lines(%s)", [[task.child_id] if task.child_id else []])  # type: ignore[attr-defined]
        name = (cursor.fetchone() or [""])[0]
    kind = kind if name else f"{kind}_without_file"
    about = {"child_id": task.child_id, "subject_id": task.pk}  # type: ignore[attr-defined]
    tell(people, kind, [by.short_name, name], level=Notice.Level.ACT, **about)


def owns(person: Person, child_id: Any) -> bool:
    """Return whether the person is of the team that owns the file."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT owner_id FROM victims_child WHERE id = %s", [child_id])
        return (cursor.fetchone() or [None])[0] in person.team_ids


SHORTENED = (
    "first_contact",
    "full_assessment",
    "care_plan",
    "visit",
    "plan_review",
)  # what a higher risk calls for sooner


def open_tasks(child_id: Any, *codes: str) -> QuerySet[Task]:
    """Return the open tasks of a file that these rules made, as far as the person in hand sees them."""
    return Task.objects.filter(child_id=child_id, kind__in=codes, state=Task.State.OPEN).order_by("pk")


@action
def due(
    *, code: str, child_id: Any, since: datetime.datetime, team: Team, by: Person,
    person: Person | None = None, risk: int = NOT_ASSESSED, reason: str = "", at_latest: datetime.date | None = None,
) -> Task | None:  # fmt: skip
    """Make the task that a rule asks for; one of this code that is open on the file stays as it is.

    Nothing is made where the rule is not in use. at_latest: a day that was agreed on; the sooner of the two counts.
    """
    check(by, child_id, Section.SUMMARY)
    with connection.cursor() as cursor:  # two at the same moment make one task
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"task {code} {child_id}"])
    there = open_tasks(child_id, code).first()
    rule = rule_for(code, team.agency_id, risk)  # type: ignore[attr-defined]
    if there or rule is None:
        return there
    task = Task(child_id=child_id, kind=code, title=rule.title, rule=rule.sentence, team=team, person=person)
    agreed = end_of_day(at_latest, team.agency.time_zone) if at_latest else None
    task.due = min(filter(None, [moment_due(rule, since, team.agency.time_zone), agreed]))
    task.to_the_minute = rule.unit == DueRule.Unit.HOURS
    task.save(force_insert=True)
    return task


def meet(child: Any, team: Team, by: Person) -> None:
    """Make the first safe contact due for the team that owns a file from now on, where the child is found."""
    if child.stage in SAFE:
        due(code="first_contact", child_id=child.pk, since=clock.now(), team=team, risk=child.risk, by=by)


@action
def close_tasks(*, child_id: Any, codes: Iterable[str], by: Person, reason: str = "") -> list[Task]:
    """Mark the open tasks of these codes done, whichever team's they are: the record that they asked for was made."""
    check(by, child_id, Section.SUMMARY)
    tasks = list(open_tasks(child_id, *codes).select_for_update(of=("self",)))
    for task in tasks:
        put_end(task, Task.State.DONE, reason)
    return tasks


@action
def shorten(*, child_id: Any, risk: int, by: Person, reason: str = "") -> list[Task]:
    """Bring open tasks forward to what a higher risk asks for, counted from now; no date ever moves back."""
    check(by, child_id, Section.SUMMARY)
    moved = []
    for task in open_tasks(child_id, *SHORTENED).select_related("team__agency").select_for_update(of=("self",)):
        rule = rule_for(task.kind, task.team.agency_id, risk)
        sooner = rule and moment_due(rule, clock.now(), task.team.agency.time_zone)
        if rule and sooner and task.due and sooner < task.due:
            task.due, task.rule, task.to_the_minute = sooner, rule.sentence, rule.unit == DueRule.Unit.HOURS
            task.save()
            moved.append(task)
    return moved


@action
def hand_tasks(*, child_id: Any, from_team: Team, to_team: Team, by: Person, reason: str = "") -> list[Task]:
    """Give a team's open tasks of a file to the team that takes over; the clock runs on, and nobody has them yet."""
    check(by, child_id, Section.SUMMARY)
    found = Task.objects.filter(child_id=child_id, team=from_team, state=Task.State.OPEN)
    tasks = list(found.select_for_update(of=("self",)))
    for task in tasks:
        task.team, task.person = to_team, None
        task.save()
    return tasks


@action
def ask(
    *, kind: str, subject_id: Any, team: Team, by: Person, reason: str = "", child_id: Any = None,
    name: str = "", to: list[Person] | None = None, role: str = "", reference: str = "",
) -> Approval:  # fmt: skip
    """Ask a team for a decision; somebody else than the asker gives it.

    kind: one of APPROVALS, whose notices ask and answer. name: the code name that they say. to: who may decide.
    role: those decide instead of the team whom the database names of this role. reference: notices say it and no child.
    """
    says, _answer = APPROVALS[kind]
    if child_id is not None and kind not in APART:
        check(by, child_id, Section.SUMMARY)
    approval = Approval(
        kind=kind, subject_id=subject_id, team=team, asked_by=by, asked=clock.now(), child_id=child_id, role=role
    )
    approval.save(force_insert=True)
    others = [person for person in to or members(team) if person.pk != by.pk]
    if kind in APART:
        ids = answer("SELECT access.told_of_question(%s)", approval.pk)
        others = [person for person in others if person.pk in ids]
        demand_somebody(others)
    tell_of(approval, others, says, by, name, reference, Notice.Level.ACT)
    return approval


def who_decides(asker: Person, roles: Collection[Role]) -> QuerySet[Membership]:
    """Return everybody in one of these roles who may decide as a second person: in no team of the asker's."""
    now = Membership.objects.working().exclude(person=asker)
    ours = now.filter(team_id__in=asker.team_ids).values("person_id")
    return now.filter(person__roles__overlap=[str(role) for role in roles]).exclude(person_id__in=ours)


def teams_to_ask(asker: Person, roles: Collection[Role], without: Any = None) -> list[Team]:
    """Return the teams that can decide: other ones of the agency; where there is none, those of other agencies.

    without: a team that is never asked.
    """
    deciding = who_decides(asker, roles).exclude(team=without).values("team_id")
    teams = Team.objects.filter(pk__in=deciding).select_related("agency")
    inside = list(teams.filter(agency_id=asker.agency_id).order_by("name", "pk"))  # type: ignore[misc]
    return inside or list(teams.order_by("agency__name", "name", "pk"))


def ask_second(*, teams: list[Team], team: Team | None, roles: Collection[Role], by: Person, **about: Any) -> Approval:
    """Ask a second person about a file of which they may hold nothing: the chosen one of these teams, or the first."""
    chosen = team or next(iter(teams), None)
    demand_somebody(chosen in teams)
    found = who_decides(by, roles).filter(team=chosen).select_related("person").order_by("pk")
    return ask(team=chosen, to=[one.person for one in found], by=by, **about)


def demand_somebody(found: Any) -> None:
    """Raise NotPossible where nobody could be asked."""
    if not found:
        raise NotPossible(_("Nobody of another team can be asked. Ring the operator of the portal."), "team")


def tell_of(
    approval: Approval, people: list[Person], kind: str, by: Person, name: str, reference: str, level: int
) -> None:
    """Tell people of a question or of its answer: by the code name of its file, or by a reference that names no child."""
    is_unnamed = bool(reference) or approval.kind in APART
    child_id = None if is_unnamed else approval.child_id  # type: ignore[attr-defined]
    more = ["", reference] if reference else [name] if name else []
    tell(people, kind, [by.short_name, *more], level=level, child_id=child_id, subject_id=told_subject(approval))


def told_subject(approval: Approval) -> Any:
    """Return what the notices of a question lead to: what it is about, or, to whoever holds nothing of that, the question."""
    return approval.pk if approval.kind in APART else approval.subject_id


@dataclass(frozen=True)
class Question:
    """A question to a second person with what they read of the file, and nothing else; its page is a look at SUMMARY."""

    approval: Approval
    section = Section.SUMMARY

    _meta = Approval._meta  # what the event of a look calls it

    @property
    def pk(self) -> Any:
        return self.approval.pk

    @property
    def child_id(self) -> Any:
        return self.approval.child_id  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Over:
    """What became of a question to a second person, for whoever asked and those who were asked; nothing of the file."""

    pk: uuid.UUID
    child_id: uuid.UUID
    kind: str
    state: str  # asked while it waits for somebody else; approved, refused, taken_back, lapsed, erased, closed
    asked_by: Person
    asked: datetime.datetime
    decided_by: Person | None
    decided: datetime.datetime | None
    comment: str
    section = Section.SUMMARY

    _meta = Approval._meta


def over(approval_id: uuid.UUID, kinds: Collection[str]) -> Over | None:
    """Return what became of a question of these kinds, where the person in hand asked it or was asked."""
    found = asked("SELECT * FROM access.question_over(%s)", approval_id)
    if not found or found[0][1] not in kinds:
        return None
    child_id, kind, state, asker_id, at, decider_id, decided, comment = found[0]
    people = Person.objects.select_related("agency").in_bulk(filter(None, [asker_id, decider_id]))
    return Over(approval_id, child_id, kind, state, people[asker_id], at, people.get(decider_id), decided, comment)


@action
def take_back(*, question: Over, by: Person, reason: str = "") -> Approval:
    """Take back what one asked a second person, while it waits."""
    if question.asked_by.pk != by.pk:
        raise Refused(Event("refusal", "E", "refused", "not_yours_to_end", child_id=question.child_id), known=True)
    found = Approval.objects.select_for_update(of=("self",)).filter(pk=question.pk, state=Approval.State.ASKED)
    approval = found.first()
    if approval is None:
        raise NotPossible(_("It was decided or taken back already."))
    approval.state, approval.decided = Approval.State.TAKEN_BACK, clock.now()
    approval.save()
    return approval


@action
def decide(
    *, approval: Approval, state: int, by: Person, reason: str = "", name: str = "", reference: str = ""
) -> Approval:
    """Decide on what another person asked. name: the code name that the notice to the asker says, or else a reference."""
    found = Approval.objects.select_for_update(of=("self",)).filter(pk=approval.pk)
    approval = found.first() or approval  # one that is not theirs to read is refused below
    if approval.state != Approval.State.ASKED:
        raise NotPossible(_("Somebody has decided on this already."))
    if not may_answer(approval):
        code = "own_approval" if approval.asked_by_id == by.pk else "not_your_approval"  # type: ignore[attr-defined]
        raise Refused(Event("refusal", "E", "refused", code, child_id=approval.child_id), known=False)  # type: ignore[attr-defined]
    approval.state, approval.comment = state, reason
    approval.decided_by, approval.decided = by, clock.now()
    approval.save()
    answer_notices(by, told_subject(approval))
    says = APPROVALS[approval.kind][1]
    tell_of(approval, [approval.asked_by], says, by, name, reference, Notice.Level.KNOW)
    return approval


def may_answer(approval: Approval) -> bool:
    """Return whether the person in hand may answer a question that waits; the database knows whose it is."""
    return bool(answer("SELECT access.may_answer(%s)", approval.pk))


def to_answer() -> QuerySet[Approval]:
    """Return the questions that the person in hand may answer, the oldest first."""
    is_theirs = Func("pk", function="access.may_answer", output_field=BooleanField())
    found = Approval.objects.filter(state=Approval.State.ASKED).alias(is_theirs=is_theirs).filter(is_theirs=True)
    return found.select_related("asked_by").order_by("asked", "pk")


KEEPERS = {Role.AGENCY_ADMIN, Role.OPERATOR}


def check_keeper(person: Person) -> None:
    """Raise Refused for whoever does not keep the vocabularies."""
    if KEEPERS.isdisjoint(person.roles):
        raise Refused(Event("refusal", "E", "refused", "not_a_keeper_of_words"), known=False)


@action
def add_word(*, vocabulary: str, values: dict[str, Any], by: Person, reason: str) -> Lookup:
    """Add a word to a vocabulary; its code is made from the English label and never changes."""
    check_keeper(by)
    start = slugify(values["label"])[:50] or "word"
    taken = set(Lookup.objects.filter(vocabulary=vocabulary, code__startswith=start).values_list("code", flat=True))
    code = next(c for c in (start, *(f"{start}-{n}" for n in range(2, 1000))) if c not in taken)
    word = Lookup(vocabulary=vocabulary, code=code, **values)
    word.save(force_insert=True)
    return word


@action
def change_word(*, word: Lookup, values: dict[str, Any], by: Person, reason: str) -> Lookup:
    """Change a word's labels and place, or retire it."""
    check_keeper(by)
    word = Lookup.objects.select_for_update(of=("self",)).get(pk=word.pk)
    for name, value in values.items():
        setattr(word, name, value)
    word.save()
    return word


@action
def set_rule(*, rule: DueRule, values: dict[str, Any], by: Person, reason: str) -> DueRule:
    """Set an agency's own figure in the place of a default, or change it; the database knows whose it is to set."""
    if Role.AGENCY_ADMIN not in by.roles:
        raise Refused(Event("refusal", "E", "refused", "not_a_keeper_of_rules"), known=False)
    own = DueRule.objects.select_for_update(of=("self",))
    found = own.filter(code=rule.code, risk=rule.risk, agency_id=by.agency_id).first()  # type: ignore[attr-defined,misc]
    found = found or DueRule(
        code=rule.code, risk=rule.risk, unit=rule.unit, title=rule.title, agency_id=by.agency_id  # type: ignore[attr-defined,misc]
    )  # fmt: skip
    for name, value in values.items():
        setattr(found, name, value)
    found.save()
    return found


@action
def change_preferences(*, values: dict[str, Any], by: Person, reason: str = "") -> Person:
    """Change one's own language, time zone and use of single keys."""
    person = Person.objects.select_for_update(of=("self",)).get(pk=by.pk)
    for name, value in values.items():
        setattr(person, name, value)
    person.save(update_fields=["language", "time_zone", "shortcuts", "version"])
    return person


@action
def note_seen(*, notice: Notice, by: Person, reason: str = "") -> Notice:
    """Mark one's own notice as read or confirmed."""
    if notice.person_id == by.pk and notice.seen is None:  # type: ignore[attr-defined]
        notice.seen = clock.now()
        notice.save()
    return notice
