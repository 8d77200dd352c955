"""Papers and requests with the wall lifted: the code decides by itself who opens them."""

import pytest
from django.db import connection
from django.urls import reverse

from portal.access.identity import acting
from portal.access.sections import Section
from tests.attacks import attack
from tests.statements import count_events, run
from victims import attachments, child_requests
from victims.models import Child
from victims.views.disclosures import earlier_values, orders_attached

S = Section
TABLES = ("victims_disclosure", "victims_childrequest", "victims_correction", "casework_attachment")


@pytest.fixture
def lifted(owner):
    def lift():
        with owner():
            for table in TABLES:
                run(f"CREATE POLICY lifted ON {table} FOR SELECT TO app USING (true)")

    return lift


@attack("D17", "D33")
@pytest.mark.parametrize("name", ["stranger", "ngo_worker", "foreign_officer"])
def test_stranger_to_a_paper_or_request_is_refused_where_the_wall_is_open(
    cast, order, request_of, browse, lifted, name
):
    one, asked = order(S.CARE), request_of()
    lifted()
    client = browse(getattr(cast, name))
    pages = [
        reverse(f"victims:{page}", args=[one.pk]) for page in ("disclosure", "read_disclosure", "compare_disclosure")
    ]
    pages.append(reverse("victims:request", args=[asked.child_id, asked.pk]))
    before = count_events(outcome="refused")
    answers = [client.get(page).status_code for page in pages]
    assert answers == [404, 404, 404, 403 if name == "ngo_worker" else 404]  # who reads the file is told whose it is
    assert count_events(outcome="refused", person_id=getattr(cast, name).pk) == len(pages)
    assert count_events(outcome="refused") == before + len(pages)


@attack("D20")
def test_correction_of_a_section_that_is_not_held_is_nowhere_where_the_wall_is_open(
    cast, request_of, browse, owner, lifted
):
    asked = request_of("correction")
    one = child_requests.ask_correction(
        request=asked, section=S.HEALTH, wrong="canary-wrong", correct="x", by=cast.social_worker
    )
    lifted()
    page, whole = (reverse(f"victims:{name}", args=[asked.child_id, pk]) for name, pk in
                   (("decide_correction", one.pk), ("request", asked.pk)))  # fmt: skip
    client = browse(cast.social_worker)
    assert client.get(page).status_code == 200
    assert page in client.get(whole).content.decode()
    assert browse(cast.ngo_worker).get(page).status_code == 404  # reads the file, and answers for nothing
    connection.check_constraints()
    with owner():
        run("ALTER TABLE victims_correction DISABLE TRIGGER USER")
        run("UPDATE victims_correction SET section = %s", S.THERAPY)
    assert client.get(page).status_code == 404
    assert page not in client.get(whole).content.decode()


def test_orders_and_earlier_words_are_offered_to_those_alone_who_hold_them(cast, files, order, lifted):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    attachments.attach(child=child, section=S.LEGAL, title="Order of the court", data=b"text", by=cast.social_worker)
    one = order(S.CARE)
    lifted()
    for name, there in (("social_worker", True), ("ngo_worker", False)):  # who reads summary and care
        person = getattr(cast, name)
        with acting(person):
            assert bool(orders_attached(person, files["Mira"])) is there
            assert bool(earlier_values(person, files["Mira"], str(one.pk))) is there
            assert not earlier_values(person, files["Waiting"], str(one.pk))
