"""What a court is given of some days: what stood in the file then, each version once, and nothing of the days after."""

import io

import pytest
from django.urls import reverse
from pypdf import PdfReader

from portal.access import jobs
from portal.access.identity import acting
from portal.access.sections import Section
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.casework.templatetags.portal import full_date
from shelters import actions as stays
from tests.care.conftest import act, agreed, goal, plan  # noqa: F401
from tests.statements import jobs_of
from tests.world import DAY, outlive
from victims import care, disclosed, disclosures
from victims.actions import add, change, change_summary
from victims.models import CareEntry, Child, PlanAction, RiskFlag, Whereabouts

S = Section
BEDS = "Beds held and slept in"


def moved(cast, child_id, days, place):
    """Write down on a later day that the child lives somewhere else."""
    with shifted(days * DAY):
        outlive(cast.social_worker, 99 * DAY)
        with acting(cast.social_worker):
            record = Whereabouts.objects.get(child_id=child_id)
        change(record=record, values={"place": place}, by=cast.social_worker, reason="moved")


def between(order, cast, *parts, begins, ends):
    """Ask on the sixtieth day for what was so from one day until another; return the disclosure and what it holds."""
    with shifted(60 * DAY):
        for person in (cast.social_worker, cast.privacy_officer, cast.supervisor):
            outlive(person, 99 * DAY)
        today = clock.now().date()
        one = order(*parts, begins=today + (begins - 60) * DAY, ends=today + (ends - 60) * DAY)
        with acting(cast.social_worker):
            return one, disclosed.read(one)["sections"]


def test_an_order_of_some_days_gives_each_place_of_these_days_and_none_of_later_ones(
    cast, order, files, browse, decide
):
    for days, place in ((5, "canary-second"), (9, "canary-third"), (40, "canary-later")):
        moved(cast, files["Mira"], days, place)
    one, (where,) = between(order, cast, S.WHEREABOUTS, begins=3, ends=30)
    told = [dict(entry["values"]) for entry in where["groups"][0]["entries"]]
    assert [pairs["address or place"] for pairs in told] == ["canary-whereabouts-Mira", "canary-second", "canary-third"]
    untils = [pairs["In the file until"] for pairs in told]
    assert untils[:2] == [pairs["In the file from"] for pairs in told[1:]]
    assert untils[2] == "after the last of these days"  # not even when that was
    with shifted(60 * DAY):
        for name in ("supervisor", "privacy_officer"):
            text = browse(getattr(cast, name)).get(reverse("victims:read_disclosure", args=[one.pk])).content.decode()
            assert [words in text for words in ("canary-second", "canary-third", "canary-later")] == [True, True, False]
            decide(one, name)
        disclosures.make(disclosure=one, by=cast.social_worker)
        assert [jobs.run(job_id) for job_id in jobs_of("disclosure", "waiting")] == [True]
        pdf = browse(cast.social_worker).get(reverse("victims:take_disclosure", args=[one.pk])).content
    paper = " ".join(" ".join(part.extract_text() for part in PdfReader(io.BytesIO(pdf)).pages).split())
    assert all(value in paper for pairs in told for value in pairs.values())
    assert "canary-later" not in paper


def test_an_order_of_no_days_gives_the_place_as_it_stands(cast, order, files):
    moved(cast, files["Mira"], 5, "canary-second")
    with shifted(6 * DAY), acting(cast.social_worker):
        (where,) = disclosed.read(order(S.WHEREABOUTS))["sections"]
    (told,) = where["groups"][0]["entries"]
    assert [label for label, _value in told["values"]] == ["kind of place", "address or place"]
    assert "canary-second" in str(told)


def test_what_says_the_same_on_paper_after_another_change_is_given_once(cast, order, files):
    with shifted(4 * DAY):
        outlive(cast.social_worker, 99 * DAY)
        with acting(cast.social_worker):
            child = Child.objects.get(pk=files["Mira"])
        change_summary(child=child, values={"contact_safely": "Not by phone."}, by=cast.social_worker, reason="told")
        change_summary(child=child, values={"languages": ["fr"]}, by=cast.social_worker, reason="told")
    _one, (summary,) = between(order, cast, S.SUMMARY, begins=2, ends=9)
    told = [dict(entry["values"]) for entry in summary["groups"][0]["entries"]]
    assert ["French" in pairs.values() for pairs in told] == [False, True]


def renew(cast, child_id, days, words):
    """Replace the plan on a later day."""
    with shifted(days * DAY):
        for person in (cast.social_worker, cast.supervisor):
            outlive(person, 99 * DAY)
        made = care.start_plan(child_id=child_id, values={"words": words}, by=cast.social_worker)
        care.send_plan(plan=made, by=cast.social_worker)
        care.decide_plan(plan=made, agrees=True, by=cast.supervisor)


def finish(cast, days, result):
    """Say on a later day what came of the only action."""
    with shifted(days * DAY):
        outlive(cast.social_worker, 99 * DAY)
        with acting(cast.social_worker):
            one = PlanAction.objects.get()
        care.take_action(plan_action=one, name="finish_partly", by=cast.social_worker, reason=result)


@pytest.fixture
def replaced(cast, files, agreed, act):  # noqa: F811
    """A plan of three versions: the second one from the fifth day, the third one after something came of its action."""
    act("social_worker", title="canary-action")
    renew(cast, files["Mira"], 5, "canary-plan-two")
    finish(cast, 40, "canary-result")
    renew(cast, files["Mira"], 42, "canary-plan-three")


def plans_of(section):
    (group,) = [group for group in section["groups"] if group["title"] == "Care plan"]
    return [dict(entry["values"]) for entry in group["entries"]]


def test_an_order_of_some_days_gives_the_plans_in_force_as_they_stood_then(cast, order, replaced):
    _one, (section,) = between(order, cast, S.CARE, begins=3, ends=30)
    first, second = plans_of(section)
    assert (first["Version"], first["Status"], first["In the child’s own words"]) == (
        "1",
        "Replaced",
        "canary-words-plan",
    )
    assert (second["Version"], second["Status"]) == ("2", "Agreed")
    assert first["In force until"] == second["In force from"]
    assert second["In force until"] == "after the last of these days"
    assert "canary-action" in first["Action"]
    assert "Late" in second["Action"]  # as it stood then
    assert not any(words in str(section) for words in ("canary-result", "canary-plan-three"))


def test_of_days_before_a_plan_was_agreed_its_later_words_are_not_given(cast, order, replaced):
    _one, (section,) = between(order, cast, S.CARE, begins=-9, ends=-3)
    assert section["groups"] == []


def test_the_copy_for_the_child_has_the_plan_as_it_stands_and_counts_the_others(cast, order, request_of, replaced):
    with shifted(60 * DAY):
        outlive(cast.social_worker, 99 * DAY)
        asked = {"kind": "copy", "request": request_of("copy"), "legal_basis": disclosures.BY_LAW}
        with acting(cast.social_worker):
            (section,) = disclosed.read(order(S.CARE, **asked))["sections"]
    now, earlier = plans_of(section)
    assert (now["Version"], now["In your own words"]) == ("3", "canary-plan-three")
    assert "canary-result" in now["What is done for it"]
    assert list(earlier) == ["Earlier plans"]
    assert earlier["Earlier plans"].startswith("2, from ")
    assert not any(words in str(section) for words in ("canary-words-plan", "canary-plan-two"))


def test_a_stay_that_outlasted_these_days_is_given_without_its_end(cast, order, files, hold):
    placement = stays.admit(placement=hold("Mira"), by=cast.shelter_worker)
    with shifted(40 * DAY):
        outlive(cast.shelter_worker, 99 * DAY)
        stays.end(placement=placement, at=clock.now(), why="reunified", by=cast.shelter_worker)

    def told(begins, ends):
        _one, (where,) = between(order, cast, S.WHEREABOUTS, begins=begins, ends=ends)
        return [entry["values"] for group in where["groups"] if group["title"] == BEDS for entry in group["entries"]]

    (during,) = told(3, 30)
    assert [label for label, _value in during] == ["Shelter", "Bed", "From", "Until"]
    assert during[-1][1] == "after the last of these days"
    (ended,) = told(30, 50)
    assert [label for label, _value in ended] == ["Shelter", "Bed", "From", "Until", "Status", "Why the stay ended"]
    assert told(45, 50) == []


def test_a_warning_that_stood_in_these_days_is_given_and_its_later_end_is_not(cast, order, files):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    flag = add(model=RiskFlag, child=child, values={"text": "canary-warning"}, by=cast.social_worker)
    with shifted(40 * DAY):
        outlive(cast.social_worker, 99 * DAY)
        change(record=flag, values={"ended": clock.now().date()}, by=cast.social_worker, reason="over")

    def told(begins, ends):
        _one, (summary,) = between(order, cast, S.SUMMARY, begins=begins, ends=ends)
        warnings = [entry["values"] for entry in summary["groups"][1]["entries"] if "canary-warning" in str(entry)]
        return [label for pairs in warnings for label, _value in pairs]

    assert told(3, 30) == ["Warning"]
    assert told(30, 50) == ["Warning", "No longer true since"]
    assert told(45, 50) == []


CHANGED = "Changed after these days"


def test_a_row_that_was_changed_after_these_days_says_so_on_which_days(cast, order, files, browse, decide):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    on = clock.now().date()
    made = {"on": on, "kind": "school", "text": "canary-once"}
    entry = add(model=CareEntry, child=child, values=made, by=cast.social_worker)
    for days in (9, 40, 40, 44):  # within the days, twice on one day after them, and once more
        with shifted(days * DAY):
            outlive(cast.social_worker, 99 * DAY)
            change(record=entry, values={"text": f"{entry.text}, {days}"}, by=cast.social_worker, reason="canary-why")

    def told(ends):
        one, (section,) = between(order, cast, S.CARE, begins=0, ends=ends)
        entries = [dict(entry["values"]) for entry in section["groups"][0]["entries"]]
        return one, [pairs.get(CHANGED, "") for pairs in entries if "canary-once" in str(pairs)]

    one, (words,) = told(30)
    days = " and ".join(full_date(on + days * DAY) for days in (40, 44))
    assert words.startswith(f"on {days}. The words before that are in the history")
    assert told(42)[1][0].startswith(f"on {full_date(on + 44 * DAY)}.")
    assert told(50)[1] == [""]
    with shifted(60 * DAY):
        page = browse(cast.privacy_officer).get(reverse("victims:read_disclosure", args=[one.pk])).content.decode()
    assert page.count(CHANGED) == 1
    assert words in page
    assert "canary-why" not in page


def test_the_paper_says_what_was_changed_after_its_days(cast, order, files, decide, browse):
    with acting(cast.social_worker):
        entry = CareEntry.objects.filter(child_id=files["Mira"]).order_by("pk")[0]
        on = (entry.on - clock.now().date()).days
    with shifted(40 * DAY):
        outlive(cast.social_worker, 99 * DAY)
        change(record=entry, values={"text": "canary-later"}, by=cast.social_worker, reason="more")
    one, _sections = between(order, cast, S.CARE, begins=on, ends=on)
    with shifted(60 * DAY):
        for name in ("supervisor", "privacy_officer"):
            decide(one, name)
        disclosures.make(disclosure=one, by=cast.social_worker)
        assert [jobs.run(job_id) for job_id in jobs_of("disclosure", "waiting")] == [True]
        pdf = browse(cast.social_worker).get(reverse("victims:take_disclosure", args=[one.pk])).content
    paper = " ".join(" ".join(part.extract_text() for part in PdfReader(io.BytesIO(pdf)).pages).split())
    assert "canary-later" in paper
    assert paper.lower().count(CHANGED.lower()) == 1
