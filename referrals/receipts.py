"""The receipt of a hand-over, of which each of the two who signed has one; made by referrals/receipt_printing.py."""

from portal.accounts.models import Person
from portal.casework import keys
from portal.casework.models import Document
from referrals.models import HandOver

RECEIPT = "receipt"


def place(made: Document) -> str:
    """Return what a receipt is bound to."""
    return f"receipt:{made.pk}"


def receipt_of(one: HandOver, person: Person) -> Document | None:
    """Return the person's own receipt of a hand-over, once it is made."""
    found = Document.objects.filter(person_id=person.pk, kind=RECEIPT, job__subject_id=one.pk)
    return found.exclude(finished=None).order_by("-pk").first()


def read(made: Document) -> bytes:
    """Open a receipt."""
    return keys.unseal_by_ring(bytes(made.data or b""), place(made))
