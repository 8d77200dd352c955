"""Forty people press Hold on one bed at the same moment, through the page, on a copy where it really commits."""

from django.urls import reverse

from portal.access.sections import Stage
from tests.attacks import attack
from tests.conftest import signed_in
from tests.posted import form_with
from tests.shelters.conftest import opened
from victims import actions as victims

TIMES = 40


def open_files(clone):
    """Open forty files of the social worker's team, of girls of six to eleven."""
    by = clone.cast.social_worker
    values = {"sex": 2, "age_band": "6-11", "languages": ["ar"]}
    return [
        victims.open_file(
            team=clone.cast.team("social_worker"), stage=Stage.RESCUED, values={"code_name": f"N{n}"} | values, by=by
        ).pk
        for n in range(TIMES)
    ]


@attack("D41")
def test_one_of_forty_gets_the_bed_and_the_others_a_clear_sentence(clone):
    cast = clone.cast
    small = opened(cast, "Only", public_name="Monte house")
    opened(cast, "1", "2", "3", public_name="Rua Clara shelter")
    client = signed_in(cast.social_worker)
    pages = [reverse("shelters:find_for", args=[pk]) for pk in open_files(clone)]
    forms = [form_with(client.get(page), "stay") | {"hold": str(small.pk)} for page in pages]
    clients = [signed_in(cast.social_worker) for _page in pages]
    answers = clone.at_once(lambda n: clients[n].post(pages[n], forms[n]), TIMES)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    lost = [answer.content.decode() for answer in answers if answer.status_code == 409]
    assert sorted(answer.status_code for answer in answers) == [302] + [409] * (TIMES - 1)
    assert all("Taken" in text and "Rua Clara shelter still has 3 beds." in text for text in lost)
    assert clone.value("SELECT count(*) FROM shelters_placement") == 1
    assert clone.value("SELECT count(*) FROM access_grant WHERE reason = 'Bed held'") == 1


def test_two_beds_for_one_child_at_the_same_moment_are_one(clone):
    cast = clone.cast
    houses = [opened(cast, "Only", public_name=f"House {n}") for n in range(2)]
    page = reverse("shelters:find_for", args=[clone.files["Waiting"]])
    clients = [signed_in(cast.social_worker) for _house in houses]
    forms = [
        form_with(client.get(page), "stay") | {"hold": str(house.pk)}
        for client, house in zip(clients, houses, strict=True)
    ]
    answers = clone.at_once(lambda n: clients[n].post(page, forms[n] | {"in_spite": "tonight"}), 2)
    assert sorted(answer.status_code for answer in answers) == [200, 302]
    refused = next(answer for answer in answers if answer.status_code == 200).content.decode()
    assert "is held for this child until" in refused
    assert clone.value("SELECT count(*) FROM shelters_placement") == 1
