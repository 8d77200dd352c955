"""What a disclosure holds, put together from the file in the words of whoever receives it; one code for preview and paper.

Everything is text by then: it is kept as it was read when it was asked for, so those who decide read what will be given.
"""

import datetime
import itertools
import json
import uuid
import zoneinfo
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import Any

from django.conf import settings
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _
from langcodes import Language

from portal.access.agencies import reveals
from portal.access.asking import asked
from portal.access.sections import Section
from portal.accounts.models import Agency, Person
from portal.accounts.roles import AgencyKind
from portal.audit import away
from portal.casework import clock, keys
from portal.casework.templatetags.portal import digits, full_date, listed, quoted
from portal.casework.templatetags.words import said
from victims import entries, printed
from victims.care_states import PlanState
from victims.entries import in_full
from victims.models import CarePlan, Child, Correction, Disclosure, DisclosureContent, Identity, RiskFlag, Whereabouts
from victims.plain_words import ABOUT, NOT_ON_PAPER, TOLD, chosen_to_child, left_out, to_child
from victims.section_pages import PAGES
from victims.workflow import STAGE

MOST = 500  # of each list: the newest, as in the PDF of a file
NOT_NAMED = {AgencyKind.POLICE, AgencyKind.OVERSIGHT}  # on the child's paper: its finder learns of no investigation
# One record of a file: what it said on other days stands in its history alone.
STANDING = (Child, Identity, Whereabouts)


@dataclass
class Gathering:
    """The disclosure in hand, and the agencies that wrote something of it."""

    disclosure: Disclosure
    child: Child
    by: Person
    agencies: dict[Any, Agency] = field(default_factory=dict)
    others: set[uuid.UUID] = field(default_factory=set)  # agencies beside the owner's

    @property
    def zone(self) -> zoneinfo.ZoneInfo:
        return zoneinfo.ZoneInfo(self.child.owner.agency.time_zone)

    @property
    def is_for_child(self) -> bool:
        return self.disclosure.kind == Disclosure.Kind.COPY

    @property
    def names_days(self) -> bool:
        return bool(self.disclosure.begins or self.disclosure.ends)

    @cached_property
    def chosen(self) -> dict[str, str]:
        """Return the chosen words that speak of the child, as they are said to the child."""
        return chosen_to_child() if self.is_for_child else {}

    def day(self, moment: datetime.datetime) -> datetime.date:
        return moment.astimezone(self.zone).date()

    def is_meant(self, row: Any, at: datetime.datetime) -> bool:
        """Return whether a row is of the days that are asked for: by how long it lasted or the day it is about, else by when
        it was written."""
        if during := getattr(row, "during", None):
            return self.held(during.lower, during.upper)
        about = next((value for name in ("on", "issued", "at") if (value := getattr(row, name, None))), at)
        day = self.day(about) if isinstance(about, datetime.datetime) else about
        first, last = self.disclosure.begins, self.disclosure.ends
        return (first is None or day >= first) and (last is None or day <= last)

    def held(self, since: datetime.datetime, until: datetime.datetime | None) -> bool:
        """Return whether what held from a moment until another one, or holds still, held on one of the days."""
        first, last = self.disclosure.begins, self.disclosure.ends
        ended_before = until is not None and (until <= since or (first is not None and self.day(until) < first))
        return not ended_before and (last is None or self.day(since) <= last)

    def first(self, day: datetime.date) -> datetime.datetime:
        """Return the first moment of a day."""
        return datetime.datetime.combine(day, datetime.time.min, self.zone)

    @property
    def last(self) -> datetime.datetime:
        """Return the last moment of the days, or now."""
        now, last = clock.now(), self.disclosure.ends
        return min(now, datetime.datetime.combine(last, datetime.time.max, self.zone)) if last else now

    def outlasts(self, until: datetime.datetime | None) -> bool:
        """Return whether what held until a moment, or holds still, did so past the days of the order."""
        last = self.disclosure.ends
        return last is not None and last < self.day(clock.now()) and (until is None or self.day(until) > last)

    def is_as_then(self, row: Any) -> bool:
        """Return whether a row lasted past the days, and is given as it was while it lasted."""
        during = getattr(row, "during", None)
        return during is not None and self.outlasts(during.upper)

    def until(self, until: datetime.datetime | None) -> str:
        """Return until when something held; of what came after the days of the order, not even when."""
        if self.outlasts(until):
            return _("after the last of these days")
        return in_full(until) if until else ""

    def wrote(self, agency_id: Any) -> str:
        """Return what stands for whoever wrote a row: the agency, never the worker."""
        if agency_id not in self.agencies:
            self.agencies[agency_id] = Agency.objects.filter(pk=agency_id).first()  # type: ignore[assignment]
        agency = self.agencies[agency_id]
        if agency is None:
            return ""
        if agency.pk != self.child.owner.agency_id:
            self.others.add(agency.pk)
        return self.named(agency)

    def named(self, agency: Agency) -> str:
        return named_on(self.disclosure, agency)

    def label(self, words: Any) -> str:
        """Return what stands before a value: the child is not spoken of, but spoken to."""
        return to_child(words) if self.is_for_child else str(words)

    def entry(self, pairs: Iterable[tuple[Any, Any]], line: Any) -> dict[str, Any]:
        """Return what was written as text, with the agency and the time of the history row that says so."""
        values = [(self.label(label), str(said(value))) for label, value in pairs]
        return {
            "values": [[label, self.chosen.get(value, value)] for label, value in values],
            "by": self.wrote(line.history_agency_id),
            "at": line.history_date.isoformat(),
        }


def named_on(disclosure: Disclosure, agency: Agency) -> str:
    """Return an agency's name, unless it tells a section that is not given; to the child no police and no house.

    Whoever decides reads no more of it than the paper says.
    """
    section = reveals(agency)
    if disclosure.kind == Disclosure.Kind.COPY:
        hidden = section is not None or AgencyKind(agency.kind) in NOT_NAMED
    else:
        hidden = section is not None and section not in disclosure.parts
    if not hidden:
        return agency.name
    kinds = {Section.WHEREABOUTS: _("a shelter"), Section.HEALTH: _("a clinic")}
    return kinds.get(section, _("another agency")) if section else _("another agency")


def gather(disclosure: Disclosure, child: Child, by: Person) -> dict[str, Any]:
    """Return what the disclosure holds, as text in its language, and the ids of other agencies that wrote some of it."""
    found = Gathering(disclosure, child, by)
    with translation.override(disclosure.language), timezone.override(found.zone):
        sections = [section_of(found, Section(number)) for number in disclosure.parts]
        contents = {
            "sections": sections,
            "helps": helpers(found) if found.is_for_child else [],
            "looks": looks(found) if disclosure.with_looks else [],
            "looks_since": month_of(since) if disclosure.with_looks and (since := away.here_since()) else "",
            "left_out": left_out(disclosure),
        }
    return contents | {"others": sorted(map(str, found.others))}


def section_of(found: Gathering, section: Section) -> dict[str, Any]:
    """Return one section: groups of entries, and what the child says against it."""
    groups = [*summary(found)] if section == Section.SUMMARY else [records(found, section), *beside(found, section)]
    groups += [notes(found, section), documents(found, section)]
    return {
        "number": int(section),
        "title": str(ABOUT[section].title if found.is_for_child else section.label),
        "about": str(ABOUT[section].sentence) if found.is_for_child else "",
        "groups": [group for group in groups if group["entries"]],
        "empty": nothing(found.disclosure),
        "says": [one.statement for one in standing_statements(found.child.pk, section)],
    }


def nothing(disclosure: Disclosure) -> str:
    """Return what stands in a section of which nothing is given: that there is nothing at all is not said of some days."""
    if disclosure.begins or disclosure.ends:
        return _("Nothing of these days is written here.")
    return _("Nothing is written here.")


def standing_statements(child_id: uuid.UUID, section: Section) -> list[Correction]:
    """Return what the child says against a section and has not taken back, the oldest first."""
    found = Correction.objects.filter(child_id=child_id, section=section, stated__isnull=False, withdrawn=None)
    return list(found.order_by("stated", "pk"))


def group(found: Gathering, title: str, rows: list[Any], values: Any, *, as_now: bool = True) -> dict[str, Any]:
    """Return rows of one table as text, with the agency and the time of each; of other days they are left out.

    as_now: each row is given in its words of today, and says so where these are not those of the days.
    """
    if not rows:
        return {"title": title, "entries": []}
    if found.names_days and isinstance(rows[0], STANDING):
        return {"title": title, "entries": versions(found, rows[0], values)}
    history = type(rows[0]).history.filter(id__in=[row.pk for row in rows])
    lines = {line.id: line for line in history.order_by("id", "-version").distinct("id")}
    meant = [row for row in rows if found.is_meant(row, lines[row.pk].history_date)]
    since = changed_since(found, history) if as_now else {}
    values_now = {row.pk: [*values(row), *([] if found.is_as_then(row) else since.get(row.pk, []))] for row in meant}
    return {
        "title": found.label(title),
        "entries": [found.entry(values_now[row.pk], lines[row.pk]) for row in meant],
    }


def changed_since(found: Gathering, history: Any) -> dict[uuid.UUID, list[tuple[Any, Any]]]:
    """Return the line on which days after those of the order a row was changed, by the ids of such rows."""
    days: dict[uuid.UUID, list[str]] = {}
    after = history.filter(history_date__gt=found.last, version__gt=1).order_by("version")
    for row_id, at in after.values_list("id", "history_date") if found.disclosure.ends else ():
        days.setdefault(row_id, []).append(full_date(found.day(at)))
    words = _("on %(days)s. The words before that are in the history of the file, which the court may ask for.")
    return {
        row_id: [(_("Changed after these days"), words % {"days": listed(dict.fromkeys(some))})]
        for row_id, some in days.items()
    }


def versions(found: Gathering, record: Any, values: Any) -> list[dict[str, Any]]:
    """Return what a record said on the days of the order, each version once, with from when until when; the oldest first."""
    told: list[tuple[Any, list[tuple[Any, Any]]]] = []
    for line in type(record).history.filter(id=record.pk).order_by("version"):
        pairs = values(line)
        if not told or told[-1][1] != pairs:  # where something else of it was changed, it said the same as before
            told.append((line, pairs))
    ends = [line.history_date for line, _pairs in told[1:]]
    made = []
    for (line, pairs), end in itertools.zip_longest(told, ends):
        if pairs and found.held(line.history_date, end):  # of what was erased nothing is left
            times = times_of(_("In the file from"), line, _("In the file until"), found.until(end))
            made.append(found.entry([*pairs, *times], line))
    return made[-MOST:]


def times_of(since: str, line: Any, until: str, end: str) -> list[tuple[Any, Any]]:
    """Return from when until when something held; what holds still has no end."""
    return printed.filled([(since, in_full(line.history_date)), (until, end)])


def summary(found: Gathering) -> list[dict[str, Any]]:
    """Return what the summary says, without how the child is reached: that is for those who work with the child."""
    pairs = partial(child_values, language=found.disclosure.language)
    return [group(found, "", [found.child], pairs), warnings(found)]


def warnings(found: Gathering) -> dict[str, Any]:
    """Return the warnings; of named days those that stood then, and whether they ended only within these days."""
    flags = list(RiskFlag.objects.filter(child_id=found.child.pk).order_by("-pk")[:MOST])
    if not found.names_days:
        return group(found, _("Warnings"), flags, flag_values)
    written = RiskFlag.history.filter(id__in=[flag.pk for flag in flags]).order_by("id", "version").distinct("id")
    lines = {line.id: line for line in written}
    spans = [(flag, found.first(flag.ended) if flag.ended else None) for flag in flags]
    stood = [(flag, end) for flag, end in spans if found.held(lines[flag.pk].history_date, end)]
    told = [(flag_values(flag)[:1] if found.outlasts(end) else flag_values(flag), flag) for flag, end in stood]
    return {"title": _("Warnings"), "entries": [found.entry(pairs, lines[flag.pk]) for pairs, flag in told]}


def child_values(child: Any, language: str) -> list[tuple[Any, Any]]:
    """Return what the summary says of the child, or said in an earlier version."""
    name = {field.name: field.verbose_name for field in Child._meta.fields}
    return printed.filled(
        [
            (_("Case number"), child.case_number),
            (_("Where the child stands"), STAGE.state(child).label),
            (name["sex"], child.get_sex_display()),
            (name["age_band"], child.get_age_band_display()),
            (name["languages"], spoken(child, language)),
        ]
    )


def spoken(child: Child, language: str) -> str:
    """Return the child's languages in the language of the paper."""
    return _(", ").join(Language.get(tag).display_name(language) for tag in child.languages)


def flag_values(flag: RiskFlag) -> list[tuple[Any, Any]]:
    return [(_("Warning"), flag.text), *([(_("No longer true since"), flag.ended)] if flag.ended else [])]


def records(found: Gathering, section: Section) -> dict[str, Any]:
    """Return the section's own records."""
    page = PAGES[section]
    if found.is_for_child:
        page = replace(page, fields=tuple(name for name in page.fields if name not in NOT_ON_PAPER.get(section, ())))
    words = entries.words_of(page)
    rows = entries.records(page, found.child.pk, most=MOST).rows
    return group(found, "", rows, lambda row: entries.labelled(page, row, words))


def beside(found: Gathering, section: Section) -> list[dict[str, Any]]:
    """Return what else the PDF of a file shows of the section, without the names of workers.

    To the child only what belongs to care: the record of a rescue names police and operation, beds name the house.
    """
    if found.is_for_child and section != Section.CARE:
        return []
    has_plans = section == Section.CARE and (found.is_for_child or found.names_days)
    made = [plans(found)] if has_plans else []
    for slot in settings.PDF_SOURCES:
        blocks = import_string(slot)
        more = {"named": False, "plans": not has_plans} if blocks is printed.blocks else {}
        for block in blocks(found.child.pk, section, found.by, MOST, **more):
            values = {entry.row.pk: values_then(found, entry) for entry in block.entries}
            rows = [entry.row for entry in block.entries]
            made.append(group(found, str(block.title), rows, lambda row, values=values: values[row.pk]))
    return made


def values_then(found: Gathering, entry: entries.Entry) -> list[tuple[Any, Any]]:
    """Return what a row says; of what lasted past the days of the order, what was so while it lasted."""
    if not entry.then or not found.is_as_then(entry.row):
        return entry.values
    return [*entry.then, (_("Until"), found.until(entry.row.during.upper))]


def plans(found: Gathering) -> dict[str, Any]:
    """Return the care plan: of named days the versions that held; to the child as it stands, and that there were others."""
    rows = list(CarePlan.objects.filter(child_id=found.child.pk).order_by("-number"))
    lines = CarePlan.history.filter(child_id=found.child.pk, state__in=(PlanState.AGREED, PlanState.REPLACED))
    first = {(line.id, line.state): line for line in lines.order_by("-version")}  # of each state
    spans = [(row, first.get((row.pk, PlanState.AGREED)), first.get((row.pk, PlanState.REPLACED))) for row in rows]
    if found.names_days:
        whole, more = [row for row, since, _end in spans if not since], plans_held(found, spans)
    else:
        whole, more = [row for row, _since, end in spans if not end], earlier_plans(found, spans)
    made = group(found, _("Care plan"), whole, lambda row: plan_then(found, row, found.last), as_now=False)
    return made | {"entries": [*made["entries"], *more]}


def plan_then(found: Gathering, plan: CarePlan, at: datetime.datetime) -> list[tuple[Any, Any]]:
    """Return what a plan said at a moment, without workers."""
    return printed.filled(printed.plan_pairs(*printed.stood(plan, at), found.by, named=False, on=found.day(at)))


def plans_held(found: Gathering, spans: list[tuple[CarePlan, Any, Any]]) -> list[dict[str, Any]]:
    """Return each version that was in force on the days, as it stood when they or itself ended; the oldest first."""
    made = []
    for plan, since, end in reversed(spans):
        until = end and end.history_date
        if since and found.held(since.history_date, until):
            pairs = plan_then(found, plan, min(until or found.last, found.last))
            times = times_of(_("In force from"), since, _("In force until"), found.until(until))
            made.append(found.entry([*pairs, *times], since))
    return made


def earlier_plans(found: Gathering, spans: list[tuple[CarePlan, Any, Any]]) -> list[dict[str, Any]]:
    """Return in one line how many plans were replaced, and of which time they are."""
    over = [(since or end, end) for _plan, since, end in spans if end]
    if not over:
        return []
    words = _("%(count)s, from %(first)s to %(last)s") % {
        "count": digits(len(over)),
        "first": full_date(over[-1][0].history_date),
        "last": full_date(over[0][1].history_date),
    }
    return [found.entry([(_("Earlier plans"), words)], over[0][1])]


def notes(found: Gathering, section: Section) -> dict[str, Any]:
    """Return the notes of the section, each addendum as a note of its own."""
    rows = entries.notes(section, found.child.pk, most=MOST).rows
    with_addenda = list(itertools.chain(*([row, *sorted(row.addenda.all(), key=lambda one: one.pk)] for row in rows)))
    return group(
        found, _("Notes"), with_addenda, lambda row: [(_("Addendum") if row.adds_to_id else _("Note"), row.body)]
    )


def documents(found: Gathering, section: Section) -> dict[str, Any]:
    """Return which documents are attached: title and hash; they are handed over beside, if the order asks for them."""
    rows = entries.documents(section, found.child.pk, most=MOST).rows
    title = _("Documents that are attached in the portal, not here")
    return group(found, title, rows, lambda row: [(_("Title"), row.title), (_("SHA-256"), row.digest)])


def helpers(found: Gathering) -> list[str]:
    """Return who helps the child, as the child may read it: the team that leads, unless its agency is not named on paper."""
    owner = found.child.owner
    return [f"{owner.agency.name}, {owner.label}"] if found.named(owner.agency) == owner.agency.name else []


def looks(found: Gathering) -> list[dict[str, str]]:
    """Return which agencies looked, from which month until which, and at what: no people, no days, no investigation."""
    seen: dict[str, tuple[list[datetime.date], set[int]]] = {}
    rows = asked("SELECT agency_id, month, sections FROM access.agencies_that_looked(%s)", found.child.pk)
    known = Agency.objects.in_bulk({agency_id for agency_id, _month, _parts in rows})
    for agency_id, month, parts in rows:
        agency = known.get(agency_id)
        told = [part for part in parts if part in TOLD]
        if agency is None or not told or AgencyKind(agency.kind) in NOT_NAMED or reveals(agency) == Section.THERAPY:
            continue
        months, sections = seen.setdefault(found.named(agency), ([], set()))
        months.append(month)
        sections.update(told)
    return [
        {
            "who": name,
            "when": listed(dict.fromkeys(month_of(one) for one in (min(months), max(months)))),
            "what": listed(quoted(ABOUT[Section(number)].title) for number in sorted(sections)),
        }
        for name, (months, sections) in sorted(seen.items())
    ]


def month_of(day: datetime.date) -> str:
    """Return a month in words."""
    return digits(date_format(day, "F Y"))


# --- closed, and opened by those who read it --------------------------------------------------------------------------


def layers(disclosure: Disclosure, *, make: bool = False) -> list[bytes]:
    """Return the keys that close it: SUMMARY's and those of its sections. Without any one of them it stays closed."""
    numbers: Iterable[int] = [Section.SUMMARY, *(one for one in disclosure.parts if one != Section.SUMMARY)]
    return [keys.section_key(disclosure.child_id, number, make=make) for number in numbers]  # type: ignore[attr-defined]


def seal(disclosure: Disclosure, data: bytes, what: str) -> bytes:
    """Close a part of it under every key in turn."""
    for key in layers(disclosure, make=True):
        data = keys.seal(key, data, f"disclosure:{disclosure.pk}:{what}")
    return data


def open_keys(disclosure: Disclosure) -> None:
    """Open the keys of its sections for whoever reads it: those who decide get them for this alone."""
    known = keys.opened_keys.get()
    child_id: uuid.UUID = disclosure.child_id  # type: ignore[attr-defined]
    for section, ring, wrapped in asked("SELECT section, ring, wrapped FROM access.disclosure_keys(%s)", disclosure.pk):
        if known is not None and (child_id, section) not in known:
            known[child_id, section] = keys.unwrap(ring, bytes(wrapped), keys.place_of_key(child_id, section))


def opened(disclosure: Disclosure, data: bytes, what: str) -> bytes:
    """Open a part of it with every key, the last one first."""
    open_keys(disclosure)
    for key in reversed(layers(disclosure)):
        data = keys.unseal(key, data, f"disclosure:{disclosure.pk}:{what}")
    return data


def keep(disclosure: Disclosure, contents: dict[str, Any]) -> None:
    """Keep what was put together."""
    data = json.dumps(contents, ensure_ascii=False).encode()
    closed = seal(disclosure, data, "gathered")
    DisclosureContent(disclosure=disclosure, child_id=disclosure.child_id, gathered=closed).save(force_insert=True)  # type: ignore[attr-defined]


def read(disclosure: Disclosure) -> dict[str, Any] | None:
    """Return what it holds; nothing where that was dropped, or where a key of it was destroyed."""
    content = DisclosureContent.objects.filter(disclosure_id=disclosure.pk).first()
    if content is None:
        return None
    try:
        return json.loads(opened(disclosure, bytes(content.gathered), "gathered"))
    except keys.KeyMissing:
        return None


def with_times(contents: dict[str, Any]) -> dict[str, Any]:
    """Return it with moments in the place of their text, for the templates."""
    for section in contents["sections"]:
        for one in itertools.chain.from_iterable(group["entries"] for group in section["groups"]):
            one["at"] = datetime.datetime.fromisoformat(one["at"])
    return contents
