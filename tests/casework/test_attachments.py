"""Documents and notes that people bring: text and plain PDF come in sealed, an image never does."""

import base64
import uuid
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from pypdf import PdfWriter
from pypdf.generic import NameObject, NumberObject, StreamObject

from portal.access.identity import Refused, acting
from portal.access.sections import Section
from portal.casework.keys import CannotOpen
from portal.casework.models import Attachment, AttachmentContent, Note
from portal.casework.workflow import NotPossible
from tests.attacks import attack
from tests.statements import assert_refused, rows, run, value
from victims import attachments
from victims.attachments import attach, write_note
from victims.document_types import NoDocument, kind_of
from victims.models import Child

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + bytes(range(256))
GIF = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00!\xf9\x04\x01\x00\x00\x00\x00,"
WEBP = b"RIFF\x24\x00\x00\x00WEBPVP8 \x18\x00\x00\x00\x30\x01\x00\x9d\x01\x2a\xff"
PACKED = base64.b64encode(bytes(range(256)) * 8)
WORDS = b"BT /F1 12 Tf (words) Tj ET"
DRAWN = b"BT ET BI /W 1 /H 1 /BPC 8 /CS /RGB ID \xff\x00\x00 EI"


def pdf(page: bytes = WORDS, *, packed: bool = False, **entries: object) -> bytes:
    """Return a PDF of one page with this content; entries stand in the stream's own dictionary."""
    writer = PdfWriter()
    stream = StreamObject()
    stream.set_data(page)
    if packed:
        stream = stream.flate_encode()
    stream.update({NameObject(f"/{name}"): entry for name, entry in entries.items()})
    writer.add_blank_page(100, 100)[NameObject("/Contents")] = writer._add_object(stream)
    file = BytesIO()
    writer.write(file)
    return file.getvalue()


def named(word: str) -> NameObject:
    return NameObject(f"/{word}")


REFUSED = {
    "png": PNG,
    "jpg": JPG,
    "gif": GIF,
    "webp": WEBP,
    "zip": b"PK\x03\x04" + bytes(64),
    "text with a zero byte": b"words\0words",
    "text in another encoding": "français".encode("latin-1"),
    "data address": b"see data:image/png;base64,AAAA",
    "base64 in one line": PACKED,
    "base64 in lines of 76": base64.encodebytes(bytes(range(256)) * 64),
    "drawing in words": b'<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0"/></svg>',
    "pdf with a picture": pdf(JPG, Type=named("XObject"), Subtype=named("Image")),
    "pdf that spells image in digits": pdf(JPG, Subtype=named("Image")).replace(b"/Image", b"/#49mage"),
    "pdf with a file in it": pdf(b"words", Type=named("EmbeddedFile")),
    "pdf with a picture in its page": pdf(DRAWN),
    "pdf with a packed picture in its page": pdf(DRAWN, packed=True),
    "pdf with a picture behind its end": pdf() + JPG,
    "picture between two ends": pdf() + JPG + b"\n%%EOF\n",
    "pdf that cannot be read": b"%PDF-1.4\nnothing of the kind\n%%EOF",
    "picture that begins like a pdf": b"%PDF-1.4\n" + PNG,
}
NOT_YET_REFUSED = {
    "picture drawn in a page that claims to be a font": pdf(DRAWN, Length1=NumberObject(1)),
    "picture drawn in a page that claims to be a table": pdf(DRAWN, Type=named("XRef")),
}


@pytest.fixture
def child(cast, files):
    with acting(cast.social_worker):
        return Child.objects.get(pk=files["Mira"])


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_or_hides_a_picture_is_refused(data):
    with pytest.raises(NoDocument):
        kind_of(data)


@pytest.mark.parametrize("data", NOT_YET_REFUSED.values(), ids=NOT_YET_REFUSED)
def test_what_hides_a_picture_better_is_refused(data):
    with pytest.raises(NoDocument):
        kind_of(data)


@pytest.mark.parametrize("data", [pdf(), pdf(packed=True)], ids=["plain", "packed"])
def test_pdf_of_words_comes_in(data):
    assert kind_of(data) == "application/pdf"


@pytest.mark.parametrize("text", ["plain words", "كلمات", "x" * 900, "a,b,c\n" * 2000])
def test_text_comes_in(text):
    assert kind_of(text.encode()) == "text/plain; charset=utf-8"


@pytest.mark.parametrize("name", ["picture.png", "letter.pdf", "letter.txt"])
@attack("D48")
def test_upload_of_a_picture_is_refused_whatever_it_is_called(cast, files, browse, name):
    page = reverse("victims:attach", args=[files["Mira"], "care"])
    upload = SimpleUploadedFile(name, PNG, content_type="text/plain")
    answer = browse(cast.social_worker).post(page, {"title": "Letter", "file": upload})
    assert "not stored here" in answer.content.decode()
    assert value("SELECT count(*) FROM casework_attachment") == 0


def test_document_comes_back_as_it_was_and_only_as_a_download(cast, files, browse):
    client = browse(cast.social_worker)
    upload = SimpleUploadedFile("order.html", b"<b>canary-attached</b>")
    client.post(reverse("victims:attach", args=[files["Mira"], "care"]), {"title": "Letter", "file": upload})
    found = value("SELECT id FROM casework_attachment")
    answer = client.get(reverse("victims:attachment", args=[files["Mira"], "care", found]))
    assert answer.content == b"<b>canary-attached</b>"
    assert answer["Content-Disposition"].startswith("attachment;")
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("application/octet-stream", "nosniff")


def test_document_lies_sealed_and_bound_to_its_own_row(cast, child):
    made = attach(child=child, section=Section.CARE, title="canary-title", data=b"canary-bytes", by=cast.social_worker)
    stored = rows("SELECT data FROM casework_attachmentcontent UNION ALL SELECT title FROM casework_attachment")
    assert not any(b"canary" in bytes(data) for (data,) in stored)
    with acting(cast.social_worker):
        assert attachments.read(Attachment.objects.get(pk=made.pk)) == b"canary-bytes"


def test_bytes_moved_under_another_document_do_not_open(cast, child, owner):
    first, second = (
        attach(child=child, section=Section.CARE, title="t", data=words, by=cast.social_worker)
        for words in (b"one", b"two")
    )
    connection.check_constraints()
    with owner():
        run("ALTER TABLE casework_attachmentcontent DISABLE TRIGGER USER")
        run(
            "UPDATE casework_attachmentcontent t SET data = s.data FROM casework_attachmentcontent s"
            " WHERE s.attachment_id = %s AND t.attachment_id = %s",
            first.pk,
            second.pk,
        )
    with acting(cast.social_worker), pytest.raises(CannotOpen):
        attachments.read(Attachment.objects.get(pk=second.pk))


def test_stored_bytes_are_never_changed(cast, child, owner):
    attach(child=child, section=Section.CARE, title="t", data=b"one", by=cast.social_worker)
    with owner():
        assert_refused("UPDATE casework_attachmentcontent SET data = ''", match="is kept as it is")
        assert_refused("DELETE FROM casework_attachmentcontent", match="is kept as it is")


def test_document_of_a_section_is_nothing_to_whoever_lacks_it(cast, files, child, browse):
    made = attach(child=child, section=Section.LEGAL, title="t", data=b"one", by=cast.social_worker)
    client = browse(cast.ngo_worker)
    assert client.get(reverse("victims:attachment", args=[files["Mira"], "legal", made.pk])).status_code == 403
    assert client.get(reverse("victims:attachment", args=[files["Mira"], "care", made.pk])).status_code == 404
    with acting(cast.ngo_worker):
        assert not Attachment.objects.filter(pk=made.pk).exists()
        assert not AttachmentContent.objects.filter(pk=made.pk).exists()


def test_document_larger_than_ten_megabytes_is_refused(cast, child):
    with pytest.raises(NotPossible, match="larger than 10 MB"):
        attach(
            child=child, section=Section.CARE, title="t", data=b"x" * (attachments.LARGEST + 1), by=cast.social_worker
        )


def test_attaching_without_the_right_is_refused(cast, child):
    with pytest.raises(Refused):
        attach(child=child, section=Section.LEGAL, title="t", data=b"one", by=cast.ngo_worker)


def test_addendum_names_its_note_and_leaves_it_as_it_was(cast, child):
    note = write_note(child=child, section=Section.CARE, body="first words", by=cast.social_worker)
    more = write_note(child=child, section=Section.CARE, body="more words", by=cast.ngo_worker, adds_to=note)
    with acting(cast.social_worker):
        kept = Note.objects.get(pk=note.pk)
        assert (kept.body, kept.version, [one.pk for one in kept.addenda.all()]) == ("first words", 1, [more.pk])


def test_note_is_written_on_its_page_and_shown_there(cast, files, browse):
    client, page = browse(cast.social_worker), reverse("victims:note", args=[files["Mira"], "care"])
    assert client.post(page, {"body": "canary-note"}).status_code == 302
    assert "canary-note" in client.get(reverse("victims:section", args=[files["Mira"], "care"])).content.decode()


def test_note_of_one_section_stands_on_no_other_page(cast, files, child, browse):
    write_note(child=child, section=Section.LEGAL, body="canary-legal-note", by=cast.social_worker)
    client = browse(cast.social_worker)
    for slug in ("care", "identity", "whereabouts"):
        page = client.get(reverse("victims:section", args=[files["Mira"], slug]))
        assert "canary-legal-note" not in page.content.decode()


@pytest.mark.parametrize("named", ["of another section", "an addendum", "nowhere", "no number"])
def test_addendum_to_what_is_no_note_of_this_section_is_refused(cast, files, child, browse, named):
    legal = write_note(child=child, section=Section.LEGAL, body="legal", by=cast.social_worker)
    note = write_note(child=child, section=Section.CARE, body="care", by=cast.social_worker)
    more = write_note(child=child, section=Section.CARE, body="more", by=cast.social_worker, adds_to=note)
    adds_to = {"of another section": legal.pk, "an addendum": more.pk, "nowhere": uuid.uuid4()}.get(named, "abc")
    page = reverse("victims:note", args=[files["Mira"], "care"])
    answer = browse(cast.ngo_worker).post(page, {"body": "canary-added", "adds_to": adds_to})
    assert answer.status_code == 200
    assert "is not in this section" in answer.content.decode()
    assert "canary-added" in answer.content.decode()
    assert value("SELECT count(*) FROM casework_note") == 3


def test_addendum_is_written_on_its_page(cast, files, child, browse):
    note = write_note(child=child, section=Section.CARE, body="care", by=cast.social_worker)
    page = reverse("victims:note", args=[files["Mira"], "care"])
    assert browse(cast.ngo_worker).post(page, {"body": "added", "adds_to": note.pk}).status_code == 302
    assert rows("SELECT section, adds_to_id FROM casework_note ORDER BY id DESC LIMIT 1") == [(Section.CARE, note.pk)]
