"""Agencies, teams, people, memberships and certificates."""

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
    def team_ids(self) -> set[uuid.UUID]:
        """Return the teams that the person is in."""
        return {membership.team_id for membership in self.memberships.all() if membership.until is None}  # type: ignore[attr-defined]

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
            super().save(*args, **kwargs)


class Membership(Tracked):
    """A person in a team, from one day until another."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="memberships")
    team = models.ForeignKey(Team, models.PROTECT, related_name="memberships")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)

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


class Certificate(Tracked):
    """Proof of training for a version of the unified standard."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="certificates")
    standard = models.CharField(_("standard and version"), max_length=80)
    valid_from = models.DateTimeField(_("valid from"))
    valid_until = models.DateTimeField(_("valid until"))

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="certificate_ends_after_start", condition=models.Q(valid_until__gt=models.F("valid_from"))
            )
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
