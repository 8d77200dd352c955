"""Identity tokens, grants and their projection on guardian's direct-foreign-key tables."""

import datetime
import uuid
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from portal.access import reasons
from portal.access.sections import Section
from portal.accounts.models import Agency, Person, Team
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.audit.models import Tracked

FOREVER = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)  # no end; NULL and infinity have traps


class IdentityToken(models.Model):
    """Proof that a process acts for a person; only the hash of the secret is kept. Read by definer functions alone."""

    id = models.UUIDField(primary_key=True, default=uuid7)
    digest = models.BinaryField(unique=True)  # SHA-256 of the secret
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10)  # session, job, command
    made = models.DateTimeField()
    idle = models.DurationField()
    until = models.DateTimeField()  # moves with use, while idle limits allow
    latest = models.DateTimeField()  # never moves
    proved = models.DateTimeField()  # when a second factor was shown last; of a job, by whoever asked for it
    address = models.CharField(max_length=45, db_default="")  # of a session: from where it was opened
    agent = models.CharField(max_length=200, db_default="")  # and in which browser

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name="token_of_person", fields=["person", "until"])]


class Rule(models.Model):
    """The database's copy of portal/access/roles.py, and the digest of the key that may open tokens."""

    role = models.CharField(max_length=20)
    section = models.SmallIntegerField()
    level = models.SmallIntegerField()
    stages = models.IntegerField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="one_rule", fields=["role", "section", "level"])]


class Step(models.Model):
    """The database's copy of the life cycles of a file: who may lead it from one state to another."""

    cycle = models.CharField(max_length=10)
    source = models.SmallIntegerField()
    target = models.SmallIntegerField()
    permission = models.IntegerField()
    second_team = models.BooleanField()
    owner_only = models.BooleanField()

    class Meta:
        default_permissions = ()


class OpeningKey(models.Model):
    """The digest of the key with which the application proves that it, not an injected query, opens a token."""

    digest = models.BinaryField(primary_key=True)

    class Meta:
        default_permissions = ()


class Basis(models.TextChoices):
    OWNERSHIP = "ownership", _("owner of the file")
    ASSIGNMENT = "assignment", _("assigned inside the agency")
    REFERRAL = "referral", _("referral")
    TRANSFER = "transfer", _("transfer")
    HAND_OVER = "hand_over", _("hand-over")
    SHARED_SERIES = "shared_series", _("shared series")
    COURT_ORDER = "court_order", _("court order")
    EMERGENCY = "emergency", _("emergency access")


USUAL: dict[str, str] = {  # the legal basis of access where no other is named, by why it is given
    Basis.OWNERSHIP: "mandate",
    Basis.ASSIGNMENT: "mandate",
    Basis.REFERRAL: "duty",
    Basis.TRANSFER: "mandate",
    Basis.HAND_OVER: "mandate",
    Basis.SHARED_SERIES: "investigation",
    Basis.COURT_ORDER: "court_order",
    Basis.EMERGENCY: "vital",
}


class LegalKind(models.TextChoices):
    CONSENT = "consent", _("consent")
    STATUTE = "statute", _("statute")
    COURT_ORDER = "court_order", _("order of a court")
    VITAL_INTEREST = "vital_interest", _("vital interest of the child")
    AGREEMENT = "agreement", _("agreement between agencies")


class LegalBasis(Tracked):
    """What allows access, in words; once it has ended, every access that stands on it is over at the next request."""

    code = models.SlugField(_("code"), max_length=60, unique=True, editable=False)
    label = models.CharField(_("words in English"), max_length=120)
    label_ar = models.CharField(_("words in Arabic"), max_length=120, blank=True)
    kind = models.CharField(_("kind"), max_length=20, choices=LegalKind.choices)
    sections = ArrayField(models.SmallIntegerField(), verbose_name=_("sections for which it may stand"))
    position = models.PositiveSmallIntegerField(_("position"), default=100)
    ended = models.DateTimeField(null=True, editable=False)
    end_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta(Tracked.Meta):
        ordering = ["position", "label"]
        constraints = [
            models.CheckConstraint(
                name="legal_basis_ended_with_reason",
                condition=Q(ended=None, end_reason="") | (Q(ended__isnull=False) & ~Q(end_reason="")),
            )
        ]

    def __str__(self) -> str:
        return (self.label_ar if get_language() == "ar" else "") or self.label


class Grant(Tracked):
    """The second key: what one audience may do to one file (or series), why and until when. The projection follows it."""

    child = models.ForeignKey("victims.Child", models.PROTECT, null=True, related_name="+")
    series = models.ForeignKey("victims.Series", models.PROTECT, null=True, related_name="+")
    team = models.ForeignKey(Team, models.PROTECT, null=True, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, null=True, related_name="+")
    view = ArrayField(models.SmallIntegerField(), default=list)
    change = ArrayField(models.SmallIntegerField(), default=list)
    basis = models.CharField(max_length=20, choices=Basis.choices)
    legal_basis = models.CharField(max_length=60)  # the code of a LegalBasis
    legal_by_section = models.JSONField(default=dict)  # where a section has another one: {"4": "consent"}
    reason = models.CharField(max_length=300)
    begins = models.DateTimeField()
    until = models.DateTimeField()
    given_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    accepted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    accepted = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    ended = models.DateTimeField(null=True)
    end_reason = models.CharField(max_length=300, blank=True)
    onward = models.BooleanField(default=False)
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="onward_grants")
    came_from: "Grant | None" = None  # the parent, where the grants of a file were read together
    confirmed = models.DateTimeField(null=True)  # when the owner said last that access without an end is still right

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="grant_has_one_root",
                condition=Q(child=None, series__isnull=False) | Q(child__isnull=False, series=None),
            ),
            models.CheckConstraint(
                name="grant_has_one_audience",
                condition=Q(team__isnull=False, person=None, agency=None)
                | Q(team=None, person__isnull=False, agency=None)
                | Q(team=None, person=None, agency__isnull=False),
            ),
            models.CheckConstraint(name="grant_ends_after_start", condition=Q(until__gt=F("begins"))),
            models.CheckConstraint(
                name="grant_accepted_by_somebody",
                condition=Q(accepted=None, accepted_by=None) | Q(accepted__isnull=False, accepted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="grant_ended_by_somebody_with_reason",
                condition=Q(ended=None, ended_by=None, end_reason="")
                | (Q(ended__isnull=False, ended_by__isnull=False) & ~Q(end_reason="")),
            ),
            models.CheckConstraint(name="grant_view_covers_change", condition=Q(view__contains=F("change"))),
            models.CheckConstraint(
                name="therapy_is_given_to_a_named_person", condition=~Q(view__contains=[5]) | Q(person__isnull=False)
            ),
            models.CheckConstraint(
                name="every_grant_of_a_file_shows_summary", condition=Q(child=None) | Q(view__contains=[1])
            ),
            models.UniqueConstraint(
                name="one_owner_of_a_file", fields=["child"], condition=Q(basis="ownership", ended=None)
            ),
            models.CheckConstraint(
                name="agency_gets_the_summary_line_only",
                condition=Q(agency=None) | Q(view=[1], change=[]),
            ),
        ]
        indexes = [
            models.Index(name="grant_of_child", fields=["child", "ended"]),
            models.Index(name="grant_of_series", fields=["series", "ended"]),
        ]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.legal_basis = self.legal_basis or USUAL[self.basis]
        super().save(*args, **kwargs)

    def change_event(self, action: str) -> Event:
        kind = "end grant" if self.ended else "accept grant" if self.accepted and action == "U" else "grant"
        return Event(
            kind,
            action,
            child_id=self.child_id,
            series_id=self.series_id,
            entity="access.grant",
            entity_id=self.pk,
            sections=self.view,
            basis=self.basis,
        )


class ConflictOfInterest(Tracked):
    """A declared relation between a worker and a child; it beats every grant.

    It names a case number and no file, so that nobody learns by declaring whether there is one. Read by whoever recorded
    it and by the privacy officers of the person's agency, by nobody else: not by the person whom somebody else named.
    """

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    number = models.CharField(max_length=20)  # as it stands on the file, if there is one
    reason = models.CharField(max_length=300, blank=True)
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    recorded = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    end_reason = models.CharField(max_length=300, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="conflict_ended_by_a_second_person_with_reason",
                condition=Q(ended=None, ended_by=None, end_reason="")
                | (
                    Q(ended__isnull=False, ended_by__isnull=False)
                    & ~Q(end_reason="")
                    & ~Q(ended_by=F("person"))
                    & ~Q(ended_by=F("recorded_by"))
                ),
            ),
        ]
        indexes = [
            models.Index(name="conflict_of_person", fields=["person"], condition=Q(ended=None)),
        ]

    def change_event(self, action: str) -> Event:
        """Return the event of the declaration: of whom and which number is the secret of those who may read it."""
        kind = "end conflict of interest" if self.ended else "conflict of interest"
        return Event(kind, action, entity="access.conflictofinterest", entity_id=self.pk)


class Seal(Tracked):
    """A file that only named custodians see. Asked for by its owner's team, in force once a second person has said so.

    The custodians of a seal stay; others take over by a new seal, with which the old one ends.
    """

    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    custodians = ArrayField(models.UUIDField())
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    sealed = models.DateTimeField(null=True)  # from when on it holds
    open_reason = models.CharField(max_length=300, blank=True)  # why it shall end; set while somebody asks for that
    ended = models.DateTimeField(null=True)  # when the file was unsealed, or the seal refused or replaced

    class Meta(Tracked.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_seal_of_a_file", fields=["child"], condition=Q(sealed__isnull=False, ended=None)
            ),
            models.CheckConstraint(name="seal_has_two_custodians", condition=Q(custodians__len__gte=2)),
        ]
        indexes = [models.Index(name="seal_that_holds", fields=["child"], condition=Q(ended=None))]

    def change_event(self, action: str) -> Event:
        kind = "seal" if self.ended is None else "end of seal"
        return Event(kind, action, child_id=self.child_id, entity="access.seal", entity_id=self.pk, sections=[1])


class Ground(models.TextChoices):
    """Why somebody opens a file in an emergency."""

    DANGER = "danger", _(reasons.DANGER)
    MISSING_FOUND = "missing_found", _(reasons.MISSING_FOUND)
    TREATMENT = "treatment", _(reasons.TREATMENT)
    THREATENED = "threatened", _(reasons.THREATENED)
    BROUGHT_IN = "brought_in", _(reasons.BROUGHT_IN)


class Emergency(Tracked):
    """A file that somebody opened in an emergency: on which ground, and what somebody else says of it afterwards.

    Its grant opens the sections. Whose the file was and where the person worked stay as they were at that moment.
    """

    section = Section.SUMMARY  # of the file that its record tells of
    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    grant = models.OneToOneField(Grant, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    owner = models.ForeignKey(Team, models.PROTECT, related_name="+")
    owner_agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    ground = models.CharField(_("ground"), max_length=20, choices=Ground.choices)
    words = models.CharField(_("what happened"), max_length=500)
    opened = models.DateTimeField()
    due = models.DateTimeField()  # when it has to be reviewed
    reviewed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    reviewed = models.DateTimeField(null=True)
    is_justified = models.BooleanField(null=True)
    comment = models.CharField(_("why"), max_length=500, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_unreviewed_emergency", fields=["person", "child"], condition=Q(reviewed=None)
            ),
            models.CheckConstraint(
                name="emergency_reviewed_with_words",
                condition=Q(reviewed=None, reviewed_by=None, is_justified=None, comment="")
                | (Q(reviewed__isnull=False, reviewed_by__isnull=False, is_justified__isnull=False) & ~Q(comment="")),
            ),
            models.CheckConstraint(
                name="emergency_reviewed_by_another", condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("person"))
            ),
        ]

    @property
    def reference(self) -> str:
        """Return what notices call it: it tells neither who nor which child."""
        return reference_of("EA", self.pk)

    def change_event(self, action: str) -> Event:
        return Event(
            "emergency access" if action == "C" else "review emergency access",
            action,
            child_id=self.child_id,
            entity="access.emergency",
            entity_id=self.pk,
            sections=[1],
            basis="emergency",
            purpose=self.ground,
        )


class Extract(Tracked):
    """A list of files that somebody takes along as a table: for what, of which files, and who else allowed it."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    purpose = models.CharField(_("purpose"), max_length=300)
    stage = models.SmallIntegerField(null=True)  # by which the list was filtered
    files = ArrayField(models.UUIDField())
    asked = models.DateTimeField()
    needs_second = models.BooleanField()
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided = models.DateTimeField(null=True)
    is_allowed = models.BooleanField(null=True)
    comment = models.CharField(_("why"), max_length=300, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="extract_decided_with_words",
                condition=Q(decided=None, decided_by=None, is_allowed=None, comment="")
                | (Q(decided__isnull=False, decided_by__isnull=False, is_allowed__isnull=False) & ~Q(comment="")),
            ),
            models.CheckConstraint(
                name="extract_decided_by_another", condition=Q(decided_by=None) | ~Q(decided_by=F("person"))
            ),
        ]

    @property
    def reference(self) -> str:
        """Return what stands on the table, and in its record."""
        return reference_of("TF", self.pk)


def reference_of(of: str, record_id: uuid.UUID) -> str:
    """Return a short name of a record, out of the random end of its id: EA-9F3A-01C2."""
    end = record_id.hex[-8:].upper()
    return f"{of}-{end[:4]}-{end[4:]}"


class Figure(models.Model):
    """One cell of the daily figures of the network, as it may be shown. What is under eleven is not stored at all."""

    day = models.DateField()
    kind = models.CharField(max_length=20)  # all, stage, identity, age_band
    cell = models.CharField(max_length=20)
    place = models.SmallIntegerField()
    count = models.IntegerField(null=True)
    is_few = models.BooleanField()  # fewer than eleven; where neither, it would give another one away

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(name="one_figure_a_day", fields=["day", "kind", "cell"])]


class ProjectedPermission(models.Model):
    """What the projection adds to guardian's columns. Written by access.project() alone."""

    grant = models.ForeignKey(Grant, models.PROTECT, db_index=False, related_name="+")
    valid_until = models.DateTimeField()

    class Meta:
        abstract = True


class ProjectedOnGroup(ProjectedPermission, GroupObjectPermissionBase):
    """One row for each team, permission and object."""

    group = models.ForeignKey("auth.Group", models.PROTECT, db_index=False, related_name="+")
    permission = models.ForeignKey("auth.Permission", models.PROTECT, db_index=False, related_name="+")

    class Meta:
        abstract = True


class ProjectedOnUser(ProjectedPermission, UserObjectPermissionBase):
    """One row for each person, permission and object."""

    user = models.ForeignKey(Person, models.PROTECT, db_index=False, related_name="+")
    permission = models.ForeignKey("auth.Permission", models.PROTECT, db_index=False, related_name="+")

    class Meta:
        abstract = True


class ChildGroupPermission(ProjectedOnGroup):
    content_object = models.ForeignKey("victims.Child", models.PROTECT, db_index=False, related_name="+")
    stage = models.SmallIntegerField()

    class Meta:
        default_permissions = ()
        unique_together = ()
        constraints = [
            models.UniqueConstraint(
                name="child_group_permission",
                fields=["group", "permission", "content_object"],
                include=["valid_until", "stage"],
            )
        ]
        indexes = [
            models.Index(
                name="child_group_stage",
                fields=["group", "permission", "stage", "content_object"],
                include=["valid_until"],
            ),
            models.Index(
                name="child_group_object",
                fields=["content_object", "permission", "group"],
                include=["valid_until", "stage"],
            ),
        ]


class ChildUserPermission(ProjectedOnUser):
    content_object = models.ForeignKey("victims.Child", models.PROTECT, db_index=False, related_name="+")
    stage = models.SmallIntegerField()

    class Meta:
        default_permissions = ()
        unique_together = ()
        constraints = [
            models.UniqueConstraint(
                name="child_user_permission",
                fields=["user", "permission", "content_object"],
                include=["valid_until", "stage"],
            )
        ]
        indexes = [
            models.Index(
                name="child_user_stage",
                fields=["user", "permission", "stage", "content_object"],
                include=["valid_until"],
            ),
            models.Index(
                name="child_user_object",
                fields=["content_object", "permission", "user"],
                include=["valid_until", "stage"],
            ),
        ]


class SeriesGroupPermission(ProjectedOnGroup):
    content_object = models.ForeignKey("victims.Series", models.PROTECT, db_index=False, related_name="+")

    class Meta:
        default_permissions = ()
        unique_together = ()
        constraints = [
            models.UniqueConstraint(
                name="series_group_permission",
                fields=["group", "permission", "content_object"],
                include=["valid_until"],
            )
        ]
        indexes = [models.Index(name="series_group_object", fields=["content_object", "permission", "group"])]


class SeriesUserPermission(ProjectedOnUser):
    content_object = models.ForeignKey("victims.Series", models.PROTECT, db_index=False, related_name="+")

    class Meta:
        default_permissions = ()
        unique_together = ()
        constraints = [
            models.UniqueConstraint(
                name="series_user_permission", fields=["user", "permission", "content_object"], include=["valid_until"]
            )
        ]
        indexes = [models.Index(name="series_user_object", fields=["content_object", "permission", "user"])]
