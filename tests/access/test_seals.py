"""Sealed files: asked for by one, decided by another of another team, and gone for everybody but the custodians."""

import datetime
import re

import pytest
from django.db import connection
from django.urls import reverse

from portal.access import auditing, seals, work
from portal.access.actions import give
from portal.access.identity import Refused, acting
from portal.access.matrix import matrix
from portal.access.models import Grant, Seal
from portal.access.opens import file_lines
from portal.access.rights import can, sections_open
from portal.access.sections import Level, Stage
from portal.access.sections import Section as S
from portal.access.visibility import listed_ids, visible, visible_ids
from portal.accounts import actions as accounts
from portal.accounts.models import Person
from portal.accounts.roles import Role
from portal.audit import clock
from portal.audit.ids import uuid7
from portal.audit.kinds import shifted
from portal.audit.stamp import Stamp, stamping
from portal.casework.models import Approval, Notice, Task
from portal.casework.workflow import NotPossible
from tests.access.test_second_wall import CANARY, crawl
from tests.attacks import attack
from tests.conftest import as_owner
from tests.oversight import existing, register_overseers
from tests.posted import taking_back
from tests.statements import assert_refused, rows, run, value
from tests.world import DAY, PEOPLE, declare
from victims import actions
from victims.models import Child
from victims.section_pages import MODELS


def child_of(person, files, name) -> Child:
    with acting(person):
        return Child.objects.select_related("owner__agency").get(pk=files[name])


def ask(cast, files, name="Mira", by="social_worker", custodians=("social_worker", "supervisor"), **more) -> Approval:
    """Ask for a seal as somebody of the owner's team."""
    asker = getattr(cast, by)
    people = [getattr(cast, one) for one in custodians]
    return seals.ask(child=child_of(asker, files, name), custodians=people, by=asker, reason="threatened", **more)


def second(cast, approval) -> Person:
    """Return one of the people who were asked, signed in."""
    who = seals_deciders(approval)
    return next(person for person in cast.all().values() if person.pk in who)


def seals_deciders(approval) -> set:
    return {pk for (pk,) in rows("SELECT person_id FROM casework_notice WHERE subject_id = %s", approval.pk)}


def sealed(cast, files, name="Mira", **more) -> Approval:
    """Seal a file."""
    approval = ask(cast, files, name, **more)
    return seals.decide(approval=approval, approve=True, by=second(cast, approval), reason="yes")


def everything(cast, child_id) -> dict:
    """Return who opens and changes which sections of a file."""
    found = {}
    for name, person in cast.all().items():
        with acting(person):
            found[name] = [sections_open(person, child_id, level) for level in Level]
    return found


def test_asking_changes_nothing_and_the_answer_of_a_second_person_does(cast, files):
    before = everything(cast, files["Mira"])
    approval = ask(cast, files)
    assert everything(cast, files["Mira"]) == before
    person = second(cast, approval)
    assert person.agency_id != cast.social_worker.agency_id  # the agency has one team only
    seals.decide(approval=approval, approve=True, by=person, reason="yes")
    after = everything(cast, files["Mira"])
    assert {name for name, held in after.items() if held != [[], []]} == {"social_worker", "supervisor"}
    assert after["social_worker"] == before["social_worker"]


def test_unsealing_gives_back_what_was_given(cast, files):
    before = everything(cast, files["Mira"])
    held = rows("SELECT group_id, permission_id, grant_id FROM access_childgrouppermission ORDER BY 1, 2, 3")
    sealed(cast, files)
    approval = seals.ask_end(child=child_of(cast.social_worker, files, "Mira"), by=cast.social_worker, reason="safe")
    assert everything(cast, files["Mira"])["ngo_worker"] == [[], []]
    seals.decide(approval=approval, approve=True, by=second(cast, approval))
    assert everything(cast, files["Mira"]) == before
    assert rows("SELECT group_id, permission_id, grant_id FROM access_childgrouppermission ORDER BY 1, 2, 3") == held


def test_a_seal_that_is_refused_leaves_the_file_as_it_was_and_can_be_asked_for_anew(cast, files):
    before = everything(cast, files["Mira"])
    approval = ask(cast, files)
    seals.decide(approval=approval, approve=False, by=second(cast, approval), reason="no")
    assert everything(cast, files["Mira"]) == before
    with pytest.raises(NotPossible):
        seals.decide(approval=approval, approve=True, by=second(cast, approval))
    assert ask(cast, files).state == Approval.State.ASKED


def register_colleague(cast) -> None:
    """Register a second one who works as the owner of Mira's file: cast.colleague."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        colleague = accounts.register_person(
            email="colleague@example.org", given_name="Ines", family_name="Melo", agency=cast.social_worker.agency,
            roles=[Role.SOCIAL_WORKER],
        )  # fmt: skip
        accounts.join_team(person=colleague, team=cast.team("social_worker"))


def test_two_who_ask_at_once_seal_once(cast, files):
    """Whoever asks does not see what a colleague asked: the second question is answered by no, and nothing breaks."""
    register_colleague(cast)
    people = ("social_worker", "colleague")
    first, second_one = (ask(cast, files, by=name, custodians=people) for name in people)
    seals.decide(approval=first, approve=True, by=second(cast, first))
    with pytest.raises(NotPossible, match="another way"):
        seals.decide(approval=second_one, approve=True, by=second(cast, second_one))
    seals.decide(approval=second_one, approve=False, by=second(cast, second_one))
    child = child_of(cast.social_worker, files, "Mira")
    approval = seals.ask_end(child=child, by=cast.social_worker, reason="safe")
    seals.decide(approval=approval, approve=True, by=second(cast, approval))
    assert everything(cast, files["Mira"])["ngo_worker"][0]


def test_custodians_change_by_a_second_person_and_the_others_lose_the_file(cast, files):
    sealed(cast, files)
    child = child_of(cast.social_worker, files, "Mira")
    approval = seals.ask(
        child=child, custodians=[cast.social_worker, cast.clinician], by=cast.social_worker, reason="she takes over"
    )
    assert approval.kind == seals.CUSTODIANS
    seals.decide(approval=approval, approve=True, by=second(cast, approval))
    after = everything(cast, files["Mira"])
    assert {name for name, held in after.items() if held != [[], []]} == {"social_worker", "clinician"}
    assert S.THERAPY in after["clinician"][0]  # what was given to her by name stays with her


def test_one_custodian_asks_at_a_time_for_the_end_of_a_seal(cast, files):
    register_colleague(cast)
    sealed(cast, files, custodians=("social_worker", "colleague"))
    seals.ask_end(child=child_of(cast.social_worker, files, "Mira"), by=cast.social_worker, reason="he moved away")
    other = child_of(cast.colleague, files, "Mira")
    with pytest.raises(NotPossible, match="asked already"):
        seals.ask_end(child=other, by=cast.colleague, reason="I would like it too")
    with acting(cast.social_worker):
        assert seals.seal_of(other.pk).open_reason == "he moved away"


@pytest.mark.parametrize(
    "custodians", [("social_worker",), ("social_worker", "social_worker"), ("clinician", "ngo_worker")]
)
def test_two_custodians_at_least_one_of_them_of_the_owner(cast, files, custodians):
    with pytest.raises(NotPossible):
        ask(cast, files, custodians=custodians)


def test_only_who_works_as_the_owner_asks(cast, files):
    with pytest.raises(Refused):
        ask(cast, files, by="ngo_worker", custodians=("ngo_worker", "social_worker"))


def test_nobody_decides_what_he_or_a_colleague_asked(cast, files):
    approval = ask(cast, files)
    for name in ("social_worker", "supervisor", "analyst"):
        with pytest.raises(Refused):
            seals.decide(approval=approval, approve=True, by=getattr(cast, name))


def test_another_team_of_the_agency_is_asked_where_there_is_one(cast, files):
    with as_owner(), stamping(Stamp(None, "set-up")):
        team = accounts.register_team(agency=cast.social_worker.agency, name="Second team")
        person = accounts.register_person(
            email="second@example.org", given_name="Ines", family_name="Melo", agency=team.agency,
            roles=[Role.SOCIAL_WORKER],
        )  # fmt: skip
        accounts.join_team(person=person, team=team)
    assert ask(cast, files).team == team
    assert seals_deciders(ask_again(cast, files)) == {person.pk}


def ask_again(cast, files):
    return Approval(pk=value("SELECT max(id::text)::uuid FROM casework_approval WHERE kind = 'seal'"))


def test_three_ways_agree_on_a_sealed_file(cast, files):
    """decide = visible = the wall, also of a file that was open to the network."""
    sealed(cast, files)
    sealed(cast, files, "Open", by="analyst", custodians=("analyst", "investigator"))
    for name, person in cast.all().items():
        with acting(person):
            for section in S:
                model = Child if section == S.SUMMARY else MODELS[section]
                listed = set(visible_ids(person, section=section, most=1000))
                for file in ("Mira", "Open", "Sought"):
                    column = "pk" if model is Child else "child_id"
                    by_decision = can(person, files[file], section)
                    by_list = visible(model, person).filter(**{column: files[file]}).exists()
                    by_wall = model.objects.filter(**{column: files[file]}).exists()
                    assert by_decision == by_list == by_wall == (files[file] in listed), (name, file, section.name)


def test_an_open_file_closes_to_the_network_and_opens_again_with_its_history(cast, files):
    before = value("SELECT version FROM victims_child WHERE id = %s", files["Open"])
    sealed(cast, files, "Open", by="analyst", custodians=("analyst", "investigator"))
    with acting(cast.foreign):
        assert files["Open"] not in listed_ids(cast.foreign, most=100)
    assert rows("SELECT open_to_network, version FROM victims_child WHERE id = %s", files["Open"]) == [
        (False, before + 1)
    ]
    child = child_of(cast.analyst, files, "Open")
    with acting(cast.analyst):
        assert actions.is_open_to_network(child, identity=1, stage=Stage.SOUGHT) is False
    approval = seals.ask_end(child=child, by=cast.analyst, reason="safe")
    seals.decide(approval=approval, approve=True, by=second(cast, approval))
    with acting(cast.foreign):
        assert files["Open"] in listed_ids(cast.foreign, most=100)
    last = rows(
        "SELECT open_to_network, history_by FROM victims_historicalchild WHERE id = %s ORDER BY version DESC LIMIT 1",
        files["Open"],
    )
    assert last[0][0] is True
    run("SET CONSTRAINTS ALL IMMEDIATE")  # every row has its history


def test_the_matrix_of_the_operator_names_the_seal(cast, files):
    sealed(cast, files)
    with as_owner():
        told = {
            person.pk: cells for person, _child, cells in matrix([cast.ngo_worker, cast.supervisor], [files["Mira"]])
        }
    reasons = {(section, level): made.reason for section, level, made in told[cast.ngo_worker.pk]}
    assert reasons[S.CARE, Level.VIEW] == "sealed"
    assert any(made for *_cell, made in told[cast.supervisor.pk])


def test_a_sealed_file_is_given_to_nobody(cast, files):
    sealed(cast, files)
    child = child_of(cast.social_worker, files, "Mira")
    with pytest.raises(NotPossible, match="sealed"):
        give(
            child_id=child.pk, sections={S.SUMMARY: Level.VIEW}, until=clock.now() + DAY, team=cast.team("stranger"),
            owner=child.owner, by=cast.social_worker, reason="x",
        )  # fmt: skip


# --- D27: no trace for anybody else --------------------------------------------------------------------------------


def traces(person, child_id) -> dict:
    """Return how many rows that name the file each guarded table shows."""
    tables = [
        (table, column)
        for table, column in rows(
            "SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND a.attname IN ('child_id', 'content_object_id')"
            " AND c.relnamespace = 'public'::regnamespace AND has_table_privilege('app', c.oid, 'SELECT')"
            " AND c.relname <> 'audit_event' AND NOT a.attisdropped"
        )
    ]
    found = {}
    with later(), acting(person):
        for table, column in [*tables, ("victims_child", "id"), ("victims_historicalchild", "id")]:
            count = run(f"SELECT FROM {table} WHERE {column} = %s", child_id)
            if count:
                found[table] = count
    return found


@attack("D27")
@pytest.mark.parametrize("name", sorted(set(PEOPLE) - {"social_worker", "supervisor"}))
def test_no_table_shows_a_row_of_a_sealed_file_to_anybody_else(cast, files, name):
    person = getattr(cast, name)
    sealed(cast, files)
    assert traces(person, files["Mira"]) == {}
    with acting(person):
        assert file_lines([files["Mira"]]) == {}
        assert run("SELECT FROM access.grants_of(%s)", files["Mira"]) == 0
        assert value_as_app("SELECT access.sealed_away(%s)", files["Mira"])


def later():
    """Whoever decides sees what belongs to the decision until its transaction ends, which in a test it does not."""
    return shifted(datetime.timedelta(minutes=1))


def value_as_app(statement, *values):
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchone()[0]


@attack("D27")
def test_no_page_names_a_sealed_file_to_who_held_it(cast, files, browse):
    """Words of the file on the pages of those who had access: before, and after it was sealed."""
    number = value("SELECT case_number FROM victims_child WHERE id = %s", files["Mira"])
    client = browse(cast.ngo_worker)
    seen, text = crawl(client, {"Mira": files["Mira"]})
    assert ("care", "Mira") in seen
    assert number in text
    sealed(cast, files)
    seen, text = crawl(client, {"Mira": files["Mira"]})
    assert not {file for _section, file in seen} & {"Mira"}
    assert number not in text
    assert "“Mira”" not in text
    assert not CANARY.findall(client.post(reverse("desk:search"), {"q": number}).content.decode())


@attack("D27", "D15")
def test_a_sealed_file_is_answered_like_one_that_never_was(cast, files, browse):
    sealed(cast, files)
    client = browse(cast.ngo_worker)
    for name, more in (("child", []), ("section", ["care"]), ("who", [])):
        pages = [
            client.get(reverse(f"victims:{name}", args=[child_id, *more]))
            for child_id in (files["Mira"], "01900000-0000-7000-8000-000000000000")
        ]
        texts = [re.sub(r"[\w-]{43,}|children/[\w-]{36}", "", page.content.decode()) for page in pages]
        assert pages[0].status_code == pages[1].status_code == 404
        assert texts[0] == texts[1]


@attack("D27")
def test_overseers_read_nothing_of_a_sealed_file(cast, files, browse):
    register_overseers(cast)
    with acting(cast.auditor):
        assert auditing.overseen(files["Mira"])
    number = value("SELECT case_number FROM victims_child WHERE id = %s", files["Mira"])
    sealed(cast, files)
    for person in (cast.auditor, cast.privacy_officer):
        with acting(person):
            assert auditing.overseen(files["Mira"]) is None
        assert number not in browse(person).get(reverse("desk:audit")).content.decode()
        assert number not in browse(person).get("/").content.decode()
    assert existing(files)


@attack("D27")
def test_tasks_notices_and_grants_of_a_sealed_file_are_gone_and_come_back(cast, files):
    with acting(cast.ngo_worker):
        given = set(Grant.objects.filter(child_id=files["Mira"]).values_list("pk", flat=True))
    assert given
    sealed(cast, files)
    with later(), acting(cast.ngo_worker):
        assert not Grant.objects.filter(child_id=files["Mira"]).exists()
        assert not Task.objects.filter(child_id=files["Mira"]).exists()
        assert not Notice.objects.filter(child_id=files["Mira"]).exists()


def test_notices_of_a_seal_carry_a_reference_alone(cast, files):
    approval = sealed(cast, files, custodians=("social_worker", "supervisor", "clinician"))
    told = rows(
        "SELECT kind, words, child_id FROM casework_notice WHERE kind IN ('seal_asked', 'seal_decided', 'custodian_named')"
    )
    assert {kind for kind, *_rest in told} == {"seal_asked", "seal_decided", "custodian_named"}
    assert all(child_id is None and len(words) == 1 for _kind, words, child_id in told)
    assert approval.state == Approval.State.APPROVED


def test_nobody_is_asked_about_a_seal_whom_a_relation_keeps_apart(cast, files):
    """A notice whose page does not open would tell that there is a file."""
    decider = second(cast, ask(cast, files, "Waiting"))
    told = "SELECT count(*) FROM casework_notice WHERE kind = 'seal_asked' AND person_id = %s"
    declare(decider, files["Mira"])
    with pytest.raises(NotPossible, match="Nobody of another team"):
        ask(cast, files)
    assert value(told, decider.pk) == 1


def test_nobody_who_came_into_a_team_of_whoever_asked_decides(cast, files):
    approval = ask(cast, files)
    decider = second(cast, approval)
    with as_owner(), stamping(Stamp(None, "set-up")):
        accounts.join_team(person=decider, team=cast.team("social_worker"))
    with pytest.raises(Refused, match="not_your_approval"):
        seals.decide(approval=approval, approve=True, by=decider)
    with acting(decider):
        answered = "UPDATE casework_approval SET state = 2, decided_by_id = %s, decided = app_now(), version = 2"
        assert_refused(answered, decider.pk, match="answered once")


# --- pages ---------------------------------------------------------------------------------------------------------


def test_from_the_page_of_the_file_to_the_answer_and_back(cast, files, browse):
    client, mira = browse(cast.social_worker), files["Mira"]
    assert reverse("victims:seal", args=[mira]) in client.get(reverse("victims:who", args=[mira])).content.decode()
    page = client.get(reverse("victims:seal", args=[mira]))
    form = page.context["form"]
    team = form.fields["team"].queryset.get(agency__name="Casa Aurora")
    sent = {"custodians": [cast.social_worker.pk], "team": team.pk, "reason": "threatened", "once": "s1"}
    assert "at least two custodians" in client.post(reverse("victims:seal", args=[mira]), sent).content.decode()
    sent["custodians"].append(cast.supervisor.pk)
    assert client.post(reverse("victims:seal", args=[mira]), sent).status_code == 302
    approval_id = value("SELECT id FROM casework_approval WHERE kind = 'seal' AND state = 1")
    decider = browse(cast.ngo_worker)
    address = reverse("desk:decide_seal", args=[approval_id])
    assert address in decider.get("/").content.decode()
    text = decider.get(address).content.decode()
    assert "threatened" in text
    assert "“Mira”" in text
    assert not CANARY.findall(text)
    assert browse(cast.stranger).get(address).status_code == 404
    assert "Choose whether you agree." in decider.post(address, {"once": "s0"}).content.decode()
    assert decider.post(address, {"answer": "agree", "once": "s2"}).url == "/"
    assert decider.get(reverse("victims:child", args=[mira])).status_code == 404
    assert decider.get(address).status_code == 404
    banner = client.get(reverse("victims:child", args=[mira])).content.decode()
    assert "This file is sealed." in banner
    for refused in (
        "referrals:start_hand_over",
        "shelters:find_for",
        "referrals:new",
    ):  # they give access: no button says so
        page = client.get(reverse("referrals:referrals", args=[mira])).content.decode()
        assert reverse(refused, args=[mira]) not in banner + page
    assert reverse("victims:unseal", args=[mira]) in client.get(reverse("victims:who", args=[mira])).content.decode()
    assert "Ask a second person to unseal" in client.get(reverse("victims:unseal", args=[mira])).content.decode()


@pytest.mark.parametrize(("agrees", "said"), [(False, "This was not agreed to"), (True, "This was agreed to and done")])
def test_whoever_asked_reads_what_became_of_it_where_the_notice_leads(cast, files, browse, agrees, said):
    """A custodian or not: the custodians of this file are two others."""
    with as_owner(), stamping(Stamp(None, "set-up")):
        accounts.join_team(person=cast.clinician, team=cast.team("social_worker"))
    approval = ask(cast, files, custodians=("clinician", "supervisor"))
    decider, page = second(cast, approval), reverse("desk:decide_seal", args=[approval.pk])
    client = browse(cast.social_worker)
    assert "This waits for somebody else" in client.get(page).content.decode()
    assert client.post(page, {"answer": "agree", "once": "x"}).status_code == 404  # nobody decides on their own
    seals.decide(approval=approval, approve=agrees, by=decider, reason="The threat is old.")
    assert page in client.get(reverse("desk:notices")).content.decode()
    text = client.get(page).content.decode()
    assert (said in text, "The threat is old." in text, "Mira" in text) == (True, True, False)
    told = browse(decider).get(reverse("desk:notices")).content.decode()
    assert (page in told, "Answered or ended." in told) == (False, True)
    assert browse(decider).get(page).status_code == (404 if agrees else 200)
    assert browse(cast.stranger).get(page).status_code == 404
    declare(cast.social_worker, files["Mira"])
    assert client.get(page).status_code == 404


def test_notice_of_a_seal_leads_nowhere_for_whoever_can_decide_no_more(cast, files, browse):
    approval = ask(cast, files)
    decider, page = second(cast, approval), reverse("desk:decide_seal", args=[approval.pk])
    assert page in browse(decider).get(reverse("desk:notices")).content.decode()
    with as_owner(), stamping(Stamp(None, "set-up")):
        accounts.join_team(person=decider, team=cast.team("social_worker"))
    told = browse(decider).get(reverse("desk:notices")).content.decode()
    assert (page in told, "Answered or ended." in told) == (False, True)


def ask_about(cast, files, kind) -> Approval:
    """Ask for a seal, or of a sealed file for other custodians or for its end."""
    child = child_of(cast.social_worker, files, "Mira")
    if kind == seals.UNSEAL:
        return seals.ask_end(child=child, by=cast.social_worker, reason="safe")
    people = [cast.supervisor, cast.clinician]  # whoever asks is none of them
    return seals.ask(child=child, custodians=people, by=cast.social_worker, reason="threatened")


def waiting_for_others(client) -> list:
    """Return the lines of My work about one's own questions; none of them names a child."""
    groups = client.get("/").context["groups"]
    found = [row for group in groups if group.id == "waiting" for row in group.rows if row.code.startswith("SE-")]
    assert {row.name for row in found} <= {""}
    return found


@pytest.mark.parametrize("kind", seals.KINDS)
def test_whoever_asked_takes_it_back_while_it_waits(cast, files, browse, kind):
    if kind != seals.SEAL:
        sealed(cast, files)
    approval = ask_about(cast, files, kind)
    before, decider = everything(cast, files["Mira"]), second(cast, approval)
    who, page = reverse("victims:who", args=[files["Mira"]]), reverse("desk:decide_seal", args=[approval.pk])
    asker, asked = browse(cast.social_worker), browse(decider)
    assert page in asked.get("/").content.decode()
    assert [row.url for row in waiting_for_others(asker)] == [page]
    assert "take-back" not in browse(cast.supervisor).get(who).content.decode()
    assert taking_back(asker.get(who))[0] == taking_back(asker.get(page))[0]
    assert asked.post(*taking_back(asker.get(page))).status_code == 404  # asked nothing
    assert asker.post(*taking_back(asker.get(who))).url == who
    assert page not in asked.get("/").content.decode()
    assert waiting_for_others(asker) == []
    assert "Answered or ended." in asked.get(reverse("desk:notices")).content.decode()
    with later():
        for client in (asker, asked):
            text = client.get(page).content.decode()
            assert ("This was taken back" in text, "Mira" in text, "take-back" in text) == (True, False, False)
    assert browse(cast.stranger).get(page).status_code == 404
    assert everything(cast, files["Mira"]) == before
    assert rows("SELECT ended IS NULL, open_reason FROM access_seal WHERE id = %s", approval.subject_id) == [
        (kind == seals.UNSEAL, "")
    ]
    assert ask_about(cast, files, kind).state == Approval.State.ASKED
    declare(decider, files["Mira"])
    assert asked.get(page).status_code == 404


@attack("D27")
def test_who_looked_tells_nobody_that_a_seal_was_asked_for(cast, files, browse):
    """It may be meant to keep out one of those who read it."""
    approval = ask(cast, files)
    asker, page = browse(cast.social_worker), reverse("desk:decide_seal", args=[approval.pk])
    assert browse(second(cast, approval)).get(page).status_code == 200
    assert asker.post(*taking_back(asker.get(page))).status_code == 302
    with later():
        for reader in (cast.supervisor, cast.ngo_worker):
            text = browse(reader).get(reverse("victims:looks", args=[files["Mira"]])).content.decode()
            assert (text.count("Named in a question to a second person"), "seal" in text) == (2, False)


@attack("D27")
def test_history_of_a_file_tells_its_team_nothing_of_a_seal_that_was_asked_for(cast, files, browse):
    register_overseers(cast)
    ask(cast, files)
    with later():
        for reader, is_told in ((cast.supervisor, False), (cast.auditor, True)):
            text = browse(reader).get(reverse("desk:history", args=[files["Mira"]])).content.decode()
            assert ("Seal asked for" in text) is is_told
            with acting(reader):
                sources = {one.source for one in auditing.changes(files["Mira"], auditing.Filter(), most=3)}
            assert bool(sources & {"access_seal", "casework_approval"}) is is_told


TAKEN_BACK = """UPDATE casework_approval SET state = 5, decided_by_id = NULL, decided = app_now(), version = version + 1
WHERE id = %s"""


def test_nobody_else_takes_a_question_about_a_seal_back_and_nobody_one_that_was_decided(cast, files):
    approval = ask(cast, files)
    decider = second(cast, approval)
    with acting(decider):
        question = work.over(approval.pk, seals.KINDS)
        assert_refused(TAKEN_BACK, approval.pk, match="answered once")
    with pytest.raises(Refused, match="not_yours_to_end"):
        seals.take_back(question=question, by=decider)
    seals.decide(approval=approval, approve=True, by=decider)
    with later(), pytest.raises(NotPossible, match="decided or taken back already"):
        seals.take_back(question=question, by=cast.social_worker)
    with acting(cast.social_worker):
        assert_refused(TAKEN_BACK, approval.pk, match="answered once")
    assert value("SELECT count(*) FROM access_seal WHERE sealed IS NOT NULL AND ended IS NULL") == 1


def test_whoever_is_no_custodian_any_more_takes_back_what_one_asked_as_one(cast, files, browse):
    register_colleague(cast)
    sealed(cast, files, custodians=("social_worker", "colleague"))
    approval = ask_about(cast, files, seals.UNSEAL)
    others = {"child": child_of(cast.colleague, files, "Mira"), "custodians": [cast.colleague, cast.supervisor]}
    changed = seals.ask(**others, by=cast.colleague, reason="he left")
    seals.decide(approval=changed, approve=True, by=second(cast, changed))
    with later():
        client = browse(cast.social_worker)
        page = reverse("desk:decide_seal", args=[approval.pk])
        assert client.post(*taking_back(client.get(page))).url == page
        assert "This was taken back" in client.get(page).content.decode()
    assert value("SELECT count(*) FROM access_seal WHERE sealed IS NOT NULL AND ended IS NULL") == 1


@pytest.mark.parametrize("how", ["taken back", "never asked"])
def test_a_query_leaves_no_seal_that_nobody_can_ask_to_end(cast, files, how):
    """A question that is gone, or never was one, with its reason left in the seal: the next custodian asks all the same."""
    register_colleague(cast)
    sealed(cast, files, custodians=("social_worker", "colleague"))
    if how == "taken back":
        approval = ask_about(cast, files, seals.UNSEAL)
        with acting(cast.social_worker):
            gone = Approval.objects.get(pk=approval.pk)
            gone.state, gone.decided = Approval.State.TAKEN_BACK, clock.now()
            gone.save()
    else:
        with acting(cast.social_worker):
            seal = seals.seal_of(files["Mira"])
            seal.open_reason = "never"
            seal.save()
    asked = seals.ask_end(child=child_of(cast.colleague, files, "Mira"), by=cast.colleague, reason="safe")
    assert asked.state == Approval.State.ASKED


def test_nobody_puts_a_question_of_one_s_own_on_what_another_custodian_asked(cast, files):
    """Taken back, it would empty the reason which those read who were asked; agreed to elsewhere, it unseals by that."""
    register_colleague(cast)
    sealed(cast, files, custodians=("social_worker", "colleague"))
    approval = ask_about(cast, files, seals.UNSEAL)
    with acting(cast.colleague):
        assert_refused(
            """INSERT INTO casework_approval
              (id, version, kind, subject_id, child_id, team_id, role, state, asked_by_id, asked, comment)
            SELECT uuidv7(), 1, 'unseal', %s, %s, %s, '', 1, %s, app_now(), ''""",
            approval.subject_id, files["Mira"], approval.team_id, cast.colleague.pk, match="another team is asked about",
        )  # fmt: skip


# --- the wall ------------------------------------------------------------------------------------------------------

NEW = """INSERT INTO access_seal (id, version, child_id, custodians, reason, asked_by_id, sealed, open_reason)
VALUES (uuidv7(), 1, %s, %s, 'x', %s, %s, '')"""


def test_a_query_cannot_plant_a_seal(cast, files):
    keepers = [cast.social_worker.pk, cast.supervisor.pk]
    with acting(cast.social_worker, reason="x"):
        assert_refused(NEW, files["Mira"], keepers, cast.social_worker.pk, clock.now(), match="asked for by")
        assert_refused(NEW, files["Mira"], keepers, cast.supervisor.pk, None)
        assert_refused(NEW, files["Mira"], keepers[:1], cast.social_worker.pk, None)
        assert_refused(NEW, files["Mira"], [cast.clinician.pk, cast.ngo_worker.pk], cast.social_worker.pk, None)
        assert_refused(NEW, files["Sought"], keepers, cast.social_worker.pk, None)
    with acting(cast.ngo_worker, reason="x"):
        assert_refused(NEW, files["Mira"], [*keepers, cast.ngo_worker.pk], cast.ngo_worker.pk, None)


ASKED = """INSERT INTO casework_approval (id, version, kind, subject_id, asked, team_id, asked_by_id, child_id, state, comment)
VALUES (uuidv7(), 1, %s, %s, app_now(), %s, access.person(), %s, 1, '')"""


@pytest.mark.parametrize("kind", seals.KINDS)
def test_no_question_is_planted_that_would_show_its_team_a_later_seal(cast, files, kind):
    with acting(cast.ngo_worker, reason="x"):
        for team in ("ngo_worker", "stranger"):
            planted = [kind, uuid7(), cast.team(team).pk, files["Mira"]]
            assert_refused(ASKED, *planted, match="seal that was just asked for")
    approval = ask(cast, files)
    with acting(cast.social_worker, reason="x"):
        own = [approval.kind, approval.subject_id, cast.team("social_worker").pk, files["Mira"]]
        assert_refused(ASKED, *own, match="another team is asked")


def test_a_query_neither_seals_nor_unseals_without_the_second_person(cast, files):
    approval = ask(cast, files)
    force = "UPDATE access_seal SET sealed = app_now(), version = version + 1 WHERE id = %s"
    for person in (cast.social_worker, second(cast, approval)):
        with acting(person, reason="x"):
            assert_refused(force, approval.subject_id, match="second person")
    with acting(cast.supervisor, reason="x"):
        assert_refused(force, approval.subject_id, match="second person")
    seals.decide(approval=approval, approve=True, by=second(cast, approval))
    with acting(cast.social_worker, reason="x"):
        for change in ("ended = app_now()", "custodians = custodians[1:1]", "sealed = NULL"):
            assert_refused(f"UPDATE access_seal SET {change}, version = version + 1", match="second person")
        assert_refused("UPDATE victims_child SET open_to_network = true WHERE id = %s", files["Mira"])
        assert_refused("SELECT access.set_open(%s, true)", files["Mira"], match="permission denied")
    with later(), acting(cast.ngo_worker, reason="x"):
        assert run("UPDATE access_seal SET ended = app_now()") == 0
        assert_refused("SELECT access.project_files(ARRAY[%s::uuid])", files["Mira"], match="permission denied")
        assert not Child.objects.filter(pk=files["Mira"]).exists()


def test_seals_are_read_by_custodians_alone(cast, files):
    sealed(cast, files)
    for name, person in cast.all().items():
        with later(), acting(person):
            assert Seal.objects.exists() == (name in ("social_worker", "supervisor")), name
