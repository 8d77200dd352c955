"""Documents that people bring: checked by content, sealed under the section's key; an image never comes in."""

import hashlib
from typing import Any

from django.db import connection
from django.utils.translation import gettext_lazy as _

from portal.access.identity import action
from portal.access.rights import check
from portal.access.sections import Level, Section
from portal.accounts.models import Person
from portal.casework import keys
from portal.casework.models import Attachment, AttachmentContent, Note
from portal.casework.workflow import NotPossible
from victims.document_types import NoDocument, kind_of

LARGEST = 10 * 1024 * 1024  # bytes


class Listed(NotPossible):
    """The document stands in a hash set of seized files: refused, and recorded by the page that was sent it."""


def refuse_known(data: bytes) -> None:
    """Refuse a file whose digest stands in any hash set, also in one that the person may not see."""
    digests = [
        hashlib.md5(data, usedforsecurity=False).digest(),
        hashlib.sha1(data, usedforsecurity=False).digest(),
        hashlib.sha256(data).digest(),
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT access.is_listed(%s, %s, %s)", digests)
        if cursor.fetchone()[0]:
            raise Listed(_("This file is listed in a hash set. It is not stored here."), "file")


@action
def attach(*, child: Any, section: Section, title: str, data: bytes, by: Person, reason: str = "") -> Attachment:
    """Attach a document to a section of the file."""
    check(by, child.pk, section, Level.CHANGE)
    if len(data) > LARGEST:
        raise NotPossible(_("The document is larger than 10 MB. Split it, or save it smaller."), "file")
    try:
        content_type = kind_of(data)
    except NoDocument as problem:
        raise NotPossible(problem.args[0], "file") from problem
    refuse_known(data)
    digest = hashlib.sha256(data).hexdigest()
    attachment = Attachment(
        child_id=child.pk, section=section, title=title, content_type=content_type, size=len(data), digest=digest
    )
    attachment.save(force_insert=True)
    sealed = keys.seal(keys.section_key(child.pk, section, make=True), data, f"attachment:{attachment.pk}")
    AttachmentContent(attachment=attachment, child_id=child.pk, section=section, data=sealed).save(force_insert=True)
    return attachment


def read(attachment: Attachment) -> bytes:
    """Return the bytes of an attachment, opened with the section's key."""
    sealed = bytes(attachment.content.data)
    return keys.unseal(keys.section_key(attachment.child_id, attachment.section), sealed, f"attachment:{attachment.pk}")  # type: ignore[attr-defined]


@action
def write_note(
    *, child: Any, section: Section, body: str, by: Person, reason: str = "", adds_to: Note | None = None
) -> Note:
    """Write a note in a section, or an addendum to one; notes are never edited."""
    check(by, child.pk, section, Level.CHANGE)
    note = Note(child_id=child.pk, section=section, body=body, adds_to=adds_to)
    note.save(force_insert=True)
    return note
