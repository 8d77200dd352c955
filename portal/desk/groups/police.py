"""What analysts and investigators look at first: pairs to weigh, imports, open files, own series, steps that wait."""

import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access.rights import can, prefetch, roams
from portal.access.sections import Level, Section, Stage
from portal.access.visibility import listed_ids, visible
from portal.accounts.models import Person
from portal.accounts.roles import CERTIFIED_ROLES, Role
from portal.audit import clock
from portal.casework.groups import Group, Row
from portal.casework.models import Task
from portal.casework.templatetags.portal import day, digits, moment
from victims import claims
from victims.actions import kept_from, last_movers
from victims.models import Child, Import, Series, SeriesPair
from victims.series_list import imports_open, series_open
from victims.workflow import IDENTITY, IdentityState

MOST = 5
NEWEST = 200  # of the files that an investigator may list, those among which steps are looked for


def is_analyst(person: Person) -> bool:
    """Return whether the person works with series, with a valid certificate."""
    return Role.ANALYST in person.roles and roams(person)


def pairs(person: Person) -> Group | None:
    """Return the pairs that wait for this person: claimed ones, then those that need a second officer, then the newest.

    What somebody else weighs is not free, and what the own team said first waits for another team.
    """
    if CERTIFIED_ROLES.isdisjoint(person.roles) or not roams(person):
        return None
    free = claims.free_pairs(person).select_related("series_a", "series_b", "decision")
    mine = list(free.filter(claim__person=person, claim__until__gt=clock.now()).order_by("claim__until")[:MOST])
    second = free.filter(state=SeriesPair.State.PROPOSED).order_by("decision__answer_by")[: MOST + 1]
    newest = free.filter(state=SeriesPair.State.WAITING).order_by("-pk")[: MOST + 1]
    every = list({pair.pk: pair for pair in (*mine, *second, *newest)}.values())
    found = every[:MOST]
    return Group(
        "pairs",
        _("Pairs to weigh"),
        [pair_row(pair, is_mine=pair in mine) for pair in found],
        "soon",
        _("to weigh"),
        _("No pair waits."),
        _("All pairs"),
        reverse("victims:matches"),
        series=[one for pair in found for one in (pair.series_a_id, pair.series_b_id)],
        has_more=len(every) > MOST,
    )


def pair_row(pair: Any, *, is_mine: bool) -> Row:
    """Return one pair: the two series, in how many files they match, and until when a second officer is waited for."""
    count, url = pair.identical + pair.near, reverse("victims:match", args=[pair.pk])
    matches = ngettext("%(count)s pair of files matches.", "%(count)s pairs of files match.", count)
    is_proposed = pair.state == SeriesPair.State.PROPOSED
    said = (
        _("One officer says: same child. A second one is asked.") if is_proposed else matches % {"count": digits(count)}
    )
    return Row(
        title=_("%(a)s and %(b)s") % {"a": pair.series_a.name, "b": pair.series_b.name},
        url=url,
        due=pair.decision.answer_by if is_proposed else None,
        lead="" if is_proposed else day(pair.latest),
        why=f"{_('You weigh it now.')} {said}" if is_mine else said,
        act=_("Weigh"),
        act_url=url,
    )


def imports(person: Person) -> Group | None:
    """Return the imports of the person's agency that are not read in yet."""
    if not is_analyst(person):
        return None
    found = list(
        imports_open(person).filter(state__in=(Import.State.WAITING, Import.State.CHECKED)).order_by("-pk")[:MOST]
    )
    return Group(
        "imports",
        _("Imports under way"),
        [import_row(one) for one in found],
        empty=_("No import is under way. A file that is sent to be read in stands here until it is."),
        more=_("All imports"),
        more_url=reverse("victims:imports"),
    )


def import_row(one: Import) -> Row:
    """Return one import by who sent it and when: what the file is called stands on its page."""
    return Row(
        title=_("Sent by %(name)s") % {"name": one.person.short_name},
        url=reverse("victims:import", args=[one.pk]),
        lead=moment(one.made),
        why=one.get_state_display(),
    )


def open_files(person: Person) -> Group | None:
    """Return the newest files that are open to the network: unknown faces that anybody certified may work on."""
    if not is_analyst(person):
        return None
    found = list(visible(Child, person).filter(open_to_network=True).order_by("-pk")[:MOST])
    return Group(
        "open",
        _("Newest files open to the network"),
        [open_row(child) for child in found],
        empty=_("No file is open to the network."),
        files=[child.pk for child in found],
    )


def open_row(child: Child) -> Row:
    """Return a file of an unknown child."""
    return Row(
        title=child.get_identity_display(),
        url=reverse("victims:child", args=[child.pk]),
        lead=day(child.opened),
        name=child.code_name,
        code=child.case_number,
        why=child.get_age_band_display(),
    )


def own_series(person: Person) -> Group | None:
    """Return the newest series of the person's teams."""
    if not is_analyst(person):
        return None
    found = list(series_open(person).filter(owner_id__in=person.team_ids).order_by("-pk")[:MOST])
    return Group(
        "series",
        _("Series of your team"),
        [series_row(series) for series in found],
        empty=_("Your team has no series yet. Read in a case file."),
        more=_("All series"),
        more_url=reverse("victims:series"),
        series=[series.pk for series in found],
    )


def series_row(series: Series) -> Row:
    """Return one series, and whom it is open to."""
    return Row(
        title=series.name,
        url=reverse("victims:one_series", args=[series.pk]),
        lead=day(series.opened),
        why=_("open to the network") if series.is_network else _("restricted"),
    )


def identity_steps(person: Person) -> Group | None:
    """Return identities that wait for somebody: a second officer, or the step from candidate to probable."""
    if Role.INVESTIGATOR not in person.roles or not roams(person):
        return None
    states = (IdentityState.CANDIDATE, IdentityState.PROBABLE)
    files = visible(Child, person).filter(pk__in=listed_ids(person, most=NEWEST), identity__in=states)
    possible = can_take(person, list(files.order_by("-identity", "-pk")))
    found = possible[: 2 * MOST]
    clocks = Task.objects.filter(child__in=found, kind="second_officer_24h", state=Task.State.OPEN)
    due = dict(clocks.values_list("child_id", "due"))
    return Group(
        "identities",
        _("Identities that wait"),
        [identity_row(child, due.get(child.pk)) for child in found],
        "soon",
        ngettext("identity that waits", "identities that wait", len(found)),
        _("No identity waits for a step."),
        _("All files"),
        reverse("victims:children"),
        files=[child.pk for child in found],
        has_more=len(possible) > len(found),
    )


def can_take(person: Person, children: list[Child]) -> list[Child]:
    """Return the files on which this person may take the step that the identity waits for."""
    prefetch(person, [child.pk for child in children])
    first = last_movers([child for child in children if child.identity == IdentityState.PROBABLE], "identity")
    ours, probable = claims.colleagues(person), IDENTITY.named("make_probable")
    return [
        child
        for child in children
        if can(person, child.pk, Section.INVESTIGATION, Level.CHANGE)
        and (first[child.pk] not in ours if child.pk in first else not kept_from(child, "identity", probable, person))
    ]


def identity_row(child: Child, due: datetime.datetime | None) -> Row:
    """Return a file whose identity waits, and for what."""
    name = "confirm" if child.identity == IdentityState.PROBABLE else "make_probable"
    return Row(
        title=IDENTITY.named(name).label,
        due=due,
        lead="" if due else child.get_identity_display(),
        url=reverse("victims:child", args=[child.pk]),
        name=child.code_name,
        code=child.case_number,
        why=_("A second officer, of another team, confirms.") if name == "confirm" else "",
        act=_("Go on"),
        act_url=reverse("victims:step", args=[child.pk, "identity", name]),
    )


def rescues(person: Person) -> Group | None:
    """Return the rescues that are planned, of the files that the person may list."""
    if Role.INVESTIGATOR not in person.roles or not roams(person):
        return None
    ids = listed_ids(person, stage=Stage.RESCUE_PLANNED, most=2 * MOST + 1)
    found = list(visible(Child, person).filter(pk__in=ids).order_by("-pk")[: 2 * MOST])
    return Group(
        "rescues",
        _("Rescues planned"),
        [rescue_row(child) for child in found],
        "brand",
        ngettext("rescue planned", "rescues planned", len(found)),
        _("No rescue is planned."),
        _("All of them"),
        reverse("victims:children") + f"?stage={Stage.RESCUE_PLANNED.value}",
        files=[child.pk for child in found],
        has_more=len(ids) > 2 * MOST,
    )


def rescue_row(child: Child) -> Row:
    """Return a file whose rescue is planned."""
    return Row(
        title=child.get_stage_display(),
        lead=child.get_identity_display(),
        url=reverse("victims:child", args=[child.pk]),
        name=child.code_name,
        code=child.case_number,
        act=_("Record the rescue"),
        act_url=reverse("victims:rescue", args=[child.pk]),
    )
