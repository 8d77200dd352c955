"""The PDF of a file names the beds that were held and slept in, for whoever holds the whereabouts."""

from django.urls import reverse

from portal.casework.templatetags.portal import moment
from shelters import actions
from tests.casework.test_documents import made_for


def test_the_pdf_holds_beds_and_stays_with_the_whereabouts(cast, files, hold):
    held = hold("Mira")
    actions.release(placement=held, by=cast.social_worker, reason="another place")
    text = made_for(cast.social_worker, files["Mira"])
    assert "Beds held and slept in" in text
    assert "Shelter: Rua Clara shelter" in text
    assert "Status: Hold released" in text


def test_a_bed_as_it_stood_says_its_days_in_words(cast, files, hold, browse):
    placement = hold("Mira")
    text = browse(cast.social_worker).get(reverse("victims:as_it_stood", args=[files["Mira"], "whereabouts"])).content
    assert f"{moment(placement.during.lower)} – {moment(placement.during.upper)}" in text.decode()
    assert b"[]" not in text


def test_the_pdf_says_nothing_of_beds_to_whoever_lacks_the_whereabouts(cast, files, hold):
    hold("Mira")
    text = made_for(cast.ngo_worker, files["Mira"])
    assert "Rua Clara" not in text
    assert "Beds held" not in text
