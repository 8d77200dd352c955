"""What the pages of papers and requests show: orders at two states, a copy that waits, a correction that is not decided."""

from typing import Any

from portal.access import jobs
from portal.access.fresh_codes import Proof
from portal.access.sections import Section
from portal.audit import clock
from portal.casework.models import Approval
from tests.statements import jobs_of
from tests.world import DAY
from victims import child_requests, disclosures

S = Section


def answers(cast: Any, child_id: Any) -> dict[str, Any]:
    """Let an order wait for its second approval and another one be made; record two requests of the child."""
    by, today = cast.social_worker, clock.now().date()
    order = {
        "reason": "All reports on school and care of the last year.",
        "kind": "order", "authority": "Family Court of Lisbon", "order_number": "FC 311/26", "issued": today - 3 * DAY,
        "answer_by": today + 10 * DAY, "legal_basis": "court_order", "language": "en", "begins": today - 400 * DAY,
    }  # fmt: skip
    ordered = disclosures.ask(child_id=child_id, values=order | {"parts": [S.CARE, S.LEGAL]}, by=by)
    given = disclosures.ask(child_id=child_id, values=order | {"parts": [S.CARE]}, by=by)
    decide(cast.privacy_officer, ordered)
    for person in (cast.privacy_officer, cast.supervisor):
        decide(person, given)
    disclosures.make(disclosure=given, by=by, reason="approved")
    assert all(jobs.run(job_id) for job_id in jobs_of("disclosure", "waiting"))
    known = {"asker": "child", "checked": "Known to her worker.", "language": "ar", "safely": "At school, by hand."}
    copy_asked = child_requests.record(
        child_id=child_id, values=known | {"kind": "copy", "asked_on": today - 26 * DAY}, by=by
    )
    wrong = child_requests.record(child_id=child_id, values=known | {"kind": "correction", "asked_on": today}, by=by)
    copy = {
        "kind": "copy",
        "request": copy_asked,
        "parts": [S.SUMMARY, S.CARE],
        "withheld": {"3": "risk"},
        "language": "ar",
    }
    copied = disclosures.ask(
        child_id=child_id, values=copy | {"legal_basis": disclosures.BY_LAW, "with_looks": True, "reason": ""}, by=by
    )
    declined, undecided = (
        child_requests.ask_correction(request=wrong, section=S.CARE, wrong=words, correct="Not so.", by=by)
        for words in ("It says that I do not like school.", "It says that I have no sister.")
    )
    child_requests.decide_correction(
        correction=declined, accept=False, by=by, why="Her teacher wrote it down that day."
    )
    child_requests.state_disagreement(correction=declined, words="I like school. I did not like that week.", by=by)
    return {
        "ordered": ordered.pk,
        "given": given.pk,
        "copied": copied.pk,
        "copy_asked": copy_asked.pk,
        "wrong": wrong.pk,
        "undecided": undecided.pk,
    }


def decide(person: Any, disclosure: Any) -> None:
    """Approve a disclosure."""
    disclosures.decide(disclosure=disclosure, state=Approval.State.APPROVED, proof=Proof(person), by=person)
