"""Identity tokens, and the database's copies of who may do what."""

from django.db import models

from portal.accounts.models import Person
from portal.audit.ids import uuid7


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
