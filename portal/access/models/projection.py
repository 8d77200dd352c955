"""The projection of the grants on guardian's direct-foreign-key tables."""

from django.db import models
from guardian.models import GroupObjectPermissionBase, UserObjectPermissionBase

from portal.access.models.grants import Grant
from portal.accounts.models import Person


class ProjectedPermission(models.Model):
    """What the projection adds to guardian's columns. Written by access.project_files() and project_series() alone."""

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
    """A row for each person, permission and object."""

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
    """Two rows of one permission where an emergency opens it beside what was given: each counts at its own stage."""

    content_object = models.ForeignKey("victims.Child", models.PROTECT, db_index=False, related_name="+")
    stage = models.SmallIntegerField()

    class Meta:
        default_permissions = ()
        unique_together = ()
        constraints = [
            models.UniqueConstraint(
                name="child_user_permission",
                fields=["user", "permission", "content_object", "stage"],
                include=["valid_until"],
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
