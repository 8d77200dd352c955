"""A machine that plays random stories in the small world by the real actions, and asks four times who sees what."""

import copy
import datetime
import itertools
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import ObjectDoesNotExist
from django.db import ProgrammingError, connection, transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from portal.access import actions, conflicts, emergency, router, seals
from portal.access.fresh_codes import Proof
from portal.access.going_on import ask_renewal, pass_on, renew
from portal.access.identity import Refused, acting, open_token
from portal.access.legal_bases import end_basis
from portal.access.models import Basis, ConflictOfInterest, Grant, Ground, LegalBasis
from portal.access.rights import decision, prefetch
from portal.access.sections import Level, Section
from portal.access.visibility import count_listed, listed_ids, visible_ids
from portal.accounts import actions as accounts
from portal.accounts.models import Certificate, Membership, Person, Team
from portal.audit import clock
from portal.audit.events import NotRecorded
from portal.audit.stamp import Stamp, stamping
from portal.casework.workflow import NotPossible, WrongState
from portal.desk.comparison import answers, differences, question
from tests.access.oracle import CARE, MONTH, POLICE, Given, Someone, World
from tests.conftest import as_owner
from tests.oversight import register_overseers
from tests.statements import rows
from tests.world import AGENCIES, FILES, PEOPLE, Cast
from victims.actions import take_step
from victims.models import Child
from victims.workflow import CYCLES

DAY = datetime.timedelta(days=1)
YEARS = 10 * 365 * DAY
LONGEST = 2 * 365 * DAY  # a story
HOUR = DAY / 24
NEVER = datetime.datetime.min.replace(tzinfo=datetime.UTC)
NAMES = sorted(PEOPLE)
PAIRS = [(Section(n), Section(n % 9 + 1)) for n in range(1, 10)]
HASTY = [PAIRS[0], PAIRS[2], PAIRS[3]]  # what an emergency opens, or nearly
LETTERS = dict(zip("siwhtclnp", Section, strict=True))
LETTER = {section: letter for letter, section in LETTERS.items()}
EVERYTHING = "siwhclnp"  # what the owner's team holds: therapy goes to a person
EVERY = 12  # steps between two looks
# What an action answers; the database itself, and the record of a refusal, speak up only about whom no page lets in.
NO = (Refused, NotPossible, WrongState, ObjectDoesNotExist, NotRecorded, ProgrammingError)
STEPS = {t.name: (cycle, t) for cycle, life in CYCLES.items() for t in life.transitions}

anybody = st.sampled_from(sorted(PEOPLE))
teams = st.sampled_from(sorted(AGENCIES) + ["services_desk", "police_x_desk"])
story_files = st.sampled_from(["Sought", "Planned", "Rescued", "Mira", "Follow", "Conflict", "Waiting"])
letters = st.sets(st.sampled_from("iwhtclnp"), max_size=5).map(lambda some: "".join(sorted(some)))
roles = st.sampled_from(sorted({role for *_who, role in PEOPLE.values()} | {"privacy_officer", "intake", "auditor"}))
spans = st.sampled_from([HOUR, DAY, 30 * DAY, 179 * DAY])
legal = st.sampled_from(["", "", "duty", "court_order", "consent"])  # without any, the usual one of the access
picks = st.integers(0, 40)
by_owner = st.just("owner") | st.just("owner") | st.just("owner") | anybody
by_taker = st.just("taker") | st.just("taker") | anybody

WEIGHTS = {
    "give": 5, "pass_on": 5, "accept": 4, "decline": 1, "end": 2, "transfer": 1, "step": 3, "declare_conflict": 1,
    "end_conflict": 1, "move_team": 2, "administer": 3, "time_passes": 3, "ask_seal": 1, "ask_unseal": 1, "decide_seal": 3,
    "renew": 3, "end_legal_basis": 1, "emergency": 2,
}  # fmt: skip
VALUES = {
    "give": {
        "file": story_files,
        "by": by_owner,
        "to": teams | anybody,
        "view": letters,
        "writes": st.booleans(),
        "span": spans,
        "onward": st.sampled_from([True, True, False]),
        "legal": legal,
        "beside": legal,
    },
    "pass_on": {
        "pick": picks,
        "by": by_taker,
        "to": teams | anybody,
        "view": letters,
        "writes": st.booleans(),
        "span": spans,
    },
    "accept": {"pick": picks, "by": by_taker},
    "decline": {"pick": picks, "by": by_taker},
    "end": {"pick": picks, "by": by_owner | by_taker},
    "transfer": {"file": story_files, "by": by_owner, "to": teams},
    "step": {"file": story_files, "by": by_owner, "pick": picks},
    "declare_conflict": {"name": anybody, "file": story_files, "by": st.sampled_from(["self", "owner"])},
    "ask_seal": {"file": story_files, "by": by_owner, "picks": st.sets(anybody, min_size=1, max_size=2)},
    "ask_unseal": {"file": story_files, "pick": picks},
    "decide_seal": {"pick": picks, "by": by_taker, "agrees": st.sampled_from([True, True, False])},
    "end_conflict": {"pick": picks},
    "renew": {"pick": picks, "by": by_owner, "asks": st.booleans(), "view": st.none() | letters, "span": spans},
    "end_legal_basis": {"code": st.sampled_from(["consent", "court_order", "consent", "vital", "mandate", "duty"])},
    "emergency": {"name": anybody, "file": story_files},
    "move_team": {"name": anybody, "to_desk": st.booleans()},
    "administer": {
        "name": anybody,
        "what": st.sampled_from(["account", "agency", "certificate", "role"]),
        "role": roles,
    },
    "time_passes": {
        "codes": st.sampled_from([True, True, False]),
        "span": st.sampled_from([HOUR / 2, HOUR, DAY, 29 * DAY, 120 * DAY]),
    },
}
happenings = st.sampled_from([name for name, weight in WEIGHTS.items() for _ in range(weight)]).flatmap(
    lambda name: st.tuples(st.just(name), st.fixed_dictionaries(VALUES[name]))
)


@dataclass
class Told(Given):
    """Access as the oracle knows it, and where the portal keeps it."""

    id: UUID | None = None
    giver: str = ""
    onward: bool = False


def letters_of(numbers):
    return "".join(letter for letter, section in LETTERS.items() if section in numbers)


class Beginning:
    """The small world as every story finds it: read once, from what was given and not from its projection."""

    def __init__(self):
        self.people = {}
        for person in Person.objects.select_related("agency").filter(email__in=[f"{n}@example.org" for n in PEOPLE]):
            person.identity = open_token(person, "session", idle=YEARS, lifetime=YEARS)
            self.people[person.email.split("@")[0]] = person
        named = {team.pk: team for team in Team.objects.select_related("agency")}
        keys = {person.agency_id: PEOPLE[name][2] for name, person in self.people.items()}
        self.teams = {keys[t.agency_id] + "_desk" * t.is_intake: t for t in named.values() if t.agency_id in keys}
        self.files = {child_id: name for name, child_id in FILES.items()}
        self.question = {some: question(self.people["analyst"], some) for some in (*PAIRS, tuple(Section))}
        self.numbered = dict(rows("SELECT case_number, id FROM victims_child"))
        self.numbers = {files: number for number, files in self.numbered.items()}
        self.world = self.read()
        register_overseers(cast := Cast())
        self.operator = cast.operator
        self.operator.identity = open_token(self.operator, "session", idle=YEARS, lifetime=YEARS)
        with as_owner(), connection.cursor() as cursor:  # events of the years to come have their place
            cursor.execute("SELECT audit.make_partitions(app_now()::date, app_now()::date + %s)", [LONGEST.days + 200])
        connection.connection.prepared_max = 1000  # the question is long: planned once, it is quick

    def read(self):
        names = {person.pk: name for name, person in self.people.items()}
        teams = {team.pk: key for key, team in self.teams.items()}
        files = self.files
        valid = {(kind, pk): until for kind, pk, until in rows(
            "SELECT kind, person_id, max(valid_until) FROM accounts_certificate GROUP BY 1, 2")}  # fmt: skip
        world = World(
            {
                name: Someone(
                    set(person.roles),
                    PEOPLE[name][2],
                    clock.now(),
                    person.joined,
                    valid.get(("standard", person.pk), NEVER),
                    valid.get(("briefing", person.pk), NEVER),
                )
                for name, person in self.people.items()
            },
            {key: set() for key in self.teams},
        )
        for team, person in rows("SELECT team_id, person_id FROM accounts_membership WHERE until IS NULL"):
            world.teams[teams[team]].add(names[person])
        for file, stage, is_open in rows("SELECT id, stage, open_to_network FROM victims_child"):
            world.stages[files[file]] = stage
            world.open_files |= {files[file]} if is_open else set()
        for number, person in rows("SELECT number, person_id FROM access_conflictofinterest WHERE ended IS NULL"):
            world.conflicts.add((names[person], files[self.numbered[number]]))
        with as_owner():
            for one in Grant.objects.filter(child__isnull=False):
                world.given.append(Told(
                    files[one.child_id], names.get(one.person_id) or teams[one.team_id], letters_of(one.view),
                    letters_of(one.change), one.until, bool(one.accepted), bool(one.ended), one.basis, None,
                    dict.fromkeys(LETTERS, one.legal_basis), one.pk, names[one.given_by_id],
                ))  # fmt: skip
        return world


@contextmanager
def undone():
    """A transaction that leaves nothing behind; actions may open their own inside, as inside a test."""
    block = transaction.atomic()
    block._from_testcase = True
    with block:
        yield
        transaction.set_rollback(True)


@contextmanager
def set_up():
    """What no action of somebody signed in does."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        yield


class Story(RuleBasedStateMachine):
    """One story. The oracle's world is changed by what was done; the portal's by doing it."""

    beginning: Beginning
    refused = looks = told_steps = 0
    done: Counter[str] = Counter()

    @classmethod
    def begin(cls, beginning):
        """Start counting; every story begins there."""
        cls.beginning = beginning
        cls.done, cls.refused, cls.looks, cls.told_steps = Counter(), 0, 0, 0

    def __init__(self):
        super().__init__()
        self.world = copy.deepcopy(self.beginning.world)
        self.identity = dict.fromkeys(FILES, 1)
        self.tokens = {name: person.identity for name, person in self.beginning.people.items()}
        self.asked = []
        self.lines, self.moved, self.steps, self.looked_at = [], datetime.timedelta(), 0, 0
        self.open_block = undone()
        self.open_block.__enter__()

    @property
    def now(self):
        return clock.now()

    def tell(self, line):
        self.steps += 1
        type(self).told_steps += 1
        self.move(datetime.timedelta(seconds=1))
        self.lines.append(f"{self.steps:3}. {line}")

    def move(self, span):
        self.moved += span
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('safe.offset', %s, false)", [f"{self.moved.total_seconds()} seconds"])

    def person(self, name):
        """Return the person as the next request finds them."""
        person = Person.objects.select_related("agency").get(pk=self.beginning.people[name].pk)
        person.identity = self.tokens[name]
        return person

    @staticmethod
    def child(file, **more):
        with router.as_owner():
            return Child(pk=FILES[file], **more)

    def owner_of(self, file):
        return next(
            one for one in self.world.given if (one.file, one.basis, one.is_ended) == (file, "ownership", False)
        )

    def somebody(self, word, team):
        """Return the name of who acts: somebody of the team, where the word says so and there is somebody."""
        if word not in ("owner", "taker"):
            return word
        there = sorted(name for name in self.world.teams.get(team, {team}) if self.is_there(name))
        return there[self.steps % len(there)] if there else "stranger"

    def attempt(self, name, file, act, lawful):
        """Let the person do something. What they may not do must be refused; what they may may still be impossible."""
        try:
            done = act(self.person(name))
            with acting(self.person(name)):  # what the database asks when an act commits, it asks of whoever acted
                connection.check_constraints()
        except NO as error:
            if isinstance(error, ProgrammingError) and self.sees_some(name, file):
                raise AssertionError(
                    self.told(f"{name} may do this, and the database did not let it through")
                ) from error
            type(self).refused += 1
            self.lines[-1] += f": {type(error).__name__} {error}"
            return None
        type(self).done[self.happening] += 1
        may = lawful and self.is_there(name)
        assert may, self.told("this went through though nobody may do it")
        return done or True

    def is_there(self, name):
        """Return whether the person's account, agency and certificate let them in at all."""
        who, now = self.world.people[name], self.now
        lapsed = (who.roles & POLICE and who.certified <= now) or (
            who.roles & CARE and max(who.briefed, who.joined + MONTH) <= now
        )
        return who.is_active and who.agency not in self.world.over and not lapsed

    def told(self, problem):
        return "\n".join([problem, *self.lines])

    def sees_some(self, name, file):
        return any(self.world.may(name, file, letter, False, self.now) for letter in LETTERS)

    def writes_some(self, name, file):
        return any(self.world.may(name, file, letter, True, self.now) for letter in LETTERS)

    def give(self, file, by, to, view, writes, span, onward, legal, beside):
        owner, view = self.owner_of(file).to, "s" + view
        last, at_once = view[-1], self.agency(to) == self.agency(owner)  # the last section may stand on another basis
        stands_on = dict.fromkeys(view, legal or ("mandate" if at_once else "duty")) | (
            {last: beside} if beside else {}
        )
        name = self.somebody(by, owner)
        change = view if writes else ""
        more = f"{' to write' * writes} of {file} for {span}{', to pass on' * onward}"
        self.tell(f"{name} gives {to} {view}{more}, on {stands_on}")
        until = self.now + span
        levels = {LETTERS[one]: Level.CHANGE if writes else Level.VIEW for one in view}
        to_person = to in PEOPLE
        audience = self.audience(to)
        lawful = name in self.world.teams[owner] and self.writes_some(name, file) and to != name
        grant = self.attempt(
            name,
            file,
            lambda by: actions.give(
                child_id=FILES[file], sections=levels, until=until, by=by, reason="needed", onward=onward,
                owner=self.beginning.teams[owner], legal_basis=legal,
                legal_by_section={str(int(LETTERS[last])): beside} if beside else {}, **audience,
            ),
            lawful and (to_person or "t" not in view) and not self.world.over & set(stands_on.values()),
        )  # fmt: skip
        if grant is not None:
            self.world.given.append(
                Told(
                    file, to, view, change, until, at_once, False, grant.basis, None, stands_on, grant.pk, name, onward
                )
            )

    def pass_on(self, pick, by, to, view, writes, span):
        """Pass on some of what one was given, to another agency; it never lasts longer."""
        given = [one for one in self.world.given if one.onward and one.is_accepted and not one.is_ended]
        if not given:
            return
        live = [one for one in given if one.until > self.now and self.read_by(one)] or given
        one = live[pick % len(live)]
        name = self.somebody(by, one.to)
        view = "".join(letter for letter in "s" + view if letter in one.view)
        change = "".join(letter for letter in view if letter in one.change and writes)
        until = min(self.now + span, one.until)
        self.tell(f"{name} passes {view}, to write {change or 'nothing'}, of {one.file} on to {to} for {span}")
        levels = {LETTERS[letter]: Level.CHANGE if letter in change else Level.VIEW for letter in view}
        audience = self.audience(to)
        holds = all(self.world.may(name, one.file, letter, False, self.now) for letter in view)
        grant = self.attempt(
            name,
            one.file,
            lambda by: pass_on(
                parent=Grant(pk=one.id), sections=levels, until=until, by=by, reason="they need it",
                owner=self.beginning.teams[self.owner_of(one.file).to], **audience,
            ),
            holds and "t" not in view and name in self.world.teams.get(one.to, {one.to}),
        )  # fmt: skip
        if grant is not None:
            stands_on = dict.fromkeys(view, one.legal["s"])
            self.world.given.append(
                Told(one.file, to, view, change, until, False, False, grant.basis, one, stands_on, grant.pk, name)
            )

    def read_by(self, one):
        """Return whether somebody of those to whom access was given reads SUMMARY by it now."""
        holders = self.world.teams.get(one.to, {one.to})
        return any(self.world.may(name, one.file, "s", False, self.now) for name in holders)

    def agency(self, key):
        return PEOPLE[key][2] if key in PEOPLE else key.removesuffix("_desk")

    def waiting(self):
        return [one for one in self.world.given if not one.is_accepted and not one.is_ended]

    def accept(self, pick, by):
        waiting = self.waiting()
        one = waiting[pick % len(waiting)]
        name = self.somebody(by, one.to)
        self.tell(f"{name} accepts {one.view} of {one.file} for {one.to}")
        lawful = name in self.world.teams.get(one.to, {one.to})
        if self.attempt(name, one.file, lambda by: actions.accept(grant=Grant(pk=one.id), by=by), lawful):
            one.is_accepted = True
            if one.basis == Basis.TRANSFER:
                self.hand(one.file, one.to)

    def decline(self, pick, by):
        waiting = self.waiting()
        one = waiting[pick % len(waiting)]
        name = self.somebody(by, one.to)
        self.tell(f"{name} declines {one.view} of {one.file} for {one.to}")
        lawful = name in self.world.teams.get(one.to, {one.to})
        if self.attempt(name, one.file, lambda by: actions.decline(grant=Grant(pk=one.id), by=by, reason="no"), lawful):
            one.is_ended = True

    def ending(self):
        return [one for one in self.world.given if not one.is_ended and one.basis != "ownership"]

    def end(self, pick, by):
        if not (live := self.ending()):
            return
        one = live[pick % len(live)]
        owner = self.owner_of(one.file).to
        name = self.somebody(by, owner if by == "owner" else one.to)
        self.tell(f"{name} ends {one.view} of {one.file} for {one.to}")
        lawful = name == one.giver or any(name in self.world.teams.get(who, {who}) for who in (owner, one.to))
        team = self.beginning.teams[owner]
        grant = Grant(pk=one.id, child_id=FILES[one.file])
        if self.attempt(name, one.file, lambda by: actions.end(grant=grant, owner=team, by=by, reason="done"), lawful):
            one.is_ended = True

    def renew(self, pick, by, asks, view, span):
        """Let access go on, with the same sections or fewer, now and then after its holder asked for that."""
        if not (given := self.ending()):
            return
        live = [one for one in given if one.is_accepted and one.until > self.now] or given
        one = live[pick % len(live)]
        owner = self.owner_of(one.file).to
        grant, team = Grant(pk=one.id, child_id=FILES[one.file]), self.beginning.teams[owner]
        runs = one.until > self.now
        if asks:
            taker = self.somebody("taker", one.to)
            self.tell(f"{taker} asks for more time for {one.view} of {one.file}")
            whom = {f"{kind}_id": one.pk for kind, one in self.audience(one.to).items()}
            asked = Grant(pk=one.id, child_id=FILES[one.file], until=one.until, basis=one.basis, **whom)
            holds = runs and one.basis != "emergency" and taker in self.world.teams.get(one.to, {one.to})
            self.attempt(taker, one.file, lambda by: ask_renewal(grant=asked, owner=team, by=by), holds)
        giving = one.parent.to if one.parent else owner
        name = self.somebody("taker" if by == "owner" else by, giving)
        until, kept = one.until + span, one.view if view is None else "".join(c for c in one.view if c in "s" + view)
        self.tell(f"{name} renews {kept} of {one.file} for {one.to}, for {span} more")
        lawful = name in self.world.teams.get(giving, {giving}) and self.works(name) and one.is_accepted and runs
        lawful = lawful and (until <= one.parent.until if one.parent else self.writes_some(name, one.file))
        sections = None if view is None else [LETTERS[letter] for letter in kept]
        done = self.attempt(
            name,
            one.file,
            lambda by: renew(grant=grant, until=until, owner=team, by=by, reason="still needed", sections=sections),
            lawful and one.basis != "emergency" and not self.world.over & {one.legal[letter] for letter in kept},
        )
        if done is not None:
            one.until, one.view, one.change = until, kept, "".join(letter for letter in one.change if letter in kept)

    def audience(self, to):
        return {"person": self.beginning.people[to]} if to in PEOPLE else {"team": self.beginning.teams[to]}

    def works(self, name):
        """Return whether the person's roles work with files."""
        return bool(self.world.people[name].roles & (POLICE | CARE))

    def end_legal_basis(self, code):
        """End what allows access, for everybody; that on which files are owned, or opened in an emergency, never ends."""
        if code in self.world.over:
            return
        self.tell(f"the operator ends the legal basis {code}")
        with acting(self.beginning.operator):
            basis = LegalBasis.objects.get(code=code)
        try:
            end_basis(basis=basis, by=self.beginning.operator, reason="repealed")
        except NotPossible:
            assert code in ("mandate", "vital"), self.told("this legal basis could not be ended")
        else:
            assert code not in ("mandate", "vital"), self.told("nobody can work, or open a file, without this basis")
            type(self).done[self.happening] += 1
            self.world.over.add(code)

    def emergency(self, name, file):
        """Open a file by its number for an hour: who works with files does, but for a relation to the child and a seal."""
        self.tell(f"{name} opens {file} in an emergency")
        number, words = self.beginning.numbers[FILES[file]], "seen at the station"
        mine = [
            one for one in self.world.given if (one.basis, one.to) == ("emergency", name)
        ]  # nobody reviews them here
        keepers = self.world.custodians.get(file, {name})
        lawful = self.works(name) and (name, file) not in self.world.conflicts and name in keepers
        one = self.attempt(
            name,
            file,
            lambda by: emergency.open_file(number=number, ground=Ground.DANGER, words=words, proof=Proof(by), by=by),
            lawful and len(mine) < 3 and file not in {one.file for one in mine},
        )
        if one is not None:
            until, legal = self.now + HOUR, dict.fromkeys("siwh", "vital")
            self.world.given.append(
                Told(file, name, "siwh", "", until, True, False, "emergency", None, legal, one.grant_id, name)
            )
            self.look([name], HASTY[self.steps % 3])  # it may be over before the next look

    def transfer(self, file, by, to):
        owner = self.owner_of(file).to
        name = self.somebody(by, owner)
        self.tell(f"{name} gives {file} away to {to}")
        child = self.child(file, owner=self.beginning.teams[owner])
        team, until = self.beginning.teams[to], actions.last_moment(child.owner)
        lawful = name in self.world.teams[owner] and self.writes_some(name, file)
        done = self.attempt(
            name, file, lambda by: actions.transfer(child=child, team=team, by=by, reason="moved"), lawful
        )
        if done is None:
            return
        if self.agency(to) == self.agency(owner):
            self.hand(file, to)
        else:
            (made,) = rows("SELECT id FROM access_grant WHERE child_id = %s AND team_id = %s ORDER BY id DESC LIMIT 1",
                           child.pk, team.pk)  # fmt: skip
            self.world.given.append(
                Told(file, to, EVERYTHING, EVERYTHING, until, False, id=made[0], basis="transfer", giver=name)
            )

    def hand(self, file, to):
        """Make another team the owner: the ownership before, and what led here, end with it."""
        if self.owner_of(file).to == to:
            return
        for one in self.world.given:
            if one.file == file and not one.is_ended:
                of_act = one.basis == "transfer" and (one.to == to or not one.is_accepted)
                one.is_ended = one.basis == "ownership" or of_act
        forever = self.now + 1000 * 365 * DAY
        self.world.given.append(Told(file, to, EVERYTHING, EVERYTHING, forever, basis="ownership"))

    def step(self, file, by, pick):
        at = {"stage": self.world.stages[file], "identity": self.identity[file]}
        possible = [step for step, (cycle, transition) in STEPS.items() if at[cycle] in transition.sources]
        step = [*possible * 2, *STEPS][
            pick % (2 * len(possible) + 4)
        ]  # now and then one that is not possible from there
        cycle, transition = STEPS[step]
        owner = self.owner_of(file).to
        name = self.somebody(by, owner)
        self.tell(f"{name} takes the step {step} on {file}")
        letter = letters_of([transition.section])
        lawful = self.world.may(name, file, letter, True, self.now) and self.world.may(name, file, "s", False, self.now)
        lawful = lawful and (transition.side == "file" or name in self.world.teams[owner])
        child = self.child(file)
        done = self.attempt(
            name, file, lambda by: take_step(child=child, cycle=cycle, name=step, by=by, reason="so it is"), lawful
        )
        if done is not None:
            (self.world.stages if cycle == "stage" else self.identity)[file] = int(transition.target)
            self.follow_open(file)

    def declare_conflict(self, name, file, by):
        """Declare a relation of one's own, or somebody's of the owner's team name that of another person."""
        number, related = self.beginning.numbers[FILES[file]], self.beginning.people[name]
        teller = name if by == "self" else self.somebody("owner", self.owner_of(file).to)
        self.tell(f"{teller} says that {name} is related to the child of {file}")
        if teller == name:
            done = self.attempt(name, file, lambda by: conflicts.declare(number=number, by=by, reason="kin"), True)
        else:
            done = self.attempt(
                teller,
                file,
                lambda by: conflicts.name(number=number, person=related, by=by, reason="kin"),
                self.sees_some(teller, file),
            )
        self.world.conflicts |= {(name, file)} if done else set()

    def end_conflict(self, pick):
        if not self.world.conflicts:
            return
        name, file = sorted(self.world.conflicts)[pick % len(self.world.conflicts)]
        self.tell(f"{name} is no longer held to be related to the child of {file}")
        other = self.beginning.people["stranger" if name != "stranger" else "analyst"]
        with set_up():
            for row in ConflictOfInterest.objects.filter(
                person=self.beginning.people[name], number=self.beginning.numbers[FILES[file]], ended=None
            ):
                row.ended, row.ended_by, row.end_reason = self.now, other, "not so"
                row.ended_by = other if row.recorded_by_id != other.pk else self.beginning.people["foreign"]
                row.save()
        self.world.conflicts.discard((name, file))

    def ask_seal(self, file, by, picks):
        """Ask for a seal with some custodians; who holds one already asks for other custodians."""
        owner = self.owner_of(file).to
        keepers = self.world.custodians.get(file)
        name = self.somebody("taker", min(keepers)) if keepers else self.somebody(by, owner)
        named = sorted({*picks, *sorted(self.world.teams[owner])[:1]})
        self.tell(f"{name} asks to seal {file} for {', '.join(named)}")
        lawful = name in keepers if keepers else name in self.world.teams[owner]
        child, people = self.child(file, owner=self.beginning.teams[owner]), [self.person(one) for one in named]
        asked = self.attempt(
            name,
            file,
            lambda by: seals.ask(child=child, custodians=people, by=by, reason="danger"),
            lawful and self.writes_some(name, file),
        )
        if asked is not None:
            self.asked.append((asked, file, set(named)))

    def ask_unseal(self, file, pick):
        file = sorted(self.world.custodians)[pick % len(self.world.custodians)] if self.world.custodians else file
        keepers = sorted(self.world.custodians.get(file, ()))
        name = keepers[pick % len(keepers)] if keepers else "stranger"
        self.tell(f"{name} asks to unseal {file}")
        child = self.child(file)
        asked = self.attempt(name, file, lambda by: seals.ask_end(child=child, by=by, reason="over"), bool(keepers))
        if asked is not None:
            self.asked.append((asked, file, None))

    def decide_seal(self, pick, by, agrees):
        if not self.asked:
            return
        approval, file, named = self.asked.pop(pick % len(self.asked))
        team = next(key for key, team in self.beginning.teams.items() if team.pk == approval.team_id)
        name = self.somebody(by, team)
        asker = next(n for n, p in self.beginning.people.items() if p.pk == approval.asked_by_id)
        self.tell(f"{name} {'agrees' if agrees else 'does not agree'} to what {asker} asked about {file}")
        apart = not any({name, asker} <= members for members in self.world.teams.values())
        done = self.attempt(
            name,
            file,
            lambda by: seals.decide(approval=approval, approve=agrees, by=by, reason="so be it"),
            apart and name in self.world.teams[team],
        )
        if done is None:
            self.asked.append((approval, file, named))
        elif agrees:
            self.world.custodians.pop(file, None)
            if named:
                self.world.custodians[file] = named
            self.follow_open(file)

    def follow_open(self, file):
        """An unidentified child who is sought is open to the network, but for a seal."""
        is_open = self.world.stages[file] == 1 and self.identity[file] <= 2 and file not in self.world.custodians
        self.world.open_files.discard(file)
        self.world.open_files |= {file} if is_open else set()

    def move_team(self, name, to_desk):
        """Join the team or the intake desk of one's agency, or leave it."""
        team = self.world.people[name].agency + "_desk" * to_desk
        person, members = self.beginning.people[name], self.world.teams[team]
        self.tell(f"{name} {'leaves' if name in members else 'joins'} {team}")
        with set_up():
            if name in members:
                row = Membership.objects.get(person=person, team=self.beginning.teams[team], until=None)
                row.until = self.now
                row.save()
            else:
                accounts.join_team(person=person, team=self.beginning.teams[team])
        members ^= {name}

    def administer(self, name, what, role):
        """Change an account, an agency, a certificate or a role; who could not work as before can again, first of all."""
        who = self.world.people[name]
        if what == "account" or not who.is_active:
            self.switch_account(name)
        elif what == "agency" or who.agency in self.world.over:
            self.switch_agency(who.agency)
        elif what == "certificate":
            self.certificate(name, renewed=not self.is_there(name))
        else:
            self.change_role(name, role if who.roles == {str(PEOPLE[name][3])} else PEOPLE[name][3])

    def certificate(self, name, renewed):
        self.tell(f"the certificate of {name} {'is renewed' if renewed else 'lapses'}")
        person, now, who = self.beginning.people[name], self.now, self.world.people[name]
        kind, until = "standard" if who.roles & POLICE else "briefing", now + 365 * DAY
        with set_up():
            if renewed and kind == "standard":
                accounts.certify(person=person, standard="Unified standard 1", until=until)
            elif renewed:
                accounts.brief(person=person, until=until)
            for row in [] if renewed else Certificate.objects.filter(person=person, kind=kind, valid_until__gt=now):
                row.valid_until = now
                row.save()
        setattr(who, "certified" if kind == "standard" else "briefed", until if renewed else now)

    def switch_agency(self, agency):
        is_off = agency in self.world.over
        self.tell(f"the agency {agency} is switched {'on' if is_off else 'off'}")
        row = self.beginning.teams[agency].agency
        with set_up():
            row = type(row).objects.get(pk=row.pk)
            row.is_active = is_off
            row.save()
        self.world.over ^= {agency}
        # Switching it off signed its people out; switched on again they sign in, with a second factor.
        self.sign_in(name for name, who in self.world.people.items() if is_off and who.agency == agency)

    def switch_account(self, name):
        who = self.world.people[name]
        who.is_active = not who.is_active
        self.tell(f"the account of {name} is {'opened' if who.is_active else 'closed'}")
        self.change_person(name, is_active=who.is_active)

    def change_role(self, name, role):
        self.tell(f"{name} works as {role} from now on")
        self.world.people[name].roles = {str(role)}
        self.change_person(name, roles=[role])

    def change_person(self, name, **values):
        person = self.person(name)
        for field, value in values.items():
            setattr(person, field, value)
        with set_up():
            person.save()

    def time_passes(self, span, codes):
        """Let time pass; then everybody signs in again, with a second factor, or nobody does."""
        self.tell(f"{span} pass" + ", and everybody signs in again" * codes)
        self.move(span if self.moved < LONGEST else HOUR)
        self.sign_in(self.beginning.people if codes else ())

    def sign_in(self, names):
        for name in names:
            self.tokens[name] = open_token(self.beginning.people[name], "session", idle=YEARS, lifetime=YEARS)
            self.world.people[name].shown = self.now

    @rule(happening=happenings)
    def then(self, happening):
        name, values = happening
        if (
            name == "pass_on"
            and self.waiting()
            and not any(one.onward and self.read_by(one) for one in self.world.given)
        ):
            name, values = "accept", {"pick": values["pick"], "by": "taker"}
        if name in ("accept", "decline") and not self.waiting():
            name, values = "end", {"pick": values["pick"], "by": "taker"}
        self.happening = name
        getattr(self, name)(**values)

    @invariant()
    def look_now_and_then(self):
        """Ask three of the nine about two sections; at the end everybody about everything."""
        turn, rest = divmod(self.steps, EVERY)
        if self.steps and not rest and self.looked_at < self.steps:
            self.looked_at = self.steps
            self.look([NAMES[(3 * turn + n) % 9] for n in range(3)], PAIRS[2 * turn % 9])

    def teardown(self):
        try:
            self.look(NAMES, tuple(Section))
            connection.check_constraints()
        finally:
            self.open_block.__exit__(None, None, None)

    def look(self, names, sections):
        for name in names:
            type(self).looks += 1
            person = self.person(name)
            with acting(person):
                prefetch(person, list(FILES.values()))
                decided = {
                    (child_id, section, level): decision(person, child_id, section, level)
                    for child_id, section, level in itertools.product(FILES.values(), sections, Level)
                }
                self.compare_oracle(name, decided)
                self.compare_wall(name, decided, sections)
                self.compare_lists(name, person, decided, sections)

    def compare_oracle(self, name, decided):
        now = self.now
        for (child_id, section, level), made in decided.items():
            file = self.beginning.files[child_id]
            expected = self.world.may(name, file, LETTER[section], bool(level), now)
            assert made.allowed == expected, self.told(
                f"{name}, {file}, {section.name} {level.name}: the oracle says {expected}, decide() {made}"
            )

    def compare_wall(self, name, decided, sections):
        ids = list(FILES.values())
        with connection.cursor() as cursor:
            found = answers(cursor, self.beginning.question[sections], ids)
        for right, allowed, who in differences(decided, found, itertools.product(ids, sections)):
            raise AssertionError(self.told(f"{name} {right}: decided {allowed}, {who} says otherwise"))

    def is_listed(self, name, file):
        """Say whether the file stays on the person's list: it does not go away because a code is old."""
        who = self.world.people[name]
        shown, who.shown = who.shown, self.now
        listed = self.sees_some(name, file)
        who.shown = shown
        return listed

    def compare_lists(self, name, person, decided, sections):
        seen = {(child_id, section) for (child_id, section, level), made in decided.items() if made and not level}
        section = sections[self.steps % len(sections)]
        ids = {child_id for child_id, one in seen if one == section}
        assert set(visible_ids(person, section=section, most=100)) == ids, self.told(f"list of {section} for {name}")
        if len(sections) == len(Section):
            ids = {FILES[file] for file in FILES if self.is_listed(name, file)}
            assert set(listed_ids(person, most=100)) == ids, self.told(f"the list of {name}")
            assert count_listed(person) == len(ids), self.told(f"the number of files of {name}")
