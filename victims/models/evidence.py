"""What the files of a series show, in words, and the names that people in it use online."""

import unicodedata
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy as _

from portal.casework.models import SeriesRecord


class Clue(SeriesRecord):
    """A mark or an object that could lead to a place or a child, described in words. It never describes the abuse."""

    class Status(models.IntegerChoices):
        OPEN = 1, _("open")
        PUBLIC = 2, _("out to the public")
        NARROWED = 3, _("narrowed to a region")
        TRACED = 4, _("traced")
        ELIMINATED = 5, _("eliminated")

    kind = models.SlugField(_("kind"), max_length=60)
    text = models.CharField(_("what it looks like"), max_length=300)
    on_body = models.CharField(_("where on the body"), max_length=80, blank=True)
    status = models.SmallIntegerField(_("how far it led"), choices=Status.choices, default=Status.OPEN)
    result = models.CharField(_("what came of it"), max_length=300, blank=True)

    class Meta(SeriesRecord.Meta):
        constraints = [
            models.CheckConstraint(
                name="clue_that_ended_says_how", condition=models.Q(status__lt=3) | ~models.Q(result="")
            )
        ]


class OnlineIdentifier(SeriesRecord):
    """A name, number or address that somebody in the files uses online."""

    class Owner(models.IntegerChoices):
        UNKNOWN = 0, _("not known whose")
        SUSPECT = 1, _("a suspect's")
        CHILD = 2, _("the child's")

    kind = models.SlugField(_("kind"), max_length=60)
    value = models.CharField(_("identifier"), max_length=200)
    normalised = models.CharField(max_length=400, editable=False)
    owner = models.SmallIntegerField(_("whose it is"), choices=Owner.choices, default=Owner.UNKNOWN)

    class Meta(SeriesRecord.Meta):
        indexes = [models.Index(name="identifier_value", fields=["kind", "normalised"])]

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.normalised = normalised(self.value)
        super().save(*args, **kwargs)


def normalised(value: str) -> str:
    """Return an identifier as it is compared: without spaces around it, in one spelling and lower case."""
    return unicodedata.normalize("NFKC", value).strip().lower()[:400]
