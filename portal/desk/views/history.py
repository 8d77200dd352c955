"""The auditor's desk: files under review, and the history of one file with who looked at it."""

import uuid
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import auditing, timeline
from portal.access.agencies import shown_name
from portal.access.auditing import Change, Filter, Looks, Overseen, opens_history
from portal.access.identity import Refused
from portal.access.opens import WRITE, opens_list
from portal.access.rights import can
from portal.accounts.models import Agency, Team
from portal.accounts.roles import Role
from portal.audit import away
from portal.audit.events import Event
from portal.desk import history_words as words
from portal.desk.forms import HistoryFilter, NumberForm
from portal.desk.oversight import OVERSEERS, changed_files
from victims.views.addresses import id_of, moment_of
from victims.workflow import IDENTITY, STAGE

SHOWN = auditing.CHANGES_SHOWN
NO_ID = uuid.UUID(int=0)


@opens_list("list histories", methods=WRITE)
def audit(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Pick a file by its exact number, or from those that changed last."""
    person: Any = request.user
    if OVERSEERS.isdisjoint(person.roles):
        raise Refused(Event("refusal", "R", "refused", "no_oversight"), known=False)
    form = NumberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        found = auditing.find_overseen(form.cleaned_data["number"])
        if found:
            return redirect("desk:history", found), [found]
        form.add_error("number", _("No file with this number is open to you here. Check the number."))
    files = changed_files(50)
    context = {"form": form, "files": files, "everywhere": Role.AUDITOR in person.roles}
    context["keeps_relations"] = Role.PRIVACY_OFFICER in person.roles
    return TemplateResponse(request, "desk/audit.html", context), [file["id"] for file in files]


@opens_history(kind="view history")
def history(request: HttpRequest, child_id: uuid.UUID) -> HttpResponse:
    """Show what changed on a file beside one change with its fields, and who looked."""
    file = auditing.demand_overseen(child_id)
    reader = Reader(request.user, file)
    form = HistoryFilter(request.GET or None, **reader.choices(), zone=reader.person.zone)
    chosen = form.chosen()
    place = moment_of(request.GET.get("at", "")), id_of(request.GET.get("before", ""), timeline.LAST)
    found = auditing.changes(child_id, chosen, before=place)
    shown, one = found[:SHOWN], selected(request, child_id, found)
    kept = filters_of(request.GET)
    context = {
        "file": file,
        "proof": auditing.proof_of(child_id),
        "form": form,
        "owner": Team.objects.select_related("agency").get(pk=file.owner_id),
        "states": [STAGE.state(file), IDENTITY.state(file)],
        "rows": [reader.row(change, link(request.GET, change), one) for change in shown],
        "one": reader.one(one) if one else None,
        "looks": [reader.look(line) for line in auditing.looks(child_id, chosen)],
        "is_filtered": chosen != Filter(),
        "leaves_out": replace(chosen, refused=False) != Filter(),  # refusals filter looks, not changes
        "older_url": older(kept, shown) if len(found) > SHOWN else "",
        "newer_url": f"?{urlencode(kept)}" if request.GET.get("before") else "",
        "is_auditor": file.oversight == auditing.AUDITOR,
        "here_since": away.here_since(),
        "may_list": not OVERSEERS.isdisjoint(reader.person.roles),
    }
    return TemplateResponse(request, "desk/history.html", context)


def selected(request: HttpRequest, child_id: uuid.UUID, found: list[Change]) -> Change | None:
    """Return the change that the address names, else the first one on the list."""
    wanted = id_of(request.GET.get("change", ""), NO_ID)
    if wanted == NO_ID:
        return found[0] if found else None
    one = auditing.changes(child_id, Filter(), only=wanted, most=1)
    if not one:
        raise Http404
    return one[0]


FILTERS = ("person", "agency", "kind", "since", "until")


def filters_of(asked: QueryDict) -> dict[str, str]:
    """Return the filters that stand in an address."""
    return {name: asked[name] for name in FILTERS if asked.get(name)}


def older(kept: dict[str, str], shown: list[Change]) -> str:
    """Return the address of the changes before these, under the same filters."""
    last = shown[-1]
    return "?" + urlencode(kept | {"at": last.at.isoformat(), "before": str(last.history_id)})


def link(asked: QueryDict, change: Change) -> str:
    """Return the address of one change, with the list as it stands."""
    kept = {name: asked[name] for name in (*FILTERS, "at", "before") if asked.get(name)}
    return "?" + urlencode(kept | {"change": str(change.history_id)})


class Reader:
    """Who reads a file's history: auditors read names and agencies as they are, the owner's team as on its file."""

    def __init__(self, person: Any, file: Overseen) -> None:
        self.person = person
        self.file = file
        self.people = auditing.people_of(file.id)
        self.agencies = Agency.objects.in_bulk({line[2] for line in self.people if line[2]})

    def may_name(self, agency_id: uuid.UUID | None) -> bool:
        """Return whether this agency may be named to the reader on this file."""
        agency = self.agencies.get(agency_id) if agency_id else None
        return agency is None or self.called(agency.name, agency) == agency.name

    def called(self, name: str, agency: Agency) -> str:
        """Return a name of this agency, or what may stand in its place where the agency gives a section away."""
        if not self.file.by_owner:
            return name
        shown = shown_name(self.person, self.file.id, agency)
        return name if shown == agency.name else shown

    def choices(self) -> dict[str, dict[str, str]]:
        """Return the people and agencies that the filters choose from."""
        named = [line for line in self.people if self.may_name(line[2])]
        people = {str(person_id): f"{name} · {agency}" for person_id, name, _agency_id, agency in named}
        agencies = {str(agency_id): agency for _id, _name, agency_id, agency in named if agency_id}
        return {"people": in_order(people), "agencies": in_order(agencies)}

    def who(self, line: Change | Looks) -> tuple[str, str]:
        """Return person and agency of that day, as this reader may read them."""
        if self.may_name(line.agency_id):
            return line.person, line.agency
        return "", self.called("", self.agencies[line.agency_id])  # type: ignore[index]

    def row(self, change: Change, url: str, one: Change | None) -> dict[str, Any]:
        """Return one line of the list of changes."""
        person, agency = self.who(change)
        return {
            "what": words.sentence(change),
            "url": url,
            "at": change.at,
            "who": person or agency,
            "agency": agency if person else "",
            "section": change.section.label if change.section else "",
            "fields": 0 if change.is_new else len(change.changed),
            "is_current": one is not None and one.history_id == change.history_id,
        }

    def one(self, change: Change) -> dict[str, Any]:
        """Return one change field by field."""
        person, agency = self.who(change)
        is_auditor = self.file.oversight == auditing.AUDITOR
        unchanged = words.unchanged_labels(change)
        return {
            "change": change,
            "what": words.sentence(change),
            "by": _(", ").join(filter(None, [person, words.role_words(change.role) if person else "", agency])),
            "section": change.section.label if change.section else "",
            "restricted": change.section is not None and change.section.restricted,
            "before_version": change.version - 1,
            "fields": words.field_rows(change, called=self.called, for_auditor=is_auditor),
            "unchanged": unchanged,
            "on_file": self.page_on_file(change),
        }

    def page_on_file(self, change: Change) -> str:
        """Return the page of the file that shows the words of this change, for whoever holds its section."""
        if not self.file.by_owner or change.is_new or change.section is None:
            return ""
        known = [s for s in timeline.sources().values() if s.model._meta.db_table == change.source]
        if not known or not known[0].shows_changes or known[0].section is None:
            return ""
        held = can(self.person, self.file.id, known[0].section)
        return reverse("victims:changes", args=[self.file.id, known[0].name, change.history_id]) if held else ""

    def look(self, line: Looks) -> dict[str, Any]:
        """Return one line of who looked."""
        person, agency = self.who(line)
        sections = [str(auditing.Section(number).label) for number in line.sections if number]
        return {
            "who": person or agency,
            "agency": agency if person else "",
            "what": words.look_words(line),
            "sections": _(", ").join(sections),
            "times": line.times,
            "latest": line.latest,
            "right": words.right_words(line),
            "is_refused": line.outcome == "refused",
            "is_emergency": line.basis == "emergency",
        }


def in_order(named: dict[str, str]) -> dict[str, str]:
    """Return names in the order of the alphabet."""
    return dict(sorted(named.items(), key=lambda pair: pair[1]))
