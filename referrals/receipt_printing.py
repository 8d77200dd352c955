"""Making the receipt of a hand-over as a PDF, in the worker, for each of the two who signed; no page imports this."""

import hashlib
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from portal.access.identity import action
from portal.access.opens import look
from portal.access.work import tell
from portal.accounts.models import Person
from portal.audit import clock, events
from portal.audit.ids import uuid7
from portal.casework import keys
from portal.casework.models import Document, Job, Lookup
from portal.casework.pdf import render_pdf
from referrals.hand_over_steps import HandOverState
from referrals.models import HandOver
from referrals.receipts import RECEIPT, place

SHOWN = ("from_team__agency", "to_team__agency", "giver__agency", "receiver__agency")


def make(job: Job, person: Person) -> None:
    """Make the receipt for one of the two sides; for whoever is on neither side any more there is none."""
    one = HandOver.objects.select_related(*SHOWN).filter(pk=job.subject_id).first()  # type: ignore[misc]
    if one is not None and one.state == HandOverState.RECEIVED:
        store(one=one, job=job, by=person, reason="receipt")


@action
def store(*, one: HandOver, job: Job, by: Person, reason: str) -> Document:
    """Draw the receipt, seal it under the key ring, and tell its person: it shows the hand-over and nothing of the file."""
    made = Document(
        id=uuid7(),
        child_id=one.child_id,
        person_id=by.pk,
        kind=RECEIPT,
        language=by.language,
        made=clock.now(),
        job=job,  # type: ignore[misc]
    )
    with translation.override(by.language), timezone.override(by.zone):
        pdf = render_pdf("documents/hand_over.html", contents(one, made, by), by.language)
    made.digest, made.data = hashlib.sha256(pdf).hexdigest(), keys.seal_by_ring(pdf, place(made))
    made.finished = clock.now()
    made.save(force_insert=True)
    events.record(look("receipt made", made, child_id=one.child_id))  # type: ignore[attr-defined]
    tell([by], "hand_over_receipt", ["", one.code_name], child_id=one.child_id, subject_id=one.pk)  # type: ignore[attr-defined]
    return made


def contents(one: HandOver, made: Document, reader: Person) -> dict[str, Any]:
    """Return what the receipt shows."""
    words = {word.code: str(word) for word in Lookup.objects.filter(vocabulary="hand_over_item")}
    items: list[dict[str, Any]] = [
        {"item": item, "kind": words.get(item.kind, item.kind)} for item in one.items.order_by("pk")
    ]
    return {
        "one": one,
        "reader": reader,
        "document": made,
        "items": [row for row in items if row["item"].is_counted],
        "behind": [row for row in items if not row["item"].is_counted],
        "signatures": [(one.giver, one.given, _("Gives")), (one.receiver, one.received, _("Receives"))],
        "demo": settings.DEMO,
    }
