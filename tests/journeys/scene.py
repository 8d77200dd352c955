"""What stands on the pages: the small world goes on for a day in the copy, by the real actions."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal.auth import WebAuthn
from django.db import connection
from django.urls import reverse

from portal.access import conflicts, emergency, erasing, evidence_holds, extracts, links, people, seals, teams
from portal.access.actions import accept, give
from portal.access.fresh_codes import Proof
from portal.access.going_on import pass_on
from portal.access.identity import acting
from portal.access.models import ConflictOfInterest, Extract, Grant, Ground, LegalBasis
from portal.access.sections import Level, Section, Stage
from portal.access.work import add_task, tell
from portal.accounts import actions as accounts
from portal.accounts.models import Certificate, Invitation, Person, PersonChange
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.stamp import Stamp, stamping
from portal.casework import drafts
from portal.casework.models import Draft, DueRule, Lookup, Notice
from referrals import actions as sending
from referrals import directory as services
from referrals import hand_overs
from shelters import actions as stays
from shelters import directory, licences
from tests.answers.scene import answers
from tests.conftest import DATA, as_owner
from tests.journeys.site import Site
from tests.matching.pairs import describe, make_match
from tests.oversight import register_overseers
from tests.referrals.hand_overs.conftest import answer, begun, given, received, rescued
from tests.world import DAY, HOUR, Cast, open_file
from victims import actions, attachments, care, claims, decisions, documents, imports, questions
from victims.models import CareEntry, Child, Clue, InvestigationEntry, PlanAction, RiskFlag, Series

WORDS = "Sleeps well; attends school. Asked about her aunt."
HOW = "Tired, hungry, calm. No injury seen. Ate at 22:40."
SAFELY = "no marked car; ring the office of the house, never the mother's phone."
PASSWORD = "correct horse battery staple"


@dataclass
class Scene:
    """The ids that the addresses of the pages need."""

    site: Site
    ids: dict[str, Any] = field(default_factory=dict)

    @property
    def cast(self) -> Cast:
        return self.site.cast

    def file(self, name: str) -> uuid.UUID:
        return self.site.files[name]


KEPT = "a_day_of_work"
_once: list[Scene] = []


def set_up(site: Site) -> Scene:
    """Let a day of work pass; whoever comes later goes on from where it ended."""
    if not _once:
        _once.append(day_of_work(site))
        site.copy.keep_as(KEPT)
        return Scene(site, dict(_once[0].ids))
    site.copy.go_on_from(KEPT)
    site.cast.forget()
    site.files.update(_once[0].site.files)
    return Scene(site, dict(_once[0].ids))


def day_of_work(site: Site) -> Scene:
    """Do all that is done in it."""
    scene = Scene(site)
    scene.ids |= mira(scene) | work(scene) | series(scene) | keepers(scene)
    scene.ids |= shelters(scene) | matches(scene)
    scene.ids |= named(scene)
    scene.ids |= care_of_mira(scene) | plan_to_decide(scene)
    register_overseers(scene.cast)
    give_password(scene.cast.auditor)
    scene.ids |= people_of_the_agency(scene)
    scene.ids |= second_looks(scene)
    scene.ids |= changing_hands(scene)
    scene.ids |= referrals(scene)
    scene.ids |= apart(scene)
    scene.ids |= given_onward(scene)
    scene.ids |= unsaved(scene)
    scene.ids |= endings(scene)
    scene.ids |= answers(scene.cast, scene.file("Mira"))
    return scene


def endings(scene: Scene) -> dict[str, Any]:
    """A file of which parts are held as evidence, one whose erasure is asked for, and one that is gone."""
    cast = scene.cast
    officer, police = cast.privacy_officer, cast.investigator

    def kept(person: Person, name: str) -> erasing.Keeping:
        with acting(person):
            found = erasing.keeping_of(person, scene.file(name))
        assert found is not None
        return found

    hold = evidence_holds.set_hold(
        file=kept(police, "Follow"),
        parts=[Section.LEGAL, Section.SUSPECTS],
        basis="proceedings",
        reference="NUIPC 17/26",
        review_on=clock.now().date() + 60 * DAY,
        by=police,
    )
    asked = []
    for name in ("Gone", "Twice"):
        scene.site.files[name] = open_file(cast, name, "social_worker", Stage.RESCUED).pk
        words = "Opened twice: everything is in the other file."
        asked.append(
            erasing.propose(
                file=kept(officer, name), parts=list(Section), ground="in_error", team=None, by=officer, reason=words
            )
        )
    erasing.decide(approval=asked[0], approve=True, proof=Proof(cast.supervisor), by=cast.supervisor)
    return {"hold": hold.pk, "erasure": asked[1].pk, "erased": asked[0].pk}


def unsaved(scene: Scene) -> dict[str, Any]:
    """A note that was begun in a section of a file and never saved."""
    by = scene.cast.social_worker
    address = reverse("victims:note", args=[scene.file("Mira"), "legal"])
    with acting(by):
        place = drafts.Place(by.pk, address, scene.file("Mira"), int(Section.LEGAL), int(Level.CHANGE))
        drafts.keep(place, {"body": ["The guardian wants to be heard before the judge decides."]}, is_open=True)
        return {"unsaved": Draft.objects.get(address=address).pk}


def apart(scene: Scene) -> dict[str, Any]:
    """A sealed file, one whose custodians are gone, a seal that is asked for, and a relation that is on record."""
    cast, by, asked = scene.cast, scene.cast.social_worker, []
    left = sealed_and_left(scene)
    for name in ("Sealed", "Guarded"):
        child = open_file(cast, name, "social_worker", Stage.RESCUED)
        scene.site.files[name] = child.pk
        people = [cast.social_worker, cast.supervisor]
        team = cast.team("ngo_worker")
        asked.append(seals.ask(child=child, custodians=people, team=team, by=by, reason="Somebody asks for her."))
    seals.decide(approval=asked[0], approve=True, by=cast.ngo_worker)
    conflicts.declare(number="VC-2026-4830172-6", by=cast.supervisor, reason="The neighbour of the family")
    with acting(cast.privacy_officer):
        relation = ConflictOfInterest.objects.get(person=cast.supervisor)
    return {"seal_asked": asked[1].pk, "relation": relation.pk, "seal_left": left}


def sealed_and_left(scene: Scene) -> uuid.UUID:
    """A sealed file whose two custodians have left the agency; return its seal."""
    cast, by = scene.cast, scene.cast.social_worker
    team, people = cast.team("social_worker"), []
    child = open_file(cast, "Left", "social_worker", Stage.RESCUED)
    with as_owner(), stamping(Stamp(None, "set-up")):
        for given in ("Elsa", "Hugo"):
            known = {"email": f"{given.lower()}@example.org", "given_name": given, "family_name": "Prado"}
            people.append(accounts.register_person(**known, agency=by.agency, roles=[Role.SOCIAL_WORKER]))
            accounts.join_team(person=people[-1], team=team)
    asked = seals.ask(child=child, custodians=people, team=cast.team("ngo_worker"), by=by, reason="Somebody asks.")
    seals.decide(approval=asked, approve=True, by=cast.ngo_worker)
    with as_owner(), stamping(Stamp(None, "set-up")):
        for person in people:
            person.is_active = False
            person.save()
    return asked.subject_id


UNUSUAL = """INSERT INTO access_unusual (person_id, day, kind, files) VALUES (%s, app_now()::date - 1, 'night', 6)
  RETURNING id"""


def second_looks(scene: Scene) -> dict[str, Any]:
    """A file opened in an emergency, two tables of files, and the figures of the day."""
    cast = scene.cast
    with acting(cast.social_worker):
        number = Child.objects.get(pk=scene.file("Ended")).case_number
        files = [Child.objects.get(pk=scene.file(name)).pk for name in ("Mira", "Waiting")]
        asked = {
            "agency": cast.social_worker.agency,
            "files": files,
            "asked": clock.now(),
            "purpose": "Monthly meeting",
        }
        long = Extract(person=cast.social_worker, needs_second=True, **asked)
        long.save(force_insert=True)
    words = "Brought in by a neighbour at 02:10, unconscious. The duty desk does not answer."
    one = emergency.open_file(
        number=number, ground=Ground.TREATMENT, words=words, proof=Proof(cast.clinician), by=cast.clinician
    )
    short = extracts.ask(stage=None, purpose="Weekly meeting of the house", by=cast.ngo_worker)
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.make_figures()")
    with as_owner(), connection.cursor() as cursor:
        cursor.execute(UNUSUAL, [cast.clinician.pk])
        unusual = cursor.fetchone()[0]
    made = {"emergency": one.pk, "emergency_grant": one.grant_id, "unusual": unusual}  # type: ignore[attr-defined]
    return made | {"extract": short.pk, "long_extract": long.pk}


def mira(scene: Scene) -> dict[str, Any]:
    """The file that everything happens on."""
    by = scene.cast.social_worker
    with acting(by):
        child = Child.objects.get(pk=scene.file("Mira"))
        entry = CareEntry.objects.get(child=child)
        grant = Grant.objects.get(child_id=child.pk, team=scene.cast.team("ngo_worker"))
    summary = {"languages": ["pt", "ar"], "needs_interpreter": False, "risk": Child.Risk.HIGH, "contact_safely": SAFELY}
    actions.change_summary(child=child, values=summary, by=by, reason="after the first visit")
    actions.change(record=entry, values={"text": WORDS}, by=by, reason="she said more")
    told = attachments.write_note(child=child, section=Section.CARE, body=WORDS, by=by)
    attachments.write_note(child=child, section=Section.CARE, body="Said on Sunday.", adds_to=told, by=by)
    letter = attachments.attach(child=child, section=Section.CARE, title="Letter", data=b"Dear colleagues", by=by)
    offer = offer_more(scene, child)
    with acting(by):
        change = child.history.filter(id=child.pk).order_by("-version").first()
        entry_change = entry.history.filter(id=entry.pk).order_by("-version").first()
        flag = RiskFlag.objects.get(child=child)
    return {
        "agency": scene.cast.ngo_worker.agency_id,
        "flag": flag.pk,
        "entry": entry.pk,
        "grant": grant.pk,
        "offer": offer.pk,
        "letter": letter.pk,
        "child_change": change.history_id,
        "entry_change": entry_change.history_id,
        "document": documents.order(child_id=child.pk, kind="file", language="en", by=by).pk,
    }


def people_of_the_agency(scene: Scene) -> dict[str, Any]:
    """What waits for a second administrator, an invitation that was sent, a closed account, and training."""
    cast = scene.cast
    keeper, second = cast.keeper, cast.holder
    leaver = register(scene, "leaver", "Tomé", "Lage")
    teams.close_account(person=leaver, by=keeper, reason="left the agency")
    invited = {"agency": keeper.agency, "family_name": "Said", "roles": [Role.SOCIAL_WORKER], "by": keeper}
    waiting = people.invite(given_name="Noor", email="n.said@example.net", reason="starts on Monday", **invited)
    sent = people.invite(given_name="Amal", email="a.said@example.net", reason="starts in May", **invited)
    with acting(second):
        change = PersonChange.objects.get(invitation=sent)
    people.decide_change(change=change, approves=True, by=second)
    asked = people.ask_for_roles(
        person=cast.supervisor, roles=[Role.SUPERVISOR, Role.INTAKE], by=second, reason="Covers the desk at night."
    )
    with acting(keeper):
        sent = Invitation.objects.get(pk=sent.pk)
        certificates = {kind: Certificate.objects.filter(kind=kind) for kind in ("standard", "briefing")}
        found = {
            "certificate": certificates["standard"].get(person=cast.investigator).pk,
            "briefing": certificates["briefing"].get(person=cast.social_worker).pk,
        }
    return found | {
        "colleague": cast.supervisor.pk,
        "leaver": leaver.pk,
        "invited": sent.pk,
        "asked_for": waiting.pk,
        "decision": asked.pk,
        "own_team": cast.team("social_worker").pk,
        "secret": links.secret(sent),
    }


SCORED = (
    (90, {"safety": 1, "mental_health": 1, "health": 2, "education": 2, "return": 1}),
    (60, {"safety": 2, "mental_health": 1, "health": 3, "education": 3, "return": 2}),
    (30, {"safety": 3, "mental_health": 2, "health": 3, "education": 3, "return": 2}),
    (3, {"safety": 2, "mental_health": 2, "health": 4, "education": 4, "return": 2}),
)


def care_of_mira(scene: Scene) -> dict[str, Any]:
    """Four assessments, a plan that was agreed and its review, actions of three teams, a contact and a try."""
    by, child_id, today = scene.cast.social_worker, scene.file("Mira"), clock.now().date()
    for days, scores in SCORED:
        found = {code: {"score": score, "why": "seen and heard"} for code, score in scores.items()}
        values = {"kind": "review", "on": today - days * DAY, "level": 3, "scores": found}
        care.record_assessment(child_id=child_id, values=values, by=by)
    told = {"words": "I want to stay at my school.", "agreed_by_child": True, "language": "pt"}
    first = care.start_plan(child_id=child_id, values=told, by=by)
    for title, domain in (("Mira is safe from the people who hurt her", "safety"), ("She sleeps", "mental_health")):
        care.add_goal(plan=first, values={"title": title, "domain": domain, "words": "I am afraid."}, by=by)
    goal = care.add_goal(plan=first, values={"title": "Nobody finds her", "domain": "return"}, by=by)
    actions_of(scene, goal, today)
    care.send_plan(plan=first, by=by)
    care.decide_plan(plan=first, agrees=True, by=scene.cast.supervisor)
    plan = care.start_plan(child_id=child_id, values=told | {"review_on": today + 5 * DAY}, by=by)
    contact = {"mode": "visit", "on": today, "seen_alone": 1, "is_safe": True, "wishes": "To see my aunt on Sundays."}
    care.record_contact(child_id=child_id, values={"mode": "distance", "result": 2, "on": today}, by=by)
    care.record_contact(child_id=child_id, values=contact | {"result": 1, "concern": "Calls at night."}, by=by)
    with acting(by):
        goal = plan.goals.get(title="Nobody finds her")
        action = PlanAction.objects.get(child_id=child_id, title="Look at her ears")
    return {"first_plan": first.pk, "plan": plan.pk, "goal": goal.pk, "action": action.pk}


def actions_of(scene: Scene, goal: Any, today: datetime.date) -> None:
    """One for each: ours, one of an agency that is late, one of an agency without CARE, one that is done."""
    by = scene.cast.social_worker
    asked = (("social_worker", "Safety plan before the release", 9), ("ngo_worker", "Ask the court for a ban", -4))
    for name, title, days in (*asked, ("clinician", "Look at her ears", 4), ("ngo_worker", "Three numbers to ring", 1)):
        values = {"title": title, "team": scene.cast.team(name), "person": None, "due": today + days * DAY}
        one = care.add_action(goal=goal, values=values, by=by)
    care.take_action(plan_action=one, name="finish", by=scene.cast.ngo_worker, reason="She knows them by heart.")


def plan_to_decide(scene: Scene) -> dict[str, Any]:
    """A plan that waits for the supervisor."""
    by = scene.cast.social_worker
    plan = care.start_plan(child_id=scene.file("Waiting"), values={}, by=by)
    care.add_goal(plan=plan, values={"title": "Back to school", "domain": "education"}, by=by)
    return {"sent_plan": care.send_plan(plan=plan, by=by).pk}


def offer_more(scene: Scene, child: Child) -> Grant:
    """One holder more, whose access has not been accepted."""
    by = scene.cast.social_worker
    return give(
        child_id=child.pk, sections={Section.SUMMARY: Level.VIEW}, until=clock.now() + 5 * DAY, by=by,
        team=scene.cast.team("clinician"), owner=scene.cast.team("social_worker"), reason="mentor for the summer",
    )  # fmt: skip


def given_onward(scene: Scene) -> dict[str, Any]:
    """Access that may be passed on and was, and a legal basis."""
    cast = scene.cast
    owner = cast.team("social_worker")
    values = {"sections": {Section.SUMMARY: Level.VIEW, Section.CARE: Level.CHANGE}, "owner": owner, "reason": "mentor"}
    until = clock.now() + 9 * DAY
    parent = give(
        child_id=scene.file("Ended"), until=until, team=cast.team("clinician"), by=cast.social_worker, onward=True,
        **values | {"sections": {Section.SUMMARY: Level.VIEW, Section.HEALTH: Level.VIEW}},
    )  # fmt: skip
    parent = accept(grant=parent, by=cast.clinician)
    passed = pass_on(
        parent=parent, sections={Section.SUMMARY: Level.VIEW}, until=until, team=cast.team("stranger"), owner=owner,
        by=cast.clinician, reason="on Sundays",
    )  # fmt: skip
    with acting(cast.social_worker):
        basis = LegalBasis.objects.get(code="assent")
    own = cast.social_worker.agency_id
    return {"passable": parent.pk, "passed": passed.pk, "basis": basis.pk, "own_agency": own}


def work(scene: Scene) -> dict[str, Any]:
    """Something late, something due today, something for later, and things to be told."""
    by, now = scene.cast.social_worker, clock.now()
    mine: dict[str, Any] = {"team": scene.cast.team("social_worker"), "by": by, "child_id": scene.file("Mira")}
    today: datetime.date = now.astimezone(by.zone).date()
    late = add_task(
        kind="order", title="Renew the court order", rule="The order has ended.", due=today - 3 * DAY, **mine
    )
    add_task(kind="medical", title="Medical care: 72-hour window", due=now + HOUR / 2, **mine)
    add_task(kind="visit", title="Visit, seen alone", rule="Every week while the risk is high.", due=today, **mine)
    add_task(kind="review", title="Review the care plan", due=today + 4 * DAY, **mine)
    others = mine | {"team": scene.cast.team("ngo_worker")}
    add_task(kind="answer", title="Answer to the school", due=now - 2 * HOUR, **others)
    add_task(kind="visit", title="Sunday visit", due=today + 3 * DAY, **others)
    with acting(by):
        tell([by], "access_ended", ["Rui Salgado", "Lark"], level=Notice.Level.CONFIRM)
        tell([by], "document_ready", ["", "Mira"], child_id=scene.file("Mira"))
    return {"task": late.pk}


def series(scene: Scene) -> dict[str, Any]:
    """A case file that was read in, and one with bad entries that was only checked."""
    by = scene.cast.analyst
    sent = {"team": scene.cast.team("analyst"), "by": by, "name": "case-2.0.json", "is_network": True}
    done = imports.read_file(path=DATA / "vics" / "case-2.0.json", dry_run=False, **sent)
    waiting = imports.receive(file=[b'{"value": []}'], dry_run=True, **sent)
    return {"import": done.pk, "waiting": waiting.pk, "series": uuid.UUID(str(done.summary["series"][0]["id"]))}


HOUSE: dict[str, Any] = {
    "region": "Lisbon region",
    "kind": "short_term",
    "sexes": [1, 2],
    "youngest": 6,
    "oldest": 17,
    "languages": ["pt", "ar"],
    "offers": ["siblings", "night_staff", "step_free"],
    "licence_until": datetime.date(2031, 6, 30),
}
HOUSES: dict[str, dict[str, Any]] = {
    "Farol house": {},
    "Rua Clara shelter": {"region": "Setúbal region", "languages": ["pt"], "offers": ["night_staff"]},
    "Casa do Rio": {"kind": "emergency", "region": "Porto region", "oldest": 8},
    "Ponte Nova": {"sexes": [1]},
    "Alta residence": {"licence_until": datetime.date(2025, 11, 1), "kind": "long_term"},
}


def shelters(scene: Scene) -> dict[str, Any]:
    """Five shelters of one team, a bed that is held, and a child who was admitted."""
    by, team = scene.cast.shelter_worker, scene.cast.team("shelter_worker")
    address = {"address": "Invented street 7", "on_call": "K. Melo", "phone": "+351 200 000 000"}
    made = {}
    for name, values in HOUSES.items():
        made[name] = directory.open_shelter(
            team=team, values={"public_name": name} | HOUSE | values, address=address, by=by
        )
        for number in range(4):
            bed = directory.add_bed(shelter=made[name], values={"label": f"Room {number + 1}", "kind": "single"}, by=by)
        directory.confirm_count(shelter=made[name], by=by)
    card = stays.Card(sex=2, age_band="6-11", languages=("ar",), needs=("step_free", "night_staff"))
    hold = {"shelter": made["Farol house"], "card": card, "by": scene.cast.social_worker}
    held = stays.hold(child_id=scene.file("Waiting"), **hold)
    stay = stays.admit(placement=stays.hold(child_id=scene.file("Short"), **hold), by=by)
    with acting(by):
        bed = made["Farol house"].beds.order_by("label").last()
    lapsed = made["Alta residence"]
    licences.ask(shelter=lapsed, by=scene.cast.social_worker, reason="Nobody else takes brothers tonight.")
    return {
        "held": held.pk,
        "stay": stay.pk,
        "shelter": made["Farol house"].pk,
        "bed": bed.pk,
        "lapsed": lapsed.pk,
    }


def link_to(scene: Scene, series_id: uuid.UUID) -> None:
    """The child who is sought appears in a series."""
    by = scene.cast.investigator
    with acting(by):
        child, one = Child.objects.get(pk=scene.file("Sought")), Series.objects.get(pk=series_id)
    actions.link_series(child=child, series=one, by=by, reason="same stairs")


def matches(scene: Scene) -> dict[str, Any]:
    """A pair of series to weigh, with marks, objects and an identifier; and one that an officer calls the same."""
    near = (4, 5, 6, 8, 9, 11, 12, 14, 15, 15, 16, 17, 18, 20, 21, 22, 23, 25, 26, 27, 28, 30, 31)
    weighed = make_match(scene.cast, near=near, identical=11)
    describe(scene.cast, weighed)
    proposed = make_match(scene.cast, near=(2,), identical=0, names=("Blue hall", "Night bus"), start=5000)
    decisions.decide(pair_id=proposed.pair_id, step="propose", version=0, by=scene.cast.foreign, reason="One hall.")
    holder = scene.cast.team("foreign")
    asked = {"pair_id": weighed.pair_id, "team": holder, "by": scene.cast.analyst}
    question = questions.ask(question="Is the cracked glass on the left wrist in your files too?", **asked)
    claims.claim(pair_id=weighed.pair_id, by=scene.cast.analyst)
    with acting(scene.cast.analyst):
        clue = Clue.objects.filter(series=weighed.stairs).order_by("pk")[0]
    link_to(scene, weighed.stairs)
    return {
        "match": weighed.pair_id,
        "proposed": proposed.pair_id,
        "stairs": weighed.stairs,
        "clue": clue.pk,
        "holder": holder.pk,
        "question": question.pk,
    }


def named(scene: Scene) -> dict[str, Any]:
    """A file that is open to the network, in which two countries wrote, with a candidate."""
    by = scene.cast.investigator
    child = open_file(scene.cast, "Named", "investigator", Stage.SOUGHT)
    scene.site.files["Named"] = child.pk
    values = {"on": clock.now().date(), "kind": "lead", "text": "The same tram ticket."}
    actions.add(model=InvestigationEntry, child=child, values=values, by=scene.cast.foreign)
    actions.take_step(child=child, cycle="identity", name="propose", by=by, reason="The ticket leads to one school.")
    return {}


def changing_hands(scene: Scene) -> dict[str, Any]:
    """Hand-overs: one on which ticks are missing, one to sign first, one to sign second, and one that is finished."""
    cast, by = scene.cast, scene.cast.investigator
    made = {name: begun(cast, rescued(cast, name), to="shelter_worker") for name in ("Kite", "Gull", "Tern")}
    answer(made["Gull"], by, "given")
    hand_overs.tell_how(hand_over=made["Gull"], how=HOW, by=by)
    given(cast, made["Tern"])
    done = begun(cast, rescued(cast, "Swift"))
    received(cast, given(cast, done))
    with acting(by):
        first = {name: list(one.items.order_by("pk")) for name, one in made.items()}
    for item, count, words in zip(
        first["Kite"], (1, 0, 0, 2), ("214/26", "none found", "", "one bag, blue"), strict=False
    ):
        hand_overs.tick(item=item, count=count, words=words, by=by)
    hand_overs.add_item(hand_over=made["Kite"], kind="stays_behind", words="phone, bag B-77120", by=by)
    hand_overs.tick(
        item=first["Tern"][0], count=0, side="received", difference="left in the car", by=cast.shelter_worker
    )
    ids = {"begun": "Kite", "to_give": "Gull", "to_receive": "Tern"}
    found = {key: made[name].pk for key, name in ids.items()}
    return found | {"handed": done.pk, "thing": first["Kite"][5].pk, "given_thing": first["Tern"][1].pk}


SERVICE: dict[str, Any] = {
    "kind": "mental_health",
    "region": "Lisbon region",
    "languages": ["pt", "ar"],
    "youngest": 6,
    "oldest": 17,
    "urgencies": [1, 2, 3, 4],
    "reach": "Desk, weekdays 9 to 17, +351 200 000 000",
}
LINES = {
    "Follow": ("Found last night after four days away. Wants to talk to a man.", 1),
    "Ended": ("Sleeps little since the move. Needs a first talk this week.", 3),
    "Short": ("Back to school in January, speaks no Portuguese yet.", 4),
    "Closed": ("Finished 24 single talks; asks to meet others.", 4),
}


def referrals(scene: Scene) -> dict[str, Any]:
    """Four referrals to one service, at each of the places where an inbox holds one, and a draft."""
    by, taker = scene.cast.social_worker, scene.cast.ngo_worker
    team = scene.cast.team("ngo_worker")
    service = services.add_service(team=team, values={"name": "Trauma-focused therapy"} | SERVICE, by=taker)
    full = services.add_service(team=team, values={"name": "Night counselling"} | SERVICE, by=taker)
    services.fill_up(service=full, until=(clock.now() + 9 * DAY).date(), by=taker)
    made = {}
    for name, (line, urgency) in LINES.items():
        ask = sending.Ask(line, "Lisbon", urgency, "Weekly talks; a woman if possible.", "Afraid at night.", "consent")
        one = sending.draft(child_id=scene.file(name), service=service, ask=ask, by=by)
        opened = sending.Opened((Section.CARE,), (), clock.now() + 60 * DAY)
        made[name] = sending.send(referral=one, opened=opened, by=by)
    sending.claim(referral=made["Ended"], by=taker)
    sending.accept(referral=made["Short"], worker=taker, first_on=(clock.now() + 4 * DAY).date(), by=taker)
    sending.decline(referral=made["Closed"], why="language", answer="", by=taker)
    draft = sending.draft(child_id=scene.file("Mira"), service=service, ask=ask, by=by)
    return {
        "service": service.pk,
        "sent": made["Follow"].pk,
        "claimed": made["Ended"].pk,
        "accepted": made["Short"].pk,
        "draft": draft.pk,
    }


def keepers(scene: Scene) -> dict[str, Any]:
    """Two administrators: one signs in with password and codes, the other with a key."""
    keeper, holder = register(scene, "keeper", "Vera", "Melo"), register(scene, "holder", "Nuno", "Braga")
    with as_owner():
        TOTP.activate(keeper, generate_totp_secret())
        RecoveryCodes.activate(keeper)
        key = WebAuthn.add(holder, "Desk key", {})
    with acting(scene.cast.keeper):
        word = Lookup.objects.filter(vocabulary="care_kind").order_by("position")[0]
        rule = DueRule.objects.get(code="care_plan", risk=0)
    return {"key": key.instance.pk, "word": word.pk, "rule": rule.pk}


def register(scene: Scene, name: str, given: str, family: str) -> Person:
    """Register an administrator who has the password of the tests."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        person = accounts.register_person(
            email=f"{name}@example.org",
            given_name=given,
            family_name=family,
            agency=scene.cast.social_worker.agency,
            roles=[Role.AGENCY_ADMIN],
        )
    give_password(person)
    return person


def give_password(person: Person) -> None:
    """Give somebody the password of the tests."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        person.set_password(PASSWORD)
        person.save()
