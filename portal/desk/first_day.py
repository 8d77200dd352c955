"""The first day in words: what an operator did before there was a file; and what becomes of an agency switched off or on."""

from itertools import groupby
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.operating import first_day_acts, first_day_invitations
from portal.accounts.models import Agency, Agreement, Membership, Network, Person, Team

# What an event says was made or changed, by its table; (made, changed). Names come from the record as it stands today.
WORDS: dict[str, tuple[Any, Any]] = {
    "accounts.agency": (gettext_lazy("Registered the agency %(name)s"), gettext_lazy("Changed the agency %(name)s")),
    "accounts.team": (gettext_lazy("Made the team %(name)s"), gettext_lazy("Changed the team %(name)s")),
    "accounts.person": (gettext_lazy("Registered %(name)s"), gettext_lazy("Changed the account of %(name)s")),
    "accounts.membership": (
        gettext_lazy("Put into a team: %(name)s"),
        gettext_lazy("Changed a place in a team: %(name)s"),
    ),
    "accounts.invitation": (
        gettext_lazy("Invited %(name)s"),
        gettext_lazy("Sent or changed the invitation of %(name)s"),
    ),
    "accounts.personchange": (gettext_lazy("Asked a second person"), gettext_lazy("Decided as a second person")),
    "accounts.agreement": (
        gettext_lazy("Signed the agreement of %(name)s"),
        gettext_lazy("Ended the agreement of %(name)s"),
    ),
    "referrals.service": (
        gettext_lazy("Entered a service in the directory"),
        gettext_lazy("Changed a service of the directory"),
    ),
    "accounts.network": (gettext_lazy("Saved the network’s settings"), gettext_lazy("Changed the network’s settings")),
}
OTHER = (gettext_lazy("Made a record (%(table)s)"), gettext_lazy("Changed a record (%(table)s)"))


def acts() -> list[dict[str, Any]]:
    """Return the acts, oldest first, each as a sentence with who and when; the same again at once stands there once."""
    found = first_day_acts()
    names = names_of([act["entity_id"] for act in found])
    for act in found:
        made, changed = WORDS.get(act["entity"], OTHER)
        words = made if act["action"] == "C" else changed
        act["words"] = words % {"name": names.get(act["entity_id"], "–"), "table": act["entity"]}
    runs = [list(run) for _same, run in groupby(found, lambda act: (act["words"], act["person"]))]
    return [run[0] | {"times": len(run)} for run in runs]


def names_of(ids: list[Any]) -> dict[Any, str]:
    """Return what the records of these ids are called, whatever they are."""
    names = {agency.pk: agency.name for agency in Agency.objects.filter(pk__in=ids)}
    names |= {person.pk: who(person) for person in Person.objects.select_related("agency").filter(pk__in=ids)}
    for team in Team.objects.select_related("agency").filter(pk__in=ids):
        names[team.pk] = f"{team.label} ({team.agency.name})"
    for one in Membership.objects.select_related("person", "team__agency").filter(pk__in=ids):
        names[one.pk] = _("%(person)s in %(team)s") % {"person": one.person.short_name, "team": one.team.label}
    names |= first_day_invitations()
    names |= {one.pk: one.agency.name for one in Agreement.objects.select_related("agency").filter(pk__in=ids)}
    return names | {row.pk: row.name for row in Network.objects.filter(pk__in=ids)}


def who(person: Person) -> str:
    """Return a person with role and agency."""
    return _(", ").join([person.short_name, person.role_label, person.agency.name])


def what_goes_off() -> dict[str, list[str]]:
    """Return what happens and what stays when an agency is switched off."""
    return {
        "happens": [
            _("Everybody who works there is signed out now and cannot sign in."),
            _("What was given to its teams opens nothing from the next click on, nor does what they passed on."),
        ],
        "stays": [
            _("Its people, teams and history stay as they are."),
            _("What was given to it rests: it ends on its day, and whoever gave it can end it before."),
            _("Files are never left without an owner: an agency that owns one stays on until it is transferred."),
            _("You can switch it on again."),
        ],
    }


def what_goes_on() -> dict[str, list[str]]:
    """Return what happens and what stays when an agency is switched on again."""
    return {
        "happens": [
            _("Its people can sign in again, each anew."),
            _("What was given to its teams and has not ended opens again."),
        ],
        "stays": [_("What ended meanwhile stays ended: by its day, by hand, or with its legal basis or agreement.")],
    }


def what_ends() -> dict[str, list[str]]:
    """Return what happens and what stays when an agreement ends."""
    return {
        "happens": [
            _("What other agencies gave to this one opens nothing from the next click on."),
            _("Nothing new can be given to it until another agreement is signed."),
        ],
        "stays": [_("Its own files stay open to it."), _("What was signed and when stays on record.")],
    }
