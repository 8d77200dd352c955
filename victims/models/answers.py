"""What leaves a file on paper, for a court or for the child; what the child asks for, and what the child says is wrong."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from portal.access.models import reference_of
from portal.access.sections import Section
from portal.accounts.models import Person
from portal.audit.events import Event
from portal.casework.fields import SealedTextField
from portal.casework.models import Attachment, ChildRecord

LANGUAGES = [("en", "English"), ("ar", "العربية")]


class ChildRequest(ChildRecord):
    """What the child, or somebody who acts for the child, asks of those who keep the file.

    Its words name people and places: they are closed under SUMMARY's key, though the rest of that section is not.
    """

    class Kind(models.TextChoices):
        COPY = "copy", _("a copy of the file")
        LOOKS = "looks", _("who looked at the file")
        CORRECTION = "correction", _("something that is wrong")
        ERASURE = "erasure", _("that it is deleted")

    class Asker(models.TextChoices):
        CHILD = "child", _("the child")
        GUARDIAN = "guardian", _("a parent or guardian")
        ACTING = "acting", _("somebody who acts for the child")

    class State(models.IntegerChoices):
        OPEN = 1, _("open")
        ANSWERED = 2, _("answered")
        DECLINED = 3, _("not met")
        WITHDRAWN = 4, _("taken back")

    section = Section.SUMMARY
    kind = models.CharField(_("what is asked for"), max_length=12, choices=Kind.choices)
    asker = models.CharField(_("who asks"), max_length=10, choices=Asker.choices)
    checked = SealedTextField(_("how it was checked who asks, and that they may"))
    asked_on = models.DateField(_("asked on"))
    language = models.CharField(_("language of the answer"), max_length=2, choices=LANGUAGES)
    safely = SealedTextField(_("how to give the answer without harm"))
    recorded_by = models.ForeignKey(Person, models.PROTECT, related_name="+", editable=False)
    recorded = models.DateTimeField(editable=False)
    due = models.DateField(_("answer by"), editable=False)
    longer_why = SealedTextField(_("why it takes longer"), null=True, blank=True, editable=False)
    state = models.SmallIntegerField(choices=State.choices, default=State.OPEN, editable=False)
    answered = models.DateTimeField(null=True, editable=False)
    answered_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    given_to = SealedTextField(_("to whom the answer was given"), null=True, blank=True)
    given_how = SealedTextField(_("how it was given"), null=True, blank=True)
    words = SealedTextField(_("what was answered"), null=True, blank=True)

    class Meta(ChildRecord.Meta):
        constraints = [
            models.CheckConstraint(
                name="request_ended_by_somebody",
                condition=Q(state=1, answered=None, answered_by=None, words__isnull=True)
                | Q(state__gt=1, answered__isnull=False, answered_by__isnull=False, words__isnull=False),
            )
        ]


class Disclosure(ChildRecord):
    """A copy of named sections that leaves the portal: for a court's order, or for the child who asked.

    What would be given is put together once, when it is asked for; those who decide read that, and it is that which is given.
    It opens nothing: it is a copy, and whoever receives it is nobody here.
    """

    class Kind(models.TextChoices):
        ORDER = "order", _("for an order")
        COPY = "copy", _("for the child")

    class State(models.IntegerChoices):
        ASKED = 1, _("waits for decisions")
        SENT_BACK = 2, _("changes asked")
        REFUSED = 3, _("refused")
        APPROVED = 4, _("approved, not made yet")
        MADE = 5, _("made")
        WITHDRAWN = 6, _("taken back")

    section = Section.SUMMARY
    kind = models.CharField(max_length=6, choices=Kind.choices, editable=False)
    request = models.ForeignKey(ChildRequest, models.PROTECT, null=True, related_name="copies", editable=False)
    authority = models.CharField(_("court or authority"), max_length=120, blank=True)
    order_number = models.CharField(_("order number"), max_length=60, blank=True)
    issued = models.DateField(_("issued on"), null=True)
    answer_by = models.DateField(_("answer by"), null=True, blank=True)
    order_document = models.ForeignKey(Attachment, models.PROTECT, null=True, blank=True, related_name="+")
    legal_basis = models.SlugField(_("legal basis"), max_length=60)
    parts = ArrayField(models.SmallIntegerField(), verbose_name=_("sections"))
    begins = models.DateField(_("from"), null=True, blank=True)
    ends = models.DateField(_("until"), null=True, blank=True)
    reason = SealedTextField(_("what it is needed for"), long=True)
    language = models.CharField(_("language"), max_length=2, choices=LANGUAGES)
    with_looks = models.BooleanField(default=False)  # the agencies that looked stand in it
    withheld = models.JSONField(default=dict)  # number of a section to the code of the ground on which it is left out
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+", editable=False)
    asked = models.DateTimeField(editable=False)
    state = models.SmallIntegerField(choices=State.choices, default=State.ASKED, editable=False)
    made = models.DateTimeField(null=True, editable=False)
    until = models.DateTimeField(null=True, editable=False)  # how long it can be taken; then its hash alone stays
    digest = models.CharField(max_length=64, blank=True, editable=False)  # SHA-256 of the PDF, in hexadecimal

    class Meta(ChildRecord.Meta):
        constraints = [
            models.CheckConstraint(
                name="disclosure_made_with_hash",
                condition=Q(state=5, made__isnull=False, until__isnull=False, digest__regex="^[0-9a-f]{64}$")
                | (~Q(state=5) & Q(made=None, until=None, digest="")),
            ),
            models.CheckConstraint(
                name="order_has_number",
                condition=Q(kind="copy", request__isnull=False)
                | (Q(kind="order", request=None, issued__isnull=False) & ~Q(authority="") & ~Q(order_number="")),
            ),
            models.CheckConstraint(name="disclosure_names_parts", condition=Q(parts__len__gte=1) | Q(with_looks=True)),
            models.CheckConstraint(
                name="disclosed_days_in_order", condition=Q(begins=None) | Q(ends=None) | Q(ends__gte=F("begins"))
            ),
        ]

    @property
    def reference(self) -> str:
        """Return what papers and notices call it: it tells neither who nor which child."""
        return reference_of("DI", self.pk)

    def change_event(self, action: str) -> Event:
        """Return the event: of which sections, and once it is made, the hash of what was made."""
        return Event(
            "disclosure",
            action,
            child_id=self.child_id,  # type: ignore[attr-defined]
            entity="victims.disclosure",
            entity_id=self.pk,
            sections=[*self.parts] or [self.section],
            basis=self.legal_basis,
            details={"sha256": self.digest} if self.digest else {},
        )


class DisclosureContent(models.Model):
    """What a disclosure holds: closed under the key of every section in it, put together once, dropped after its time."""

    disclosure = models.OneToOneField(Disclosure, models.PROTECT, primary_key=True, related_name="content")
    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")
    gathered = models.BinaryField()
    pdf = models.BinaryField(null=True)
    cover = models.BinaryField(null=True)

    class Meta:
        default_permissions = ()


class Correction(ChildRecord):
    """What the child says is wrong in a section, what became of it, and the child's own words where the team disagrees."""

    class State(models.IntegerChoices):
        ASKED = 1, _("waits for an answer")
        ACCEPTED = 2, _("accepted")
        DECLINED = 3, _("not accepted")

    section = models.SmallIntegerField(editable=False)  # type: ignore[assignment]
    request = models.ForeignKey(ChildRequest, models.PROTECT, related_name="corrections", editable=False)
    record_id = models.UUIDField(null=True, editable=False)  # the record that it is about, where it is about one
    wrong = SealedTextField(_("what is wrong"), long=True)
    correct = SealedTextField(_("what is right"), long=True)
    state = models.SmallIntegerField(choices=State.choices, default=State.ASKED, editable=False)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    decided = models.DateTimeField(null=True, editable=False)
    reason = SealedTextField(_("why"), long=True, blank=True)
    statement = SealedTextField(_("what the child says"), long=True, blank=True)
    stated = models.DateTimeField(null=True, editable=False)
    withdrawn = models.DateTimeField(null=True, editable=False)

    class Meta(ChildRecord.Meta):
        constraints = [
            models.CheckConstraint(
                name="correction_decided_by_somebody",
                condition=Q(state=1, decided=None, decided_by=None)
                | Q(state__gt=1, decided__isnull=False, decided_by__isnull=False),
            ),
            models.CheckConstraint(
                name="statement_where_declined",
                condition=Q(stated=None, withdrawn=None) | Q(state=3, stated__isnull=False),
            ),
        ]
        indexes = [
            models.Index(
                name="statement_that_stands",
                fields=["child", "section"],
                condition=Q(stated__isnull=False, withdrawn=None),
            )
        ]
