"""What every page's frame shows: who is here, where that person may go, how much waits."""

import datetime
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.timezone import get_current_timezone_name
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.identity import is_acting
from portal.access.rights import waits_for_code
from portal.access.roles import works_with_files
from portal.accounts.models import Person
from portal.accounts.network import languages as offered_languages
from portal.accounts.network import network_name
from portal.accounts.roles import CERTIFIED_ROLES, Role
from portal.audit import clock
from portal.casework.models import Notice
from portal.desk.oversight import FIGURE_ROLES, OVERSEERS
from referrals import inbox
from shelters.directory import READERS
from victims import matching

NO_FILES = {
    Role.AUDITOR: gettext_lazy("Auditors open no files."),
    Role.OPERATOR: gettext_lazy("Operators open no files."),
    Role.REGISTRAR: gettext_lazy("Registrars open no files."),
    Role.AGENCY_ADMIN: gettext_lazy("Agency administrators open no files."),
}
FILE_ROLES = frozenset(Role) - frozenset(NO_FILES)
MOST_PLACES = 6


@dataclass
class Frame:
    """The frame of one page."""

    viewer: Person | None = None
    nav: list[dict[str, Any]] = field(default_factory=list)
    notices: int | None = None
    demo: bool = settings.DEMO
    path: str = ""
    shortcuts: bool = True
    contact: str = settings.CONTACT
    code_url: str = ""  # where the person shows a code again, while sections wait for it

    @property
    def now(self) -> datetime.datetime:
        return clock.now()

    @property
    def languages(self) -> list[tuple[str, str, str]]:
        """Return the languages that the network offers, with the address to come back to."""
        return [(code, name, self.path) for code, name in offered_languages()]

    @property
    def network_name(self) -> str:
        return network_name()

    @property
    def agency_sign_in(self) -> str:
        """Return where people sign in through their agency; nothing where no provider is set."""
        return reverse("openid_connect_login", args=["agency"]) if settings.OIDC_ISSUER else ""

    @property
    def zone_name(self) -> str:
        """Return in which zone the page's times are, by its city."""
        return get_current_timezone_name().rpartition("/")[2].replace("_", " ")

    @property
    def no_files(self) -> str | Promise:
        """Return the sentence for whoever has only roles that open no file; nothing for the others."""
        roles = self.viewer.roles if self.viewer else []
        return "" if not FILE_ROLES.isdisjoint(roles) else next((NO_FILES[Role(role)] for role in roles), "")


def frame(request: HttpRequest) -> dict[str, Frame]:
    """Return the frame for the templates; outside a person's transaction nothing is counted."""
    person = getattr(request, "user", None)
    path = request.get_full_path()
    if not isinstance(person, Person) or person.identity is None:
        return {"frame": Frame(path=path)}
    made = Frame(person, navigation(person, request), waiting(person), settings.DEMO, path, person.shortcuts)
    if is_acting() and request.path != reverse("desk:code") and waits_for_code(person):
        made.code_url = f"{reverse('desk:code')}?{urlencode({'next': request.path})}"
    return {"frame": made}


def waiting(person: Person) -> int | None:
    """Return how many notices wait to be read; None where this page may not ask."""
    return Notice.objects.filter(person=person, seen=None).count() if is_acting() else None


def navigation(person: Person, request: HttpRequest) -> list[dict[str, Any]]:
    """Return the places that the person's roles can open, at most six."""
    roles = set(person.roles)
    places = [("desk:home", _("My work"), "w")]
    if Role.SUPERVISOR in roles:
        places.append(("desk:team", _("My team"), "t"))
    if roles & FILE_ROLES:
        places.append(("victims:children", _("Children"), "c"))
    if roles & CERTIFIED_ROLES:
        places.append(("victims:series", _("Series"), "s"))
    if Role.ANALYST in roles:  # six places are enough: investigators find the imports on the page of the series
        places.append(("victims:imports", _("Imports"), "i"))
    if roles & CERTIFIED_ROLES:
        places.append(("victims:matches", _("Matches"), "m"))
    if roles & READERS:
        places.append(("shelters:find", _("Shelters"), "b"))
    if works_with_files(roles):
        places.append(("referrals:inbox", _("Referrals"), "r"))
    if roles & OVERSEERS:
        places.append(("desk:audit", _("Files under review"), "h"))
    if Role.OPERATOR in roles:
        places += [("desk:agencies", _("Agencies"), "a"), ("desk:set_up", _("Set-up"), "u")]
    if roles & {Role.AGENCY_ADMIN, Role.OPERATOR}:
        places.append(("desk:people", _("People"), "p"))
    if Role.REGISTRAR in roles:
        places.append(("desk:certificates", _("Certificates"), "x"))
    if roles & {Role.AGENCY_ADMIN, Role.OPERATOR}:
        places.append(("desk:words", _("Vocabularies"), "v"))
    if roles & FIGURE_ROLES and len(places) < MOST_PLACES:
        places.append(("desk:figures", _("Figures"), "f"))
    counts: dict[str, Callable[[], int]] = {}
    if is_acting():
        counts = {
            "victims:matches": matching.count_waiting,
            "referrals:inbox": partial(inbox.count_to_claim, person),
        }
    rows = [
        {"url": reverse(name), "label": label, "key": key, "count": counts.get(name, int)()}
        for name, label, key in places
    ]
    inside = [row["url"] for row in rows if request.path.startswith(row["url"]) and row["url"] != "/"]
    here = max(inside, key=len, default=request.path)
    return [row | {"current": row["url"] == here} for row in rows]
