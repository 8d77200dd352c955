"""Which shelter can take a child tonight: what rules one out, what one lacks in words, and who comes first."""

import datetime
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from django.utils.translation import get_language, gettext_lazy, ngettext
from django.utils.translation import gettext as _
from langcodes import Language

from portal.accounts.models import Person
from portal.audit import clock
from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits, full_date
from shelters import licences
from shelters.models import Shelter
from victims.models import Child

STALE = datetime.timedelta(hours=6)  # a count older than this is rung for first
DAYS = 48  # hours, from which on a count is said to be days old
EMERGENCY = datetime.timedelta(hours=72)  # the longest stay in an emergency place
AGES = {"0-5": (0, 5), "6-11": (6, 11), "12-17": (12, 17), "18+": (18, 25)}
STAYS = {
    "tonight": gettext_lazy("Tonight, up to 72 hours"),
    "days": gettext_lazy("Tonight, 3 to 14 days"),
    "weeks": gettext_lazy("Tonight, some weeks"),
    "months": gettext_lazy("Tonight, some months"),
}
LACKING = {
    "siblings": gettext_lazy("Brothers and sisters not together"),
    "night_staff": gettext_lazy("No awake staff at night"),
    "hidden_address": gettext_lazy("Address not hidden"),
    "mother_and_child": gettext_lazy("Not for a mother with her child"),
    "step_free": gettext_lazy("Not step-free"),
    "woman_worker": gettext_lazy("No woman key worker"),
    "baby": gettext_lazy("Takes no baby"),
    "pet": gettext_lazy("Takes no pet"),
}


@dataclass(frozen=True)
class Needs:
    """What a child needs tonight, in bands: never who the child is."""

    sex: int = Child.Sex.NOT_KNOWN
    age_band: str = ""
    languages: tuple[str, ...] = ()
    stay: str = ""
    must: tuple[str, ...] = ()
    good: tuple[str, ...] = ()
    country: str = ""
    beds: int = 1  # with those of brothers and sisters, who stay together


@dataclass
class Fit:
    """How one shelter answers the needs."""

    shelter: Shelter
    beds: int
    free: int
    taken: datetime.datetime | None  # since when the bed that was taken last is taken
    cannot: str = ""
    has_lapsed: bool = False  # the licence has ended
    asked: int = 0  # how many needs were asked for
    met: list[str] = field(default_factory=list)
    must_missed: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def is_stale(self) -> bool:
        return self.shelter.counted is None or self.shelter.counted < clock.now() - STALE

    @property
    def mismatches(self) -> list[str]:
        return [*self.must_missed, *self.missed]

    @property
    def others(self) -> int:
        return self.asked - len(self.mismatches)

    @property
    def rank(self) -> tuple[bool, int, float]:
        """Must-haves met, then fewest mismatches, then the freshest count."""
        counted = self.shelter.counted
        return bool(self.must_missed), len(self.mismatches), -counted.timestamp() if counted else 0.0

    def doubts(self) -> list[str]:
        """Return what asks for a second look before the bed is held: each mismatch, and an old count."""
        return [*self.mismatches, *([count_words(self.shelter)] if self.is_stale else [])]


@dataclass(frozen=True)
class Judge:
    """What is the same for every shelter that somebody looks at: the shelters that a supervisor allows."""

    allowed: dict[uuid.UUID, Any]


def count_words(shelter: Shelter) -> str:
    """Say how old an old count is."""
    if shelter.counted is None:
        return _("Never counted. Ring before anybody drives.")
    hours = int((clock.now() - shelter.counted).total_seconds() // 3600)
    if hours >= DAYS:
        days = hours // 24
        words = ngettext(
            "Count is %(shown)s day old. Ring before anybody drives.",
            "Count is %(shown)s days old. Ring before anybody drives.",
            days,
        )
        return words % {"shown": digits(days)}
    words = ngettext(
        "Count is %(shown)s hour old. Ring before anybody drives.",
        "Count is %(shown)s hours old. Ring before anybody drives.",
        hours,
    )
    return words % {"shown": digits(hours)}


def bed_counts() -> dict:
    """Return beds, free beds and the last time one was taken, by shelter."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT shelter_id, beds, free, taken FROM access.bed_counts()")
        return {row[0]: row[1:] for row in cursor.fetchall()}


def look(needs: Needs, person: Person) -> tuple[list[Fit], list[Fit]]:
    """Return the shelters that can take the child, best first, and those that cannot, each with the reason."""
    shelters = Shelter.objects.filter(is_active=True).select_related("agency").order_by("public_name", "pk")
    if needs.country:
        shelters = shelters.filter(agency__country=needs.country)
    counts, words = bed_counts(), offer_words()
    by = judge_of(person)
    fits = [fit(shelter, needs, counts.get(shelter.pk, (0, 0, None)), words, by) for shelter in shelters]
    return sorted((one for one in fits if not one.cannot), key=lambda one: one.rank), [f for f in fits if f.cannot]


def judge_of(person: Person) -> Judge:
    """Return what is the same for every shelter that the person looks at."""
    return Judge(licences.allowed(person))


def offer_words() -> dict[str, str]:
    """Return what shelters may offer, in the reader's language."""
    return {word.code: str(word) for word in Lookup.objects.filter(vocabulary="shelter_offer")}


def fit(shelter: Shelter, needs: Needs, count: tuple, words: dict[str, str], by: Judge) -> Fit:
    """Hold one shelter against the needs."""
    made = Fit(shelter, *count)
    made.has_lapsed = licences.has_lapsed(shelter)
    made.cannot = why_not(made, needs, by)
    judge_licence(made, by)
    judge_person(made, needs)
    judge_languages(made, needs)
    judge_stay(made, needs)
    judge_beds(made, needs)
    for code in (*needs.must, *needs.good):
        lack = str(LACKING.get(code, _("Not offered: %(offer)s") % {"offer": words.get(code, code)}))
        judge(made, code in shelter.offers, words.get(code, code), lack, must=code in needs.must)
    return made


def judge(made: Fit, is_met: bool, words: str, lack: str, *, must: bool = False) -> None:
    """Note one need: met, or missed in words."""
    made.asked += 1
    if is_met:
        made.met.append(words)
    else:
        (made.must_missed if must else made.missed).append(lack)


def why_not(made: Fit, needs: Needs, by: Judge) -> str:
    """Return what rules the shelter out; nothing where it can take the child."""
    shelter = made.shelter
    if needs.sex in Shelter.Sex.values and needs.sex not in shelter.sexes:
        return takes_only(shelter)
    band = AGES.get(needs.age_band)
    if band and (band[1] < shelter.youngest or band[0] > shelter.oldest):
        return _("Takes ages %(ages)s only") % {"ages": ages(shelter)}
    if made.has_lapsed and shelter.pk not in by.allowed:
        return _("Licence ended on %(day)s; needs a supervisor’s decision") % {"day": full_date(shelter.licence_until)}
    return "" if made.free else _("Full")


def judge_licence(made: Fit, by: Judge) -> None:
    """Note a licence that has ended where a supervisor allows the shelter all the same: it asks for a second look."""
    allowed = by.allowed.get(made.shelter.pk)
    if made.has_lapsed and allowed is not None:
        words = _("Licence ended on %(day)s. %(name)s allows this shelter until %(until)s.")
        until = full_date(allowed.decided + licences.ALLOWED)
        names = {"day": full_date(made.shelter.licence_until), "name": allowed.decided_by.short_name, "until": until}
        judge(made, False, "", words % names, must=True)


def takes_only(shelter: Shelter) -> str:
    """Say whom a shelter takes that does not take everybody."""
    return _("Takes boys only") if list(shelter.sexes) == [Shelter.Sex.MALE] else _("Takes girls only")


def ages(shelter: Shelter) -> str:
    """Return the ages taken."""
    return digits(_("%(youngest)s to %(oldest)s") % {"youngest": shelter.youngest, "oldest": shelter.oldest})


def judge_person(made: Fit, needs: Needs) -> None:
    """Note sex and age: one that is not known, or at the edge of what the shelter takes, is asked about."""
    shelter = made.shelter
    if needs.sex in Shelter.Sex.values:
        judge(made, True, str(Shelter.Sex(needs.sex).label), "")
    elif len(shelter.sexes) == 1:
        judge(made, False, "", takes_only(shelter))
    band = AGES.get(needs.age_band)
    if band:
        inside = shelter.youngest <= band[0] and (band[1] <= shelter.oldest or band[0] == 18)
        words = _("Takes ages %(ages)s: ask whether the child’s age fits") % {"ages": ages(shelter)}
        judge(made, inside, str(Child.AgeBand(needs.age_band).label), words)


def judge_languages(made: Fit, needs: Needs) -> None:
    """Note the languages: one that the child speaks is enough."""
    if not needs.languages:
        return
    spoken = [tag for tag in needs.languages if tag in made.shelter.languages]
    words = _("%(languages)s spoken") % {"languages": named(spoken)}
    judge(made, bool(spoken), words, _("Not spoken: %(languages)s") % {"languages": named(needs.languages)})


def named(tags: list[str] | tuple[str, ...]) -> str:
    """Return languages in the reader's language."""
    return _(", ").join(Language.get(tag).display_name(get_language() or "en") for tag in tags)


def judge_stay(made: Fit, needs: Needs) -> None:
    """Note the length of the stay: an emergency place keeps a child for 72 hours."""
    if needs.stay:
        is_short = made.shelter.kind != "emergency" or needs.stay == "tonight"
        judge(made, is_short, str(STAYS[needs.stay]), _("Emergency place: 72 hours at most"))


def judge_beds(made: Fit, needs: Needs) -> None:
    """Note whether brothers and sisters find a bed each; where one is left, it is held only with a reason."""
    if needs.beds > 1:
        words = ngettext(
            "Only %(free)s bed is free, %(beds)s are needed",
            "Only %(free)s beds are free, %(beds)s are needed",
            made.free,
        )
        lack = words % {"free": digits(made.free), "beds": digits(needs.beds)}
        met = ngettext("%(beds)s bed", "%(beds)s beds", needs.beds) % {"beds": digits(needs.beds)}
        judge(made, made.free >= needs.beds, met, lack, must=True)
