"""Agencies, teams, people, memberships and certificates; invitations, and what two people decide about a third."""

import datetime
import uuid
import zoneinfo
from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import Group
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_countries.fields import CountryField

from portal.accounts import passwords
from portal.accounts.roles import AgencyKind, Role
from portal.audit import clock
from portal.audit.models import Tracked
from portal.audit.stamp import Stamp

NETWORK_ID = uuid.UUID(int=1)
TIME_ZONES = [(name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())]


class Agency(Tracked):
    """A member of the network. Its kind can give a section away: a shelter's name tells where a child lives."""

    name = models.CharField(_("name"), max_length=120)
    kind = models.CharField(_("kind"), max_length=20, choices=AgencyKind.choices)
    country = CountryField(_("country"))
    time_zone = models.CharField(_("time zone"), max_length=60, choices=TIME_ZONES, default="UTC")
    therapy = models.BooleanField(_("gives therapy"), default=False)
    is_active = models.BooleanField(_("active"), default=True)


class Team(Tracked):
    """People who hold files together. The group is what permission rows point at; its name is the team's id."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="teams")
    name = models.CharField(_("name"), max_length=120)
    group = models.OneToOneField(Group, models.PROTECT, editable=False)
    is_intake = models.BooleanField(_("intake desk"), default=False)

    @property
    def label(self) -> str:
        """Return the team's name; that of an intake desk, made with its agency, in the reader's language."""
        return gettext("Intake desk") if self.is_intake and self.name == "Intake desk" else self.name


class PersonManager(BaseUserManager["Person"]):
    """Finds people by e-mail address, in whatever case it is typed."""

    def get_by_natural_key(self, email: str | None) -> "Person":
        return self.get(email__iexact=email)


class Person(AbstractBaseUser, Tracked):
    """Somebody who signs in. Accounts are closed, never deleted, and none of them passes a permission check by rank."""

    email = models.EmailField(_("e-mail address"), unique=True)
    given_name = models.CharField(_("given name"), max_length=80)
    family_name = models.CharField(_("family name"), max_length=80)
    agency = models.ForeignKey(Agency, models.PROTECT, related_name="people")
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"))
    language = models.CharField(_("language"), max_length=8, default="en")
    time_zone = models.CharField(_("time zone"), max_length=60, choices=TIME_ZONES, default="UTC")
    shortcuts = models.BooleanField(_("single-key shortcuts"), default=True)
    is_active = models.BooleanField(_("active"), default=True)
    joined = models.DateTimeField(editable=False)  # the time for the first briefing runs from here
    last_login = None  # type: ignore[assignment]  # sign-ins are events
    outside_history = ("password",)

    objects: ClassVar[PersonManager] = PersonManager()  # type: ignore[assignment]
    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["given_name", "family_name"]

    class Meta(Tracked.Meta):
        constraints = [
            # Whoever keeps the portal opens no file: not by a second role either.
            models.CheckConstraint(
                name="an_operator_is_nothing_else",
                condition=~models.Q(roles__contains=[Role.OPERATOR]) | models.Q(roles=[Role.OPERATOR]),
            )
        ]

    # Set at sign-in by portal.access: the proof that this process acts for this person.
    identity: Any = None
    _teams: tuple[datetime.datetime | None, frozenset[uuid.UUID]] = (None, frozenset())

    @property
    def short_name(self) -> str:
        return f"{self.given_name[:1]}. {self.family_name}"

    @property
    def initials(self) -> str:
        return self.given_name[:1] + self.family_name[:1]

    @property
    def role_label(self) -> str:
        return ", ".join(str(Role(role).label) for role in self.roles)

    @property
    def team_ids(self) -> frozenset[uuid.UUID]:
        """Return the teams that the person is in, read once a transaction: a page asks for them often."""
        at, (read_at, known) = clock.transaction_time.get(), self._teams
        if at is None or at is not read_at:
            known = frozenset(one.team_id for one in self.memberships.all() if one.until is None)  # type: ignore[attr-defined]
            self._teams = at, known
        return known

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.time_zone)

    def stamp(self, **more: str) -> Stamp:
        """Return this person as the author of what is written: names and agency as they are today."""
        return Stamp(self.pk, self.short_name, self.agency_id, self.agency.name, ",".join(self.roles), **more)

    def save(self, *args: Any, **kwargs: Any) -> None:
        # So do the sign-in library's changes of a password come, and the renewal of an old hash.
        if set(kwargs.get("update_fields") or ()) == {"password"}:
            passwords.store(self)
        else:
            self.joined = self.joined or clock.now()
            super().save(*args, **kwargs)


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Who is in which team."""

    def live(self) -> "MembershipQuerySet":
        """Return the memberships that count now."""
        now = clock.now()
        return self.filter(models.Q(until=None) | models.Q(until__gt=now), since__lte=now)

    def working(self) -> "MembershipQuerySet":
        """Return the memberships that count now, of people whose account and agency are active."""
        return self.live().filter(person__is_active=True, person__agency__is_active=True)


class Membership(Tracked):
    """A person in a team, from one day until another."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[Any] = MembershipQuerySet.as_manager()

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="membership_ends_after_start",
                condition=models.Q(until=None) | models.Q(until__gt=models.F("since")),
            ),
            models.UniqueConstraint(
                name="one_live_membership", fields=["person", "team"], condition=models.Q(until=None)
            ),
        ]


class Standard(Tracked):
    """A version of the unified standard. Thirty days after the next one came into force, certificates for it end."""

    label = models.CharField(_("standard and version"), max_length=80)
    since = models.DateTimeField(_("in force from"))

    def __str__(self) -> str:
        return self.label


class CertificateQuerySet(models.QuerySet["Certificate"]):
    """Proofs of training."""

    def live(self) -> "CertificateQuerySet":
        """Return the certificates that stand now: begun, not ended, not revoked."""
        now = clock.now()
        return self.filter(revoked=None, valid_from__lte=now, valid_until__gt=now)


class Certificate(Tracked):
    """Proof of training: for a version of the unified standard, or of the agency's own safeguarding briefing."""

    class Kind(models.TextChoices):
        STANDARD = "standard", _("unified standard")
        BRIEFING = "briefing", _("safeguarding briefing")

    person = models.ForeignKey(Person, models.PROTECT, related_name="certificates")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.STANDARD)
    standard = models.ForeignKey(
        Standard, models.PROTECT, null=True, related_name="+", verbose_name=_("standard and version")
    )
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"))
    revoked = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[Any] = CertificateQuerySet.as_manager()

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="certificate_ends_after_start", condition=models.Q(valid_until__gt=models.F("valid_from"))
            ),
            models.CheckConstraint(
                name="certificate_names_its_standard",
                condition=models.Q(kind="standard", standard__isnull=False) | models.Q(kind="briefing", standard=None),
            ),
        ]

    @property
    def title(self) -> str:
        """Return what it is for, in words."""
        return str(self.standard or self.Kind(self.kind).label)


class Invitation(Tracked):
    """Somebody whom an agency asks to join. The account is made when the link is opened; of its secret only the hash is kept."""

    class State(models.IntegerChoices):
        ASKED = 1, _("waits for a second person")
        SENT = 2, _("sent")
        ACCEPTED = 3, _("accepted")
        WITHDRAWN = 4, _("withdrawn")
        REFUSED = 5, _("refused")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="invitations")
    email = models.EmailField(_("e-mail address"))
    given_name = models.CharField(_("given name"), max_length=80)
    family_name = models.CharField(_("family name"), max_length=80)
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), verbose_name=_("roles"))
    teams = ArrayField(models.UUIDField(), default=list, verbose_name=_("teams"))
    invited_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    made = models.DateTimeField()
    state = models.SmallIntegerField(choices=State.choices, default=State.ASKED, editable=False)
    sends = models.PositiveSmallIntegerField(default=0, editable=False)  # each makes a new link and ends the one before
    digest = models.BinaryField(null=True, unique=True)
    until = models.DateTimeField(null=True)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")  # who came of it

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="invitation_accepted_by_somebody",
                condition=models.Q(state=3, person__isnull=False) | (~models.Q(state=3) & models.Q(person=None)),
            ),
            models.CheckConstraint(
                name="invitation_link_with_end",
                condition=models.Q(digest=None, until=None) | models.Q(digest__isnull=False, until__isnull=False),
            ),
        ]

    @property
    def short_name(self) -> str:
        return f"{self.given_name[:1]}. {self.family_name}"

    @property
    def role_label(self) -> str:
        return ", ".join(str(Role(role).label) for role in self.roles)

    @property
    def reference(self) -> str:
        """Return what mail and page call it by: it says nothing of anybody."""
        return f"{self.pk.hex[-8:-4]}-{self.pk.hex[-4:]}".upper()

    @property
    def is_open(self) -> bool:
        """Return whether its link still opens the way in."""
        return self.state == self.State.SENT and self.until is not None and self.until > clock.now()


class PersonChange(Tracked):
    """What one administrator asks about a person and another person decides: neither of them the person concerned."""

    class Kind(models.TextChoices):
        ROLES = "roles", _("other roles")
        INVITATION = "invitation", _("an invitation")
        REOPENING = "reopening", _("opening the account again")
        SECOND_FACTOR = "second_factor", _("a new second factor")

    class State(models.IntegerChoices):
        ASKED = 1, _("asked")
        APPROVED = 2, _("approved")
        REFUSED = 3, _("refused")
        WITHDRAWN = 4, _("withdrawn")

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="+")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    person = models.ForeignKey(Person, models.PROTECT, null=True, related_name="changes")
    invitation = models.ForeignKey(Invitation, models.PROTECT, null=True, related_name="changes")
    before = ArrayField(models.CharField(max_length=20), default=list)
    roles = ArrayField(models.CharField(max_length=20, choices=Role.choices), default=list)
    asked_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    asked = models.DateTimeField()
    reason = models.CharField(_("why"), max_length=300)
    state = models.SmallIntegerField(choices=State.choices, default=State.ASKED, editable=False)
    decided_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    decided = models.DateTimeField(null=True)
    comment = models.CharField(_("comment"), max_length=300, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.UniqueConstraint(
                name="one_open_change", fields=["person", "kind"], condition=models.Q(state=1, person__isnull=False)
            ),
            models.CheckConstraint(
                name="change_is_about_somebody",
                condition=models.Q(kind="invitation", invitation__isnull=False, person=None)
                | (~models.Q(kind="invitation") & models.Q(invitation=None, person__isnull=False)),
            ),
            models.CheckConstraint(
                name="change_decided_by_another",
                condition=models.Q(state=1, decided=None, decided_by=None)
                | models.Q(state=4, decided__isnull=False, decided_by=None)
                | (
                    models.Q(state__in=[2, 3], decided__isnull=False, decided_by__isnull=False)
                    & ~models.Q(decided_by=models.F("asked_by"))
                ),
            ),
        ]

    @property
    def subject(self) -> Any:
        """Return whom it is about: a person, or an invitation with its names."""
        return self.person or self.invitation


class Agreement(Tracked):
    """What an agency has signed that it may receive of other agencies' files; no access reaches further or longer."""

    agency = models.ForeignKey(Agency, models.PROTECT, related_name="agreements")
    sections = ArrayField(models.SmallIntegerField(), verbose_name=_("sections that it may receive"))
    signed_on = models.DateField(_("signed on"))
    begins = models.DateTimeField(_("valid from"))
    until = models.DateTimeField(_("valid until"))
    ended = models.DateTimeField(null=True, editable=False)
    end_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(name="agreement_ends_after_start", condition=models.Q(until__gt=models.F("begins"))),
            models.CheckConstraint(
                name="agreement_ended_with_reason",
                condition=models.Q(ended=None, end_reason="")
                | (models.Q(ended__isnull=False) & ~models.Q(end_reason="")),
            ),
            models.UniqueConstraint(
                name="one_agreement_of_an_agency", fields=["agency"], condition=models.Q(ended=None)
            ),
        ]


class Network(Tracked):
    """What the operator sets while the portal runs. One row, made by the first save; before it the environment counts."""

    name = models.CharField(_("name of the network"), max_length=80)
    time_zone = models.CharField(_("time zone"), max_length=60)
    languages = ArrayField(models.CharField(max_length=8), verbose_name=_("languages"))
    mail_from = models.EmailField(_("address that mail comes from"))
    mail_tested = models.DateTimeField(null=True, editable=False)  # when a mail to oneself was taken by the server
    mail_tested_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)
    backup_place = models.CharField(_("where backups are kept"), max_length=200, blank=True)
    key_copied = models.CharField(max_length=40, blank=True, editable=False)  # the newest key of the ring that day
    key_copied_on = models.DateTimeField(null=True, editable=False)
    key_copied_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+", editable=False)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(name="one_network", condition=models.Q(id=NETWORK_ID)),
            models.CheckConstraint(
                name="mail_was_tested_by_somebody",
                condition=models.Q(mail_tested=None, mail_tested_by=None)
                | models.Q(mail_tested__isnull=False, mail_tested_by__isnull=False),
            ),
            models.CheckConstraint(
                name="key_was_copied_by_somebody",
                condition=models.Q(key_copied="", key_copied_on=None, key_copied_by=None)
                | (models.Q(key_copied_on__isnull=False, key_copied_by__isnull=False) & ~models.Q(key_copied="")),
            ),
        ]
