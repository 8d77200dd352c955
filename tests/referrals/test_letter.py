"""The letter of a referral: what the recipient may see, and not a word more."""

import io

import pypdf
import pytest
from django.urls import reverse

from portal.access.identity import Refused, acting
from portal.access.jobs import run
from portal.access.sections import Section
from portal.casework import clock
from portal.casework.models import Document
from portal.casework.workflow import NotPossible
from referrals import actions
from tests.posted import form_with
from tests.statements import last_event, value
from tests.world import DAY
from victims import documents
from victims.actions import add
from victims.care import record_contact
from victims.models import CareEntry, Child

S = Section


def letter(person, referral, language="en"):
    """Order and make the letter; return its text, and its pages."""
    ordered = actions.order_letter(referral=referral, language=language, by=person, reason="letter")
    assert run(ordered.job_id), value("SELECT problem FROM casework_job WHERE id = %s", ordered.job_id)
    with acting(person):
        pdf = pypdf.PdfReader(io.BytesIO(documents.read(Document.objects.get(pk=ordered.pk))))
    text = " ".join(" ".join(page.extract_text() for page in pdf.pages).split())
    return text.replace("\u2068", "").replace("\u2069", ""), pdf


@pytest.fixture
def alert(cast, files):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    values = {"on": "2026-01-02", "kind": "alert", "text": "canary-penicillin"}
    add(model=CareEntry, child=child, values=values, by=cast.social_worker)


def test_the_letter_says_what_is_asked_why_until_when_and_how_to_answer(cast, sent):
    referral = sent("Mira")
    text, pdf = letter(cast.social_worker, referral)
    for words in (
        "canary-asked weekly talks", "canary-why afraid at night", "“Mira”", referral.number, "canary-summary-Mira",
        "To Casa Aurora", "Sign in and open referral", "The child and the guardian agreed.", "Yours sincerely,",
    ):  # fmt: skip
        assert words in text, words
    assert len(pdf.pages) == 1


@pytest.mark.parametrize(
    ("view", "shown", "hidden"),
    [
        ((), (), ("canary-care", "canary-penicillin", "canary-identity")),
        ((S.CARE,), ("canary-care-Mira", "canary-penicillin"), ("canary-identity",)),
        ((S.IDENTITY,), ("canary-identity-Mira",), ("canary-care", "canary-penicillin")),
    ],
    ids=["summary", "care", "identity"],
)
def test_the_letter_holds_only_what_the_recipient_may_see(cast, sent, alert, view, shown, hidden):
    text, _pdf = letter(cast.social_worker, sent("Mira", view=view, change=()))
    assert all(word in text for word in shown)
    assert not any(word in text for word in (*hidden, "canary-whereabouts", "canary-health", "canary-therapy"))
    labels = {S.CARE: "Summary and Care", S.IDENTITY: "Summary and Identity"}
    said = labels.get(view[0] if view else None, "Summary")
    assert f"Sections shown: {said}. Other sections are left out." in text


def test_the_letter_says_what_the_child_wanted_last_as_the_care_page_does(cast, files, sent):
    with acting(cast.social_worker):
        child = Child.objects.get(pk=files["Mira"])
    yesterday = {"on": clock.today() - DAY, "kind": "wish", "text": "A dog."}
    add(model=CareEntry, child=child, values=yesterday, by=cast.social_worker)
    met = {"mode": "visit", "result": 1, "on": clock.today(), "seen_alone": 1, "is_safe": True, "wishes": "A cat."}
    record_contact(child_id=child.pk, values=met, by=cast.social_worker)
    text, _pdf = letter(cast.social_worker, sent("Mira", view=(S.CARE,)))
    assert "In the child’s words: “A cat.”" in text
    assert "A dog." not in text


def test_the_foot_names_who_printed_for_whom_and_counts_the_copies(cast, sent):
    referral = sent("Mira")
    assert "by A. Ferreira for Casa Aurora, copy 1." in letter(cast.social_worker, referral)[0]
    assert "copy 2." in letter(cast.social_worker, referral)[0]


def test_making_the_letter_is_an_event_with_its_sections(cast, sent):
    letter(cast.social_worker, sent("Mira"))
    event = last_event(kind="pdf made")
    assert (event["person_id"], event["sections"], event["via"]) == (cast.social_worker.pk, [1, 6], "job")


def test_the_letter_in_arabic_runs_from_right_to_left_with_its_own_opening(cast, sent):
    _text, pdf = letter(cast.social_worker, sent("Mira"), language="ar")
    assert pdf.trailer["/Root"]["/Lang"] == "ar"


def test_a_draft_has_no_letter_and_the_recipient_orders_none(cast, drafted, sent):
    with pytest.raises(NotPossible, match="Send the referral first"):
        actions.order_letter(referral=drafted(), language="en", by=cast.social_worker)
    with pytest.raises(Refused):
        actions.order_letter(referral=sent("Short"), language="en", by=cast.ngo_worker)


def test_a_referral_that_was_taken_back_has_no_letter_not_even_one_ordered_before(cast, sent):
    referral = sent("Mira")
    ordered = actions.order_letter(referral=referral, language="en", by=cast.social_worker, reason="letter")
    taken = actions.take_back(referral=referral, name="revoke", by=cast.social_worker, reason="x")
    with pytest.raises(NotPossible):
        actions.order_letter(referral=taken, language="en", by=cast.social_worker)
    assert not run(ordered.job_id)


def test_the_letter_is_ordered_from_the_page_of_the_referral(cast, files, sent, browse):
    client = browse(cast.social_worker)
    page = reverse("referrals:referral", args=[files["Ended"], sent().pk])
    answer = client.post(page + "letter/", form_with(client.get(page), "once"))
    assert answer.url == reverse("victims:document", args=[value("SELECT id FROM casework_document")])
