"""Series of seized media: hashes, counts and descriptions; never a picture."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.access.sections import Section
from portal.accounts.models import Agency, Person, Team
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.audit.models import Tracked
from portal.casework.models import ChildRecord, Job


class Series(Tracked):
    """Media that belong together. Network series are open to every certified analyst; restricted ones to grants."""

    name = models.CharField(_("name"), max_length=200)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+", editable=False)
    owner = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    is_network = models.BooleanField(_("open to every certified analyst of the network"), default=True)
    opened = models.DateTimeField(editable=False)

    class Meta(Tracked.Meta):
        constraints = [  # of one team, which sees all its series: the error tells nothing new
            models.UniqueConstraint(name="one_series_name_per_team", fields=["owner", "name", "is_network"])
        ]

    def change_event(self, action: str) -> Event:
        return Event("change", action, series_id=self.pk, entity="victims.series", entity_id=self.pk)


class ChildSeries(ChildRecord):
    """The child appears in the series: an INVESTIGATION record, so that a series shows counts and no more.

    It stands once the team that holds the series said so too: only then a confirmed name settles the series for others.
    """

    section = Section.INVESTIGATION
    series = models.ForeignKey(Series, models.PROTECT, related_name="+")
    stands = models.BooleanField(default=False)
    ended = models.DateTimeField(null=True)

    class Meta(ChildRecord.Meta):
        constraints = [
            models.UniqueConstraint(
                name="child_once_in_series", fields=["child", "series"], condition=models.Q(ended=None)
            )
        ]


class Import(Tracked):
    """One file read in: what it was, who read it in, what came of it.

    Seen by certified people of the same agency, a restricted one by its person and team alone.
    """

    class State(models.TextChoices):
        WAITING = "waiting", _("waiting")
        CHECKED = "checked", _("checked, not read in")
        DONE = "done", _("read in")
        REFUSED = "refused", _("refused")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    job = models.OneToOneField(Job, models.PROTECT, null=True, related_name="+")
    file_name = models.CharField(max_length=200)
    digest = models.CharField(max_length=64, blank=True)  # SHA-256 of the file, in hexadecimal
    size = models.BigIntegerField(default=0)  # bytes
    is_network = models.BooleanField(default=True)
    dry_run = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    made = models.DateTimeField()
    finished = models.DateTimeField(null=True)
    summary = models.JSONField(default=dict)  # counts, header, series, bad lines

    def change_event(self, action: str) -> Event:
        waits = self.state == self.State.WAITING
        kind = "send file" if action == "C" else "read in" if waits else "import"  # sent, pressed, done by the worker
        return Event(kind, action, entity="victims.import", entity_id=self.pk)


class Media(models.Model):
    """One seized file as an import described it. Rows are added, never changed: corrections come as a new import."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    series = models.ForeignKey(Series, models.PROTECT, related_name="+")
    source = models.ForeignKey(Import, models.PROTECT, related_name="+", db_column="import_id")
    position = models.PositiveIntegerField()
    media_id = models.CharField(max_length=60)
    category = models.SmallIntegerField(null=True)
    size = models.BigIntegerField(null=True)  # bytes
    mime_type = models.CharField(max_length=80, blank=True)
    updated = models.DateTimeField(null=True)
    victim_identified = models.BooleanField(null=True)
    offender_identified = models.BooleanField(null=True)
    is_distributed = models.BooleanField(null=True)
    is_suspected = models.BooleanField(null=True)
    self_generated = models.BooleanField(null=True)
    is_precategorized = models.BooleanField(null=True)
    tags = ArrayField(models.CharField(max_length=200), default=list)
    comments = models.TextField(blank=True)
    devices = ArrayField(models.CharField(max_length=120), default=list)
    file_count = models.PositiveIntegerField(default=0)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name="media_of_series", fields=["series", "-id"])]
        constraints = [models.UniqueConstraint(name="one_media_per_position", fields=["source", "position"])]


class MediaHash(models.Model):
    """One digest of a media file. PDQ and PhotoDNA are perceptual; the others name the exact bytes."""

    class Kind(models.IntegerChoices):
        MD5 = 1, "MD5"
        SHA1 = 2, "SHA-1"
        SHA256 = 3, "SHA-256"
        PDQ = 4, "PDQ"
        PHOTODNA = 5, "PhotoDNA"

    id = models.UUIDField(primary_key=True, default=uuid7)
    media = models.ForeignKey(Media, models.PROTECT, related_name="hashes")
    series = models.ForeignKey(Series, models.PROTECT, related_name="+", db_index=False)
    kind = models.SmallIntegerField(choices=Kind.choices)
    value = models.BinaryField()

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name="hash_value", fields=["kind", "value"])]
