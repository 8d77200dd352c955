"""A child referred to a service: the card that both sides read, and the brief that opens with the acceptance."""

import datetime

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.access.models import Grant
from portal.access.sections import Section
from portal.accounts.models import Person, Team
from portal.audit import clock
from portal.casework.models import ChildRecord
from referrals.models.services import Service, Urgency
from referrals.workflow import LIVE, STARTED, UNANSWERED, ReferralState
from victims.models import Child

CLAIM = datetime.timedelta(hours=4)  # then it returns by itself
HOURS = {Urgency.HOUR: 1, Urgency.HOURS: 3, Urgency.DAY: 24, Urgency.DAYS: 72}
ANSWERS = {urgency: datetime.timedelta(hours=hours) for urgency, hours in HOURS.items()}


class Referral(ChildRecord):
    """The card: what the recipient reads before it accepts, in bands, and every answer to it.

    Who the child is stands in the file, which opens by the grant that accepting this accepts, and by nothing else.
    """

    section = Section.SUMMARY
    number = models.CharField(_("number"), max_length=20, unique=True, editable=False)
    service = models.ForeignKey(Service, models.PROTECT, related_name="+", editable=False)
    from_team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    to_team = models.ForeignKey(Team, models.PROTECT, related_name="+", editable=False)
    state = models.SmallIntegerField(
        _("state"), choices=ReferralState.choices, default=ReferralState.DRAFT, editable=False
    )
    first_line = models.CharField(_("first line"), max_length=160)
    sex = models.SmallIntegerField(_("sex"), choices=Child.Sex.choices, default=Child.Sex.NOT_KNOWN)
    age_band = models.CharField(_("age"), max_length=5, choices=Child.AgeBand.choices, blank=True)
    languages = ArrayField(models.CharField(max_length=12), verbose_name=_("languages"), default=list, blank=True)
    area = models.CharField(_("area"), max_length=80, blank=True)
    urgency = models.SmallIntegerField(_("answer"), choices=Urgency.choices, default=Urgency.DAY)
    sent = models.DateTimeField(null=True, editable=False)
    sent_by = models.ForeignKey(Person, models.PROTECT, related_name="+", editable=False)  # writes it, and sends it
    answer_by = models.DateTimeField(null=True, editable=False)
    until = models.DateTimeField(_("access until"), null=True, editable=False)
    grant = models.OneToOneField(Grant, models.PROTECT, null=True, related_name="referral", editable=False)
    claimed = models.DateTimeField(null=True, editable=False)
    claimed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    accepted = models.DateTimeField(null=True, editable=False)
    accepted_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    worker = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    first_on = models.DateField(_("first date"), null=True, blank=True)
    decline = models.SlugField(_("why it was declined"), max_length=60, blank=True)
    answer = models.CharField(_("answer"), max_length=300, blank=True)  # when they could; what they say with it
    attended = models.BooleanField(_("attended"), null=True, blank=True)
    outcome = models.CharField(_("what came of it"), max_length=300, blank=True)
    next_on = models.DateField(_("next appointment"), null=True, blank=True)
    closed = models.DateTimeField(null=True, editable=False)
    close_reason = models.CharField(_("why it was taken back"), max_length=300, blank=True)
    reminded = models.DateTimeField(null=True, editable=False)

    class Meta(ChildRecord.Meta):
        indexes = [
            models.Index(name="referral_of_team", fields=["to_team", "state", "answer_by"]),
            models.Index(name="referral_of_child", fields=["child", "-id"]),
        ]
        constraints = [
            models.UniqueConstraint(
                name="one_live_referral_to_a_service", fields=["child", "service"], condition=Q(state__in=LIVE)
            ),
            models.CheckConstraint(
                name="sent_referral_is_to_be_answered",
                condition=Q(sent=None, answer_by=None) | Q(sent__isnull=False, answer_by__gt=F("sent")),
            ),
            models.CheckConstraint(
                name="referral_claimed_by_somebody",
                condition=Q(claimed=None, claimed_by=None) | Q(claimed__isnull=False, claimed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="referral_accepted_by_somebody",
                condition=Q(accepted=None, accepted_by=None) | Q(accepted__isnull=False, accepted_by__isnull=False),
            ),
            models.CheckConstraint(
                name="referral_declined_with_a_reason",
                condition=~Q(state=ReferralState.DECLINED) | ~Q(decline=""),
            ),
            models.CheckConstraint(
                name="live_referral_offers_access",
                condition=~Q(state__in=LIVE) | Q(grant__isnull=False, sent__isnull=False, until__isnull=False),
            ),
        ]

    @property
    def is_claimed(self) -> bool:
        """Return whether somebody decides on it now; a claim runs out by itself."""
        return self.state == ReferralState.CLAIMED and self.claimed is not None and self.claimed + CLAIM > clock.now()

    @property
    def has_expired(self) -> bool:
        """Return whether the access that it asked for ended before anybody accepted."""
        return self.state in UNANSWERED and self.until is not None and self.until <= clock.now()

    @property
    def open_until(self) -> datetime.datetime | None:
        """Return until when its access holds: it may have been renewed since, or ended early."""
        return self.until if self.grant is None else self.grant.ended or self.grant.until

    @property
    def is_open(self) -> bool:
        """Return whether it waits for an answer."""
        return self.state in UNANSWERED and not self.has_expired

    @property
    def is_live(self) -> bool:
        """Return whether anything is still to come of it."""
        return self.is_open or self.state in STARTED

    @property
    def is_late(self) -> bool:
        """Return whether nobody has answered in time."""
        return (
            self.is_open
            and self.state != ReferralState.WAITING
            and bool(self.answer_by and self.answer_by < clock.now())
        )


class Brief(ChildRecord):
    """What is asked and why, and the sections that open: read by the sender, and by the recipient once it accepted.

    Its id is the referral's.
    """

    section = Section.SUMMARY
    referral = models.OneToOneField(Referral, models.PROTECT, related_name="+", editable=False)
    asked = models.CharField(_("what is asked"), max_length=1000)
    why = models.CharField(_("why"), max_length=1000)
    basis = models.SlugField(_("legal basis"), max_length=60)
    view = ArrayField(models.SmallIntegerField(choices=Section.choices), verbose_name=_("sections"), default=list)
    change = ArrayField(models.SmallIntegerField(choices=Section.choices), verbose_name=_("to write"), default=list)

    class Meta(ChildRecord.Meta):
        constraints = [
            models.CheckConstraint(name="brief_has_the_id_of_its_referral", condition=Q(id=F("referral"))),
            models.CheckConstraint(name="brief_view_covers_change", condition=Q(view__contains=F("change"))),
        ]
