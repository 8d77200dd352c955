"""Names as they sound, hashed: what a search by name asks instead of the names, which are sealed."""

from django.db import models

from portal.access.sections import Section


class NameToken(models.Model):
    """The keyed hash of one code of a child's name. Behind the wall of IDENTITY: equal hashes are names that sound alike."""

    section = Section.IDENTITY
    pk = models.CompositePrimaryKey("token", "child_id")
    token = models.BigIntegerField()
    child = models.ForeignKey("victims.Child", models.PROTECT, related_name="+")

    class Meta:
        default_permissions = ()
