"""Attachments that people bring and documents that the portal makes."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.audit.ids import uuid7
from portal.casework.fields import SealedTextField
from portal.casework.models.records import ChildRecord


class Attachment(ChildRecord):
    """A document in one section of a file: text or PDF without pictures; never an image."""

    section = models.SmallIntegerField(editable=False)  # type: ignore[assignment]
    title = SealedTextField(_("title"))
    content_type = models.CharField(max_length=40)
    size = models.PositiveIntegerField()  # bytes
    digest = models.CharField(max_length=64)  # SHA-256, in hexadecimal


class AttachmentContent(models.Model):
    """The sealed bytes of an attachment; written once."""

    attachment = models.OneToOneField(Attachment, models.PROTECT, primary_key=True, related_name="content")
    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    section = models.SmallIntegerField()
    data = models.BinaryField()

    class Meta:
        default_permissions = ()


class Document(models.Model):
    """A PDF made in the background for one person, sealed under the key of every section that it shows."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    person_id = models.UUIDField()
    kind = models.SlugField(max_length=40)
    language = models.CharField(max_length=8)
    sections = ArrayField(models.SmallIntegerField(), default=list)
    made = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the PDF, in hexadecimal
    data = models.BinaryField(null=True)
    job = models.OneToOneField("casework.Job", models.PROTECT)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name="document_of_person", fields=["person_id", "-id"])]
