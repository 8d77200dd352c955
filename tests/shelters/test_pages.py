"""The pages: needs and fits in words, the second look, the shelter's own desk, and what is closed to others."""

import datetime
import uuid

import pytest
from django.urls import reverse

from portal.access.identity import acting
from portal.audit import clock
from portal.audit.kinds import shifted
from portal.casework.workflow import NotPossible
from shelters import actions, directory
from shelters.matching import Needs, count_words, look
from shelters.models import Shelter
from tests.posted import form_with, read
from tests.shelters.conftest import opened
from tests.shelters.test_holds import later
from tests.statements import count_events, last_event, value
from tests.world import DAY

HOUR = datetime.timedelta(hours=1)


def find(browse, person, child_id, **more):
    """Open the search of a child's file, or send it with these needs."""
    client, page = browse(person), reverse("shelters:find_for", args=[child_id])
    answer = client.get(page)
    return client.post(page, form_with(answer, "stay") | more) if more else answer


def words(answer):
    return " ".join(answer.content.decode().split())


def judged(cast, **needs):
    with acting(cast.social_worker):
        fits, cannot = look(Needs(**needs), cast.social_worker)
    return [one.shelter.public_name for one in fits], {one.shelter.public_name: one.cannot for one in cannot}


# The search


def test_needs_are_taken_from_the_summary_and_nothing_else_is_chosen(cast, files, house, browse):
    form = form_with(find(browse, cast.social_worker, files["Waiting"]), "stay")
    assert (form["sex"], form["age_band"], form["country"]) == (["2"], ["6-11"], ["PT"])
    assert "must" not in form
    assert "good" not in form


def test_every_mismatch_stands_in_words(cast, files, house, browse):
    needs = {"must": ["siblings", "night_staff"], "good": ["pet"], "languages": ["uk"], "stay": "days"}
    text = words(find(browse, cast.social_worker, files["Waiting"], **needs))
    for sentence in ("No awake staff at night", "Takes no pet", "Not spoken: Ukrainian", "The other 4 needs fit"):
        assert sentence in text, sentence


def test_beds_for_brothers_and_sisters_are_counted(cast, files, house, small, browse):
    text = words(find(browse, cast.social_worker, files["Waiting"], beds="2"))
    assert "Only 1 bed is free, 2 are needed" in text
    assert text.index("Rua Clara shelter") < text.index("Monte house")
    answer = find(browse, cast.social_worker, files["Waiting"], beds="2", hold=str(small.pk))
    assert form_with(answer, "in_spite")["beds"] == ["2"]


def test_what_fits_is_said_once(cast, files, house, browse):
    text = words(find(browse, cast.social_worker, files["Waiting"], must=["step_free"]))
    assert "Everything asked for:" in text
    assert "1 can take the child tonight" in text
    assert "2 beds free" in text


def test_who_cannot_and_why(cast):
    ended = (clock.now() - DAY).date()
    opened(cast, "1", public_name="Boys", sexes=[1])
    opened(cast, "1", public_name="Old", youngest=14)
    opened(cast, "1", public_name="Lapsed", licence_until=ended)
    opened(cast, public_name="Empty")
    fits, cannot = judged(cast, sex=2, age_band="6-11")
    assert fits == []
    assert cannot["Boys"] == "Takes boys only"
    assert cannot["Old"] == "Takes ages 14 to 17 only"
    assert cannot["Lapsed"].startswith("Licence ended on")
    assert cannot["Empty"] == "Full"


def test_must_haves_come_first_then_fewest_mismatches_then_the_freshest_count(cast):
    later(cast, "shelter_worker", "social_worker")
    opened(cast, "1", public_name="Earlier")
    with shifted(2 * HOUR):
        opened(cast, "1", public_name="Fresh")
        opened(cast, "1", public_name="Without anything", offers=[])
        opened(cast, "1", public_name="Without brothers and sisters", offers=["step_free", "pet"])
        fits, _cannot = judged(cast, must=("siblings",), good=("step_free", "pet"))
    assert fits == ["Fresh", "Earlier", "Without brothers and sisters", "Without anything"]


def test_shelters_of_another_country_are_left_out(cast, house):
    assert judged(cast, country="SE") == ([], {})
    assert judged(cast, country="PT")[0] == ["Rua Clara shelter"]


@pytest.mark.parametrize(("hours", "said"), [(47, "47 hours old"), (49, "2 days old"), (18192, "758 days old")])
def test_a_count_of_days_ago_is_said_in_days(db, hours, said):
    assert said in count_words(Shelter(counted=clock.now() - hours * HOUR))


def test_an_old_count_is_rung_for_first(cast, files, house, browse):
    later(cast, "social_worker")
    with shifted(7 * HOUR):
        text = words(find(browse, cast.social_worker, files["Waiting"]))
        assert "Ring first" in text
        assert "Count is 7 hours old." in text
        answer = find(browse, cast.social_worker, files["Waiting"], hold=str(house.pk))
        assert "The number appears after the hold." in words(answer)


def test_a_mismatch_asks_for_a_second_look_and_a_reason_and_keeps_the_needs(cast, files, house, browse):
    client, page = browse(cast.social_worker), reverse("shelters:find_for", args=[files["Waiting"]])
    sent = form_with(client.get(page), "stay") | {"must": ["night_staff"], "hold": str(house.pk)}
    asked = form_with(client.post(page, sent), "in_spite")
    assert (asked["must"], asked["hold"]) == (["night_staff"], [str(house.pk)])
    again = client.post(page, asked | {"in_spite": ""})
    assert "Say why you hold it all the same." in words(again)
    assert value("SELECT count(*) FROM shelters_placement") == 0
    assert client.post(page, asked | {"in_spite": "no other house tonight"}).status_code == 302
    row = "SELECT in_spite || ' ' || needs[1] || ' ' || age_band FROM shelters_placement"
    assert value(row) == "no other house tonight night_staff 6-11"


def test_a_shelter_that_cannot_take_the_child_is_not_held_by_a_forged_button(cast, files, browse):
    boys = opened(cast, "1", sexes=[1])
    assert find(browse, cast.social_worker, files["Waiting"], hold=str(boys.pk)).status_code == 404
    assert find(browse, cast.social_worker, files["Waiting"], hold=str(uuid.uuid4())).status_code == 404
    assert find(browse, cast.social_worker, files["Waiting"], hold="x").status_code == 404


def test_holding_twice_with_one_press_is_one_hold(cast, files, house, browse):
    client, page = browse(cast.social_worker), reverse("shelters:find_for", args=[files["Waiting"]])
    sent = form_with(client.get(page), "stay") | {"hold": str(house.pk)}
    first, second = client.post(page, sent), client.post(page, sent)
    assert first.status_code == second.status_code == 302
    assert first.url == second.url
    assert value("SELECT count(*) FROM shelters_placement") == 1


def test_looking_for_a_bed_is_recorded_on_the_file(cast, files, house, browse):
    find(browse, cast.social_worker, files["Waiting"])
    event = last_event(kind="look for a bed")
    assert (event["child_id"], event["sections"], event["outcome"]) == (files["Waiting"], [3, 1], "ok")


def test_the_blank_search_offers_no_hold_and_is_recorded_with_the_shelters(cast, house, browse):
    answer = browse(cast.supervisor).get(reverse("shelters:find"))
    assert 'name="hold"' not in answer.content.decode()
    assert last_event(kind="look for a bed")["entities"] == [house.pk]


@pytest.mark.parametrize("who", ["ngo_worker", "clinician", "analyst", "stranger"])
def test_roles_that_place_no_child_see_no_directory(cast, house, browse, who):
    client = browse(getattr(cast, who))
    assert client.get(reverse("shelters:find")).status_code == 404
    assert last_event(person_id=getattr(cast, who).pk)["reason_code"] == "not_a_placing_role"
    assert ">Shelters<" not in client.get("/").content.decode()


# The bed of a child


def test_the_page_of_the_hold_says_how_long_and_offers_what_may_be_done(cast, files, hold, browse):
    placement = hold()
    text = words(browse(cast.social_worker).get(reverse("shelters:placement", args=[files["Waiting"], placement.pk])))
    for sentence in ("Held until", "4 h 0 min left", "canary-street-Farol", "Hold 4 h longer", "Release the bed"):
        assert sentence in text, sentence


def test_every_step_of_a_stay_through_its_page(cast, files, hold, browse):
    placement, client = hold(), browse(cast.social_worker)

    def address(name):
        return reverse(f"shelters:{name}", args=[files["Waiting"], placement.pk])

    beds = reverse("shelters:placements", args=[files["Waiting"]])
    page = client.get(address("placement"))
    renewing = next(form for form, where in zip(*both(page), strict=True) if where == address("renew"))
    assert client.post(address("renew"), renewing).url == address("placement")
    assert "renewed once" in words(client.get(address("placement")))
    assert client.post(address("admit"), form_with(client.get(address("admit")), "once")).url == address("placement")
    assert "In bed" in words(client.get(beds))
    with shifted(HOUR / 2):
        ending = form_with(client.get(address("end")), "at")
        assert "Choose why the stay ended." in words(client.post(address("end"), ending))
        assert client.post(address("end"), ending | {"why": "reunified"}).status_code == 302
    assert "back with the family" in words(client.get(address("placement")))


def both(answer):
    page = read(answer)
    return page.forms, page.actions


def test_releasing_asks_why(cast, files, hold, browse):
    placement, client = hold(), browse(cast.social_worker)
    page = reverse("shelters:release", args=[files["Waiting"], placement.pk])
    form = form_with(client.get(page), "reason")
    assert "Say why." in words(client.post(page, form))
    assert client.post(page, form | {"reason": "placed with an aunt"}).status_code == 302
    assert value("SELECT state FROM shelters_placement WHERE id = %s", placement.pk) == 4


def test_the_glance_says_where_the_child_sleeps_to_holders_of_whereabouts_alone(cast, files, hold, browse):
    hold("Mira")
    page = reverse("victims:child", args=[files["Mira"]])
    assert "Rua Clara shelter, bed held until" in words(browse(cast.social_worker).get(page))
    assert last_event(kind="view")["sections"] == [1, 6, 7, 3]
    assert "Rua Clara" not in words(browse(cast.ngo_worker).get(page))
    assert last_event(kind="view")["sections"] == [1, 6]


def test_file_and_whereabouts_lead_to_the_search(cast, files, browse):
    address = reverse("shelters:find_for", args=[files["Waiting"]])
    client = browse(cast.social_worker)
    assert address in words(client.get(reverse("victims:child", args=[files["Waiting"]])))
    assert address in words(client.get(reverse("victims:section", args=[files["Waiting"], "whereabouts"])))


STAY_PAGES = ["placement", "renew", "release", "admit", "end"]


@pytest.mark.parametrize("name", STAY_PAGES)
def test_a_stay_opens_under_its_own_child_and_to_its_holders_alone(cast, files, hold, browse, name):
    placement = hold()
    swapped = reverse(f"shelters:{name}", args=[files["Ended"], placement.pk])
    assert browse(cast.social_worker).get(swapped).status_code == 404
    for who in ("stranger", "foreign", "clinician"):
        right = reverse(f"shelters:{name}", args=[files["Waiting"], placement.pk])
        assert browse(getattr(cast, who)).get(right).status_code == 404
        assert last_event(person_id=getattr(cast, who).pk)["outcome"] == "refused"


# The shelter's own desk


def test_a_shelter_reads_needs_and_not_the_child(cast, files, hold, browse):
    placement, client = hold(), browse(cast.shelter_worker)
    page = client.get(reverse("shelters:asked", args=[placement.pk]))
    own = client.get(reverse("shelters:shelter", args=[placement.shelter_id]))
    text = words(page)
    for sentence in ("Girl, 6 to 11 years", "Arabic", "step-free", "A. Ferreira"):
        assert sentence in text, sentence
    number = value("SELECT case_number FROM victims_child WHERE id = %s", files["Waiting"])
    assert not [word for word in ("“Waiting”", number, "canary-summary") if word in text + words(own)]


def test_pressing_admit_opens_the_file_and_pressing_twice_is_once(cast, files, hold, browse):
    placement, client = hold(), browse(cast.shelter_worker)
    page = reverse("shelters:asked", args=[placement.pk])
    form = form_with(client.get(page), "once")
    first, second = client.post(page, form), client.post(page, form)
    assert first.url == second.url == reverse("victims:child", args=[files["Waiting"]])
    own = client.get(reverse("shelters:shelter", args=[placement.shelter_id]))
    assert "“Waiting”" in words(own)
    assert last_event(kind="view shelter")["entities"] == [files["Waiting"]]
    assert "The child of this hold was admitted." in words(client.get(page, follow=True))


def test_giving_a_bed_back_asks_why(cast, hold, browse):
    placement, client = hold(), browse(cast.shelter_worker)
    page = reverse("shelters:turn_down", args=[placement.pk])
    form = form_with(client.get(page), "reason")
    assert "Say why." in words(client.post(page, form))
    assert client.post(page, form | {"reason": "no staff tonight"}).status_code == 302
    assert "This hold is over." in words(client.get(page, follow=True))


def test_a_shelter_is_entered_and_its_beds_are_counted(cast, browse):
    client = browse(cast.shelter_worker)
    page = reverse("shelters:new")
    form = form_with(client.get(page), "public_name")
    wrong = words(client.post(page, form | {"youngest": "9", "oldest": "5"}))
    assert "Fill in: Public name." in wrong
    assert "Choose girls, boys or both." in wrong
    values = {"public_name": "Monte", "region": "North", "kind": "short_term", "sexes": ["1", "2"], "youngest": "6"}
    values |= {"oldest": "17", "address": "canary-street", "on_call": "K", "phone": "1"}
    there = client.post(page, form | values).url
    beds = there + "beds/add/"
    assert client.post(beds, form_with(client.get(beds), "label") | {"label": "A", "kind": "single"}).url == there
    again = client.post(beds, form_with(client.get(beds), "label") | {"label": "A", "kind": "single"})
    assert "A bed with this name is there already." in words(again)
    assert client.post(there + "count/", form_with(client.get(there), "once")).url == there
    assert "<strong>1</strong> of 1 bed is free. Counted" in words(client.get(there))


@pytest.mark.parametrize(
    ("who", "leads"),
    [("shelter_worker", True), ("social_worker", False), ("supervisor", False), ("investigator", False)],
)
def test_the_way_to_enter_a_shelter_stands_where_shelters_are_for_those_who_may(cast, browse, who, leads):
    page = browse(getattr(cast, who)).get(reverse("shelters:find")).content.decode()
    assert (f'href="{reverse("shelters:new")}"' in page) is leads


def test_the_own_shelter_leads_to_entering_another_one(cast, house, browse):
    page = browse(cast.shelter_worker).get(reverse("shelters:shelter", args=[house.pk]))
    assert f'href="{reverse("shelters:new")}"' in words(page)


def test_two_who_change_one_entry_get_the_page_that_joins_both(cast, house, browse):
    client, page = browse(cast.shelter_worker), reverse("shelters:change", args=[house.pk])
    form = form_with(client.get(page), "public_name")
    directory.change_shelter(shelter=house, values={"region": "South"}, by=cast.shelter_worker, reason="moved")
    answer = client.post(page, form | {"region": "North", "reason": "typed"})
    assert answer.status_code == 409
    assert "South" in words(answer)


OWN_PAGES = ["shelter", "change", "address", "count", "add_bed", "bed", "asked", "turn_down"]


@pytest.mark.parametrize("name", OWN_PAGES)
def test_the_desk_of_a_shelter_is_closed_to_everybody_else(cast, house, hold, browse, name):
    placement = hold()
    rest = {"bed": [house.pk, placement.bed_id], "asked": [placement.pk], "turn_down": [placement.pk]}
    page = reverse(f"shelters:{name}", args=rest.get(name, [house.pk]))
    for who in ("social_worker", "supervisor", "stranger", "investigator"):
        before = count_events(outcome="refused")
        client = browse(getattr(cast, who))
        answers = [client.get(page)] + [client.post(page, {"reason": "x"})] * (name != "shelter")
        assert {answer.status_code for answer in answers} == {404}, who
        assert count_events(outcome="refused") == before + len(answers)


def test_a_bed_opens_under_its_own_shelter_alone(cast, house, small, browse):
    with acting(cast.shelter_worker):
        bed = small.beds.get()
    assert browse(cast.shelter_worker).get(reverse("shelters:bed", args=[house.pk, bed.pk])).status_code == 404


def test_a_bed_out_of_use_is_free_for_nobody(cast, files, small):
    with acting(cast.shelter_worker):
        bed = small.beds.select_related("shelter").get()
    directory.change_bed(bed=bed, values={"is_active": False}, by=cast.shelter_worker, reason="paint")
    with pytest.raises(actions.Taken):
        actions.hold(child_id=files["Waiting"], shelter=small, card=actions.Card(), by=cast.social_worker)


def test_a_lapsed_licence_is_held_by_nobody(cast, files, hold):
    lapsed = opened(cast, "1", licence_until=(clock.now() - 2 * DAY).date())
    with pytest.raises(NotPossible, match="licence"):
        hold(shelter=lapsed)
