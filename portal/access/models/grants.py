"""Grants: the second key to a file, and what allows them."""

import datetime
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Agency, Person, Team
from portal.audit.events import Event
from portal.audit.models import Tracked

FOREVER = datetime.datetime(9999, 1, 1, tzinfo=datetime.UTC)  # no end; NULL and infinity have traps


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
