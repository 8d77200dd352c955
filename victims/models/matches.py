"""What the comparison of hashes finds: pairs of series, the files that match in them, and what officers decided."""

from typing import Any

from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from portal.accounts.models import Person
from portal.audit.events import Event
from portal.audit.ids import uuid7
from portal.audit.models import Tracked
from victims.models.series import Import, Media, MediaHash, Series

PDQ_BITS = 256
# Eleven pieces, of which two hashes at distance 31 have at least one that differs in two bits at most: 11 x 3 > 31.
PIECES = tuple((24 * n + 1, 24) if n < 3 else (73 + 23 * (n - 3), 23) for n in range(11))  # (first bit, bits)


class BitField(models.Field):
    """A fixed number of bits, written as the database reads them: x and hexadecimal digits."""

    def __init__(self, *args: Any, bits: int, **kwargs: Any) -> None:
        self.bits = bits
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        name, path, args, kwargs = super().deconstruct()
        return name, path, args, kwargs | {"bits": self.bits}

    def db_type(self, connection: Any) -> str:
        return f"bit({self.bits})"


def piece(number: int) -> models.GeneratedField:
    """Return the column of one piece of the hash, worked out by the database."""
    first, bits = PIECES[number]
    cut = Func(F("hash"), first, bits, function="substring")
    return models.GeneratedField(
        expression=Cast(cut, models.IntegerField()), output_field=models.IntegerField(), db_persist=True
    )


class PerceptualHash(models.Model):
    """The PDQ hash of one file in the form in which near ones are found. Rows are added, never changed."""

    media = models.OneToOneField(Media, models.PROTECT, primary_key=True, related_name="+")
    series = models.ForeignKey(Series, models.PROTECT, related_name="+", db_index=False)
    hash = BitField(bits=PDQ_BITS)
    quality = models.SmallIntegerField(null=True)  # 0 to 100 where the sender gave it; below 50 nothing near is sought
    c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, c10 = (piece(number) for number in range(len(PIECES)))

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name=f"perceptual_c{n}", fields=[f"c{n}"]) for n in range(11)]


class SeriesPair(models.Model):
    """Two series in which files match (or one, with itself). Written by the comparison; state follows the decision."""

    class State(models.IntegerChoices):
        WAITING = 1, _("To decide")
        PROPOSED = 2, _("Same child? One officer says so")
        SAME = 3, _("Same child")
        NOT_THE_SAME = 4, _("Not the same")
        CANNOT_TELL = 5, _("Cannot tell yet")

    id = models.UUIDField(primary_key=True, default=uuid7)
    series_a = models.ForeignKey(Series, models.PROTECT, related_name="+")
    series_b = models.ForeignKey(Series, models.PROTECT, related_name="+")
    identical = models.PositiveIntegerField(default=0)  # pairs of files with the same exact digest
    near = models.PositiveIntegerField(default=0)  # pairs of files alike in their perceptual hash alone
    found = models.DateTimeField()
    latest = models.DateTimeField()  # when files of the pair were last found to match
    state = models.SmallIntegerField(choices=State.choices, default=State.WAITING)

    class Meta:
        default_permissions = ()
        indexes = [models.Index(name="pair_to_decide", fields=["state", "-id"], condition=~Q(series_a=F("series_b")))]
        constraints = [
            models.UniqueConstraint(name="one_pair_of_series", fields=["series_a", "series_b"]),
            models.CheckConstraint(name="pair_in_one_order", condition=Q(series_a__lte=F("series_b"))),
        ]


class MediaMatch(models.Model):
    """Two files with a digest in common, or near in PDQ. A fact: rows are added by the comparison, never changed."""

    pair = models.ForeignKey(SeriesPair, models.PROTECT, related_name="matches")
    a = models.ForeignKey(Media, models.PROTECT, related_name="+", db_index=False)  # the file of the pair's series_a
    b = models.ForeignKey(Media, models.PROTECT, related_name="+", db_index=False)
    kind = models.SmallIntegerField(choices=MediaHash.Kind.choices)
    distance = models.SmallIntegerField(null=True)  # bits of 256 that differ; PDQ alone has a distance
    source = models.ForeignKey(Import, models.PROTECT, related_name="+", db_column="import_id")  # that brought it up
    made = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(name="one_match_of_a_kind", fields=["a", "b", "kind"]),
            models.CheckConstraint(
                name="match_has_a_distance",
                condition=Q(kind=MediaHash.Kind.PDQ, distance__range=(0, 31))
                | (~Q(kind=MediaHash.Kind.PDQ) & Q(distance=None)),
            ),
        ]


class MatchDecision(Tracked):
    """What officers say of a pair of series. One that two officers have to say waits for the second of another team."""

    pair = models.OneToOneField(SeriesPair, models.PROTECT, related_name="decision")
    state = models.SmallIntegerField(choices=SeriesPair.State.choices, default=SeriesPair.State.WAITING)
    reason = models.CharField(_("why"), max_length=300)
    decided = models.DateTimeField()
    decided_by = models.ForeignKey(Person, models.PROTECT, related_name="+")
    answer_by = models.DateTimeField(null=True)  # while a second officer is waited for: until when
    confirmed = models.DateTimeField(null=True)
    confirmed_by = models.ForeignKey(Person, models.PROTECT, null=True, related_name="+")
    confirm_reason = models.CharField(_("why the second officer agrees"), max_length=300, blank=True)

    class Meta(Tracked.Meta):
        constraints = [
            models.CheckConstraint(
                name="second_officer_says_same",
                condition=Q(state=SeriesPair.State.SAME, confirmed__isnull=False, confirmed_by__isnull=False)
                | (~Q(state=SeriesPair.State.SAME) & Q(confirmed=None, confirmed_by=None, confirm_reason="")),
            ),
            models.CheckConstraint(
                name="second_officer_is_another",
                condition=Q(confirmed_by=None) | ~Q(confirmed_by=F("decided_by")),
            ),
        ]

    def change_event(self, action: str) -> Event:
        series = [self.pair.series_a_id, self.pair.series_b_id]
        return Event("decide match", action, entity="victims.seriespair", entity_id=self.pair_id, entities=series)
