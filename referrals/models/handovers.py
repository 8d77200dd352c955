"""A child changes hands: who gives, who receives, what goes along, how the child is, and both signatures."""

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.access.models import Grant
from portal.access.sections import Section
from portal.accounts.models import Person, Team
from portal.casework.fields import RingSealedTextField
from portal.casework.models import ChildRecord
from referrals.hand_over_steps import OPEN, HandOverState

STAYS_BEHIND = "stays_behind"  # a kind of thing that does not go along: nobody gives or receives it


class HandOver(ChildRecord):
    """One hand-over, read by the two teams alone. Number and code name are kept as they stood: it is its own receipt."""

    section = Section.CARE
    case_number = models.CharField(max_length=20, editable=False)
    code_name = models.CharField(max_length=40, editable=False)
    from_team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    to_team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    grant = models.OneToOneField(Grant, models.PROTECT, related_name="hand_over", editable=False)
    keeps = models.BooleanField(_("the team that gives keeps the investigation"), default=True)
    kept = models.OneToOneField(Grant, models.PROTECT, null=True, related_name="kept_by", editable=False)
    state = models.SmallIntegerField(
        _("state"), choices=HandOverState.choices, default=HandOverState.STARTED, editable=False
    )
    started = models.DateTimeField(editable=False)
    started_by = models.ForeignKey(Person, models.PROTECT, related_name="+", editable=False)
    expected = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    medical_by = models.DateTimeField(null=True, editable=False)  # the medical window, for who cannot see the task yet
    how = RingSealedTextField(_("how the child is now"), blank=True, long=True)
    giver = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    given = models.DateTimeField(null=True, editable=False)
    receiver = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    received = models.DateTimeField(null=True, editable=False)
    number = models.CharField(max_length=20, blank=True, editable=False)
    ended = models.DateTimeField(null=True, editable=False)
    ended_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    end_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta(ChildRecord.Meta):
        indexes = [models.Index(name="hand_over_to", fields=["to_team", "state"])]
        constraints = [
            models.UniqueConstraint(name="one_open_hand_over", fields=["child"], condition=Q(state__in=OPEN)),
            models.CheckConstraint(name="hand_over_between_two_teams", condition=~Q(from_team=F("to_team"))),
            models.CheckConstraint(
                name="hand_over_signed_by_two",
                condition=Q(giver=None) | Q(receiver=None) | ~Q(giver=F("receiver")),
            ),
            models.CheckConstraint(
                name="given_by_somebody",
                condition=Q(giver=None, given=None) | Q(giver__isnull=False, given__isnull=False),
            ),
            models.CheckConstraint(
                name="received_by_somebody_with_a_number",
                condition=Q(receiver=None, received=None, number="")
                | (Q(receiver__isnull=False, received__isnull=False, given__isnull=False) & ~Q(number="")),
            ),
            models.CheckConstraint(
                name="hand_over_state_is_signed",
                condition=Q(state=HandOverState.STARTED, given=None)
                | Q(state=HandOverState.GIVEN, given__isnull=False, received=None)
                | Q(state=HandOverState.RECEIVED, received__isnull=False)
                | Q(state__in=[HandOverState.REFUSED, HandOverState.CANCELLED], received=None),
            ),
            models.CheckConstraint(
                name="hand_over_ends_with_a_reason",
                condition=Q(state__lt=HandOverState.REFUSED, ended=None, ended_by=None, end_reason="")
                | (
                    Q(state__gte=HandOverState.REFUSED, ended__isnull=False, ended_by__isnull=False) & ~Q(end_reason="")
                ),
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.state in OPEN


class HandOverItem(ChildRecord):
    """One thing that goes along. Nothing ticked is no answer; 0 means "none"."""

    section = Section.CARE
    hand_over = models.ForeignKey(HandOver, models.PROTECT, related_name="items", editable=False)
    kind = models.SlugField(_("what"), max_length=60)
    words = models.CharField(_("what exactly"), max_length=120, blank=True)
    given = models.PositiveSmallIntegerField(_("given"), null=True, blank=True)
    received = models.PositiveSmallIntegerField(_("received"), null=True, blank=True)
    difference = models.CharField(_("why the counts differ"), max_length=200, blank=True)

    class Meta(ChildRecord.Meta):
        constraints = [
            models.CheckConstraint(
                name="different_counts_say_why",
                condition=Q(given=None) | Q(received=None) | Q(received=F("given")) | ~Q(difference=""),
            )
        ]

    @property
    def is_counted(self) -> bool:
        """Return whether it is given and received at all."""
        return self.kind != STAYS_BEHIND
