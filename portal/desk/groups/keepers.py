"""What those look at first who keep people and the portal itself: certificates that end, and jobs that were given up."""

import datetime
from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access import training
from portal.accounts import backups as known
from portal.accounts.models import Certificate, Person
from portal.accounts.roles import CERTIFIED_ROLES, Role
from portal.audit import clock
from portal.casework.groups import Group, Row
from portal.casework.templatetags.portal import moment
from portal.desk import backups as shown
from portal.desk import jobs as work
from portal.desk import people
from portal.desk.set_up import lines

MOST = 10
AHEAD = datetime.timedelta(days=60)


def changes(person: Person) -> Group | None:
    """Return what a second person has to decide about an account: of the own agency, or where the operator is needed."""
    if people.KEEPERS.isdisjoint(person.roles):
        return None
    found = people.open_changes(person)[0]
    if not found:
        return None
    return Group(
        "changes",
        _("Accounts to decide on"),
        [change_row(people.change_row(one)) for one in found[:MOST]],
        "soon",
        ngettext("account to decide on", "accounts to decide on", len(found)),
        more=_("People"),
        more_url=reverse("desk:people"),
        has_more=len(found) > MOST,
    )


def change_row(asked: dict[str, Any]) -> Row:
    """Return what was asked about an account, with the button that leads to the decision."""
    change = asked["change"]
    address = reverse("desk:person_change", args=[change.pk])
    why = _("%(name)s asks.") % {"name": change.asked_by.short_name}
    title = f"{asked['asked']}: {asked['name']}"
    return Row(title=title, lead=moment(change.asked), url=address, why=why, act=_("Decide"), act_url=address)


def certificates(person: Person) -> Group | None:
    """Return the training that ends within sixty days: of the own agency for its administrator, certificates for registrars."""
    roles = set(person.roles)
    if roles.isdisjoint({Role.AGENCY_ADMIN, Role.REGISTRAR}):
        return None
    theirs = Person.objects.filter(is_active=True).select_related("agency").order_by("pk")
    if Role.REGISTRAR in roles:
        theirs = theirs.filter(roles__overlap=[str(role) for role in CERTIFIED_ROLES])
    else:
        theirs = theirs.filter(agency_id=person.agency_id)  # type: ignore[misc]
    found = ending(list(theirs), [Certificate.Kind.STANDARD] if Role.REGISTRAR in roles else list(Certificate.Kind))
    return Group(
        "certificates",
        _("Certificates that end within 60 days"),
        [certificate_row(person, one, trained) for one, trained in found[:MOST]],
        "soon",
        ngettext("certificate that ends", "certificates that end", len(found)),
        _("No certificate ends within 60 days."),
        has_more=len(found) > MOST,
    )


def ending(theirs: list[Person], kinds: list[str]) -> list[tuple[Person, people.Trained]]:
    """Return whose training of these kinds ends soon, by its own day or by a newer version of the standard, first ends first."""
    proofs, now = training.proofs_of(theirs), clock.now()
    trained = [(person, one) for person in theirs for one in people.training_of(person, proofs) if one.kind in kinds]
    soon = [(person, one) for person, one in trained if one.certificate and now < one.until < now + AHEAD]
    return sorted(soon, key=lambda pair: pair[1].until)


def certificate_row(reader: Person, person: Person, trained: people.Trained) -> Row:
    """Return whose training it is and until when it counts, with the page that renews it: nobody renews the own one."""
    why = f"{person.agency.name} · {trained.certificate.title}"  # type: ignore[union-attr]
    row = Row(title=person.short_name, due=trained.until, why=why)
    if person.pk == reader.pk:
        return row
    if Role.REGISTRAR in reader.roles:
        return replace(row, act=_("Record"), act_url=f"{reverse('desk:certify')}?person={person.pk}")
    page = reverse("desk:person", args=[person.pk])
    if trained.kind != Certificate.Kind.BRIEFING:
        return replace(row, url=page)
    return replace(row, url=page, act=_("Record a briefing"), act_url=reverse("desk:brief", args=[person.pk]))


def jobs(person: Person) -> Group | None:
    """Return the jobs that were given up, and an alarm where none is done: kinds and times, never what they are about."""
    if Role.OPERATOR not in person.roles:
        return None
    found, late = work.given_up(most=MOST + 1), work.late_since(work.figures())
    rows = [given_up_row(one) for one in found]
    if late:
        title = _("Jobs wait longer than 10 minutes: look whether the worker runs")
        rows.insert(0, Row(title=title, lead=moment(late), act=_("See the jobs"), act_url=reverse("desk:all_jobs")))
    return Group(
        "jobs",
        _("Jobs to look at"),
        rows[:MOST],
        "late",
        ngettext("job to look at", "jobs to look at", len(rows)),
        _("No job was given up, and none waits for too long."),
        _("Jobs of the portal"),
        reverse("desk:all_jobs"),
        has_more=len(rows) > MOST,
    )


def given_up_row(one: work.GivenUp) -> Row:
    """Return one job that was given up."""
    return Row(title=one.label, lead=moment(one.made), why=_("Given up: %(problem)s") % {"problem": one.problem})


def backups(person: Person) -> Group | None:
    """Return what of the backups is late or failed, for the operator, with the page that says what to do."""
    if Role.OPERATOR not in person.roles:
        return None
    state, page = known.state(), reverse("desk:set_backup")
    late = [line for line in shown.lines(state) if not line.is_good]
    rows = [
        Row(title=line.title, lead=line.label, why=line.advice, url=page, act=_("See what to do"), act_url=page)
        for line in late
    ]
    words = ngettext("backup or test to look at", "backups and tests to look at", len(rows))
    return Group("backups", _("Backups"), rows, "late", words, shown.said(state))


def set_up(person: Person) -> Group | None:
    """Return what a new portal still needs, for the operator; nothing once all of it is done."""
    if Role.OPERATOR not in person.roles:
        return None
    waiting = [line for line in lines(person) if not line.is_done]
    rows = [Row(title=line.title, why=line.said, act=line.act, act_url=line.url) for line in waiting]
    return Group("set_up", _("Set-up: still to do"), rows, "soon", ngettext("line to do", "lines to do", len(rows)))


def vocabularies(person: Person) -> Group | None:
    """Return the way to the words of forms, for those who keep them."""
    if {Role.AGENCY_ADMIN, Role.OPERATOR}.isdisjoint(person.roles):
        return None
    why = _("The words that forms choose from.")
    row = Row(title=_("Change the words of a vocabulary"), url=reverse("desk:words"), why=why)
    return Group("keeping", _("Words of the forms"), [row])
