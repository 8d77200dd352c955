"""The PDF of a file holds what care is planned and done, and says how much it leaves out."""

from portal.access.identity import acting
from portal.access.sections import Section
from tests.care.conftest import SCORES, today
from tests.casework.test_documents import made_for
from tests.world import DAY
from victims import printed


def test_the_pdf_holds_assessments_the_plan_and_contacts(cast, files, assess, agreed, act, contact):
    assess(text="canary-assessed")
    act("shelter_worker", title="canary-routine")
    contact(concern="canary-concern", wishes="canary-wish")
    text = made_for(cast.ngo_worker, files["Mira"])
    for words in ("canary-assessed", "He may be released.", "canary-words-plan", "canary-concern", "canary-wish"):
        assert words in text, words
    assert "Goal: Mira is safe (safety)" in text
    assert "canary-routine, a shelter" in text
    assert "Farol" not in text


def test_the_pdf_of_somebody_without_care_holds_nothing_of_it(cast, files, assess, act, contact):
    assess(text="canary-assessed")
    act("ngo_worker")
    contact(concern="canary-concern")
    text = made_for(cast.clinician, files["Mira"])
    assert not any(words in text for words in ("canary-assessed", "canary-action", "canary-concern", "Care plan"))


def test_what_does_not_fit_is_counted(cast, files, assess):
    for days in range(4):
        assess(on=today() - days * DAY, scores=SCORES)
    with acting(cast.social_worker):
        blocks = printed.blocks(files["Mira"], Section.CARE, cast.social_worker, 3)
        other = printed.blocks(files["Mira"], Section.LEGAL, cast.social_worker, 3)
    found = {block.title: (len(block.entries), block.left_out) for block in blocks}
    assert found == {"Care plan": (0, 0), "How the child is doing": (3, 1), "Contacts": (0, 0)}
    assert other == []
