"""Which services of the directory fit: filters of the directory, and what speaks against one for this child, in words."""

from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from portal.casework.models import Lookup
from portal.casework.templatetags.portal import digits, full_date
from referrals.models import Referral, Service
from shelters.matching import AGES, named
from victims.models import Child


@dataclass
class Choice:
    """One service as a sender reads it: what speaks against it, and the referral that is under way already."""

    service: Service
    doubts: list[str] = field(default_factory=list)
    under_way: Referral | None = None

    @property
    def rank(self) -> tuple[bool, bool, int, str]:
        """Those that a referral can be sent to first, then those with room, then the fewest doubts."""
        return self.service.team is None, self.service.is_full, len(self.doubts), self.service.name


def found(filters: dict[str, Any]) -> QuerySet[Service]:
    """Return the services in use that these filters leave, by name."""
    services = Service.objects.filter(is_active=True).select_related("agency", "team")
    if filters.get("kind"):
        services = services.filter(kind=filters["kind"])
    if filters.get("region"):
        services = services.filter(region=filters["region"])
    if filters.get("language"):
        services = services.filter(languages__contains=[filters["language"]])
    if filters.get("age") is not None:
        age = filters["age"]
        services = services.filter(Q(youngest=None) | Q(youngest__lte=age), Q(oldest=None) | Q(oldest__gte=age))
    return services.order_by("name", "pk")


def choices_for(child: Any, services: list[Service], under_way: dict[Any, Referral]) -> list[Choice]:
    """Return the services for a child, best first."""
    made = [Choice(service, doubts(service, child), under_way.get(service.pk)) for service in services]
    return sorted(made, key=lambda choice: choice.rank)


def doubts(service: Service, child: Any) -> list[str]:
    """Say in words what speaks against a service for a child: whom it takes, languages, room."""
    said = []
    if service.is_full:
        said.append(_("Full until %(day)s; takes what cannot wait 3 hours") % {"day": full_date(service.full_until)})
    if isinstance(child, Child):
        said += [*doubts_of_person(service, child), *doubts_of_languages(service, child)]
    return said


def doubts_of_person(service: Service, child: Child) -> list[str]:
    """Say where sex or age is not among those that the service takes."""
    said = []
    if service.sexes and child.sex in Service.Sex.values and child.sex not in service.sexes:
        only_boys = list(service.sexes) == [Service.Sex.MALE]
        said.append(_("Takes boys only") if only_boys else _("Takes girls only"))
    band = AGES.get(child.age_band)
    youngest, oldest = service.youngest or 0, service.oldest if service.oldest is not None else 25
    if band and (band[0] < youngest or min(band[1], 18) > max(oldest, 0)):
        said.append(_("Takes ages %(ages)s: ask whether the child’s age fits") % {"ages": ages(service)})
    return said


def doubts_of_languages(service: Service, child: Child) -> list[str]:
    """Say where no language of the child is spoken."""
    if not service.languages or not child.languages or set(service.languages) & set(child.languages):
        return []
    return [_("Not spoken: %(languages)s") % {"languages": named(child.languages)}]


def ages(service: Service) -> str:
    """Return the ages taken, in words."""
    if service.youngest is None and service.oldest is None:
        return _("every age")
    if service.oldest is None:
        return digits(_("%(youngest)s and older") % {"youngest": service.youngest})
    return digits(_("%(youngest)s to %(oldest)s") % {"youngest": service.youngest or 0, "oldest": service.oldest})


def kinds() -> dict[str, str]:
    """Return the kinds of service in the reader's language."""
    return {word.code: str(word) for word in Lookup.objects.filter(vocabulary="service_kind")}
