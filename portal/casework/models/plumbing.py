"""Keys, one-time keys, lookups and the outbox."""

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.audit.ids import uuid7
from portal.audit.models import Tracked


class SectionKey(models.Model):
    """The wrapped key of a child's section. Destroying the row's key erases the section everywhere at once."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    section = models.SmallIntegerField()
    ring = models.CharField(max_length=20)
    wrapped = models.BinaryField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="one_key_per_section", fields=["child", "section"])]


class PortalKey(models.Model):
    """A wrapped key of the portal itself: for what belongs to no child, and for hashing names."""

    name = models.CharField(primary_key=True, max_length=20)
    ring = models.CharField(max_length=20)
    wrapped = models.BinaryField()

    class Meta:
        default_permissions = ()


class OnceKey(models.Model):
    """The one-time key of a posted form: the same key again is answered with the first result."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    person_id = models.UUIDField()
    key = models.CharField(max_length=40)
    digest = models.CharField(max_length=64)  # SHA-256 of what was posted, in hexadecimal
    location = models.CharField(max_length=200)
    made = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="one_use_of_a_key", fields=["person_id", "key"])]


class Draft(models.Model):
    """What somebody typed into a form and has not saved, sealed; its author alone reads it, while the form is open to them.

    No foreign keys: whoever keeps words for a file must not learn by it whether there is one.
    """

    id = models.UUIDField(primary_key=True, default=uuid7)
    person_id = models.UUIDField()
    address = models.CharField(max_length=300)
    path = models.CharField(max_length=300)  # the address without what was asked there
    child_id = models.UUIDField(null=True)
    section = models.SmallIntegerField(null=True)
    level = models.SmallIntegerField(default=0)  # what the form asks for in that section: 0 to view it, 1 to change it
    by_ring = models.BooleanField(default=False)  # sealed under the portal's own key, not under the section's
    closed = models.BinaryField()
    saved = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="one_draft_of_a_form", fields=["person_id", "address"])]
        indexes = [
            models.Index(name="draft_age", fields=["saved"]),
            models.Index(name="draft_of_section", fields=["child_id", "section"]),
        ]


class Lookup(Tracked):
    """A word of a vocabulary, with a stable code; administrators add words and retire them, codes stay."""

    vocabulary = models.CharField(_("vocabulary"), max_length=40)
    code = models.SlugField(_("code"), max_length=60)
    label = models.CharField(_("label in English"), max_length=120)
    label_ar = models.CharField(_("label in Arabic"), max_length=120, blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta(Tracked.Meta):
        constraints = [models.UniqueConstraint(name="one_code_per_vocabulary", fields=["vocabulary", "code"])]
        ordering = ["vocabulary", "position", "label"]

    def __str__(self) -> str:
        return (self.label_ar if get_language() == "ar" else "") or self.label


class Job(models.Model):
    """Work to be done after a commit: the outbox. Written in the transaction that causes it; carries ids only."""

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        RUNNING = "running", _("running")
        DONE = "done", _("done")
        FAILED = "failed", _("failed")
        CANCELLED = "cancelled", _("cancelled")

    id = models.UUIDField(primary_key=True, default=uuid7)
    kind = models.CharField(max_length=40)
    subject_id = models.UUIDField(null=True)
    person_id = models.UUIDField(null=True)
    made = models.DateTimeField()
    due = models.DateTimeField()
    published = models.DateTimeField(null=True)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    tries = models.PositiveSmallIntegerField(default=0)
    problem = models.TextField(blank=True)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(name="job_waiting", fields=["due"], condition=models.Q(state__in=["waiting", "running"])),
            models.Index(name="job_of_person", fields=["person_id", "-id"]),
        ]


class Processed(models.Model):
    """The mark that a job's effect is in the database; written with the effect, so that neither stands alone."""

    job = models.OneToOneField(Job, models.PROTECT, primary_key=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
