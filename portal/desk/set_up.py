"""The list of what a new portal needs before its first file: each line, whether it is done, and where it is done."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access.operating import newest_key
from portal.access.people import keepers
from portal.accounts import backups as known
from portal.accounts.models import NETWORK_ID, Agency, Invitation, Network, Person
from portal.accounts.network import first_values
from portal.accounts.roles import Role
from portal.audit import clock
from portal.casework.templatetags.portal import digits, full_date, listed
from portal.desk import backups

ADMINISTRATORS = OPERATORS = 2  # from then on the one can ask and the other decide


@dataclass(frozen=True)
class Line:
    """One line of the list: what stands now in words, and the page that goes on."""

    title: str
    is_done: bool
    said: str
    url: str
    act: str
    is_late: bool = False


def lines(person: Person) -> list[Line]:
    """Return the list as it stands now."""
    row = Network.objects.select_related("mail_tested_by", "key_copied_by").filter(pk=NETWORK_ID).first()
    now: Any = row or first_values()
    kept = [network_line(now, row is not None), mail_line(now), keys_line(now), backup_line(now)]
    return [*kept, *people_lines(person)]


def network_line(now: Network, is_saved: bool) -> Line:
    names = dict(settings.LANGUAGES)
    said = _("%(name)s · times in %(zone)s · %(languages)s") % {
        "name": now.name,
        "zone": now.time_zone.replace("_", " "),
        "languages": listed([names[code] for code in now.languages if code in names]),
    }
    act = _("Change") if is_saved else _("Look at it and save")
    return Line(_("Name, time zone and languages"), is_saved, said, reverse("desk:set_network"), act)


def mail_line(now: Network) -> Line:
    is_done = now.mail_tested is not None
    if is_done:
        said = _("From %(address)s. A test was taken by the mail server on %(day)s (%(name)s).") % {
            "address": now.mail_from,
            "day": full_date(now.mail_tested),
            "name": now.mail_tested_by.short_name,  # type: ignore[union-attr]
        }
    else:
        said = _("From %(address)s. Not tested yet: nobody can be invited before mail arrives.") % {
            "address": now.mail_from
        }
    return Line(_("Mail"), is_done, said, reverse("desk:set_mail"), _("Change or test") if is_done else _("Test it"))


def keys_line(now: Network) -> Line:
    is_done = now.key_copied == newest_key()
    if is_done:
        said = _(
            "The newest key is %(key)s. %(name)s confirmed on %(day)s that a copy lies apart from the database."
        ) % {
            "key": newest_key(),
            "name": now.key_copied_by.short_name,  # type: ignore[union-attr]
            "day": full_date(now.key_copied_on),
        }
    else:
        said = _("The newest key is %(key)s. Without a copy of it nobody could read what it closed.") % {
            "key": newest_key()
        }
    return Line(_("Key ring"), is_done, said, reverse("desk:keys"), _("Look again") if is_done else _("Back it up"))


def backup_line(now: Network) -> Line:
    """Return the line of the backups: done where their place is noted, and red where they are late all the same."""
    state = known.state()
    unknown = _("Their place is not noted. Whoever has to restore the portal one day looks here.")
    place = f"{now.backup_place} ·" if now.backup_place else unknown
    is_done = bool(now.backup_place)
    is_late = not state.is_good and (is_done or not state.is_new)
    act = _("See the backups") if is_done and not is_late else _("See what to do")
    return Line(_("Backups"), is_done, f"{place} {backups.said(state)}", reverse("desk:set_backup"), act, is_late)


def people_lines(person: Person) -> list[Line]:
    """Return the lines of the first agency, of its first two administrators, and of a second operator."""
    agencies = Agency.objects.filter(is_active=True).exclude(pk=person.agency_id)  # type: ignore[misc]
    first, count = agencies.order_by("pk").first(), agencies.count()
    said = ngettext("%(count)s agency is registered.", "%(count)s agencies are registered.", count) % {
        "count": digits(count)
    }
    agency = Line(
        _("First agency"),
        count > 0,
        said if count else _("None yet. Its people work on the first files."),
        reverse("desk:agencies") if count else reverse("desk:new_agency"),
        _("See the agencies") if count else _("Register it"),
    )
    there = there_or_invited(Role.AGENCY_ADMIN, ~Q(agency=person.agency_id))
    waits = there < ADMINISTRATORS
    words = counted(there)
    need = _("Two are needed: what one of them asks about a person, another one decides.")
    page = reverse("desk:agency", args=[first.pk]) if first else reverse("desk:agencies")
    people = Line(
        _("Two administrators"),
        not waits,
        f"{words} {need}" if waits else words,
        page,
        _("Invite them") if waits else _("See them"),
    )
    return [agency, people, operators_line(person)]


def operators_line(person: Person) -> Line:
    """Return the line of a second operator: whom an administrator of the network's own office invites."""
    there, office = there_or_invited(Role.OPERATOR), [person.agency_id]  # type: ignore[attr-defined]
    need = _(
        "From the first file on, an agency’s first administrator is invited by one operator and agreed to by another."
    )
    if keepers(person.agency_id).exists():  # type: ignore[attr-defined]
        page, act = reverse("desk:agency", args=office), _("See them")
        how = _("An administrator of your own office invites the second one.")
    else:
        page, act = f"{reverse('desk:invite')}?agency={person.agency_id}", _("Invite an administrator of your office")
        how = _("An administrator of your own office invites the second one, and there is none.")
    is_done = there >= OPERATORS
    return Line(_("Two operators"), is_done, counted(there) if is_done else f"{counted(there)} {need} {how}", page, act)


def there_or_invited(role: Role, *where: Q) -> int:
    """Return how many people with a role can sign in, or hold an invitation that still opens."""
    there = Person.objects.filter(*where, roles__contains=[role], is_active=True, agency__is_active=True)
    invited = Invitation.objects.filter(*where, roles__contains=[role], state=Invitation.State.SENT)
    return there.count() + invited.filter(until__gt=clock.now(), agency__is_active=True).count()


def counted(count: int) -> str:
    """Return how many there are, in words."""
    return ngettext("%(count)s is there or invited.", "%(count)s are there or invited.", count) % {
        "count": digits(count)
    }
