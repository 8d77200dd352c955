"""Pages of how a file ends: what is kept and why, proposing to erase it, holding it as evidence, keeping it longer."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from portal.access import erasing, evidence_holds, retention
from portal.access.erasing import Keeping, keeping_of
from portal.access.opens import WRITE, opens_found
from portal.access.rights import can
from portal.access.sections import Section
from portal.accounts.models import Team
from portal.casework.editing import saved
from portal.casework.forms import OnceForm
from portal.casework.models import Approval
from portal.casework.vocabularies import label_of
from victims.erasing_forms import ErasureForm, HoldForm, LongerForm


def may_keep(person: Any, child_id: uuid.UUID) -> Keeping | None:
    """Return what is kept of a closed file, to whoever may erase it."""
    file = keeping_of(person, child_id)
    return file if file and file.erasable and file.keep_until else None


def may_hold(person: Any, child_id: uuid.UUID) -> Keeping | None:
    """Return what is kept of a file, to investigators who may hold parts of it as evidence for a team."""
    file = keeping_of(person, child_id)
    return file if file and file.evidence and person.team_ids else None


def keeping_words(person: Any, file: Keeping) -> dict[str, Any]:
    """Return what a page says of what is kept of a file: in words of vocabularies, with who and when."""
    owner = Team.objects.select_related("agency").get(pk=file.owner_id)
    return {
        "file": file,
        "person": person,
        "owner": owner,
        "erasures": [(one, label_of("erasure_ground", one.ground)) for one in file.erasures],
        "holds": [(one, label_of("hold_basis", one.basis)) for one in file.holds],
        "period": erasing.period(owner.agency.country),
        "opens_file": can(person, file.child_id, Section.SUMMARY),
        "question": last_question(person, file),
        "once": OnceForm(auto_id=False),
    }


def last_question(person: Any, file: Keeping) -> Approval | None:
    """Return what this person asked last about erasing the file, with whom it was put before or who answered."""
    found = Approval.objects.filter(kind=erasing.ERASURE, child_id=file.child_id, asked_by=person)
    return found.select_related("team__agency", "decided_by__agency").order_by("-pk").first()


@opens_found(methods=WRITE, kind="view erasure", finds=keeping_of, names_file=True)
def erasure(request: HttpRequest, file: Keeping) -> HttpResponse:
    """Show what is kept of a file and what is not, and let those who may propose to erase it."""
    person: Any = request.user
    context = keeping_words(person, file)
    if not file.erasable or file.asked:
        if request.method == "POST":
            raise Http404
        return TemplateResponse(request, "victims/erasure.html", context)
    form = ErasureForm(
        request.POST or None,
        counted=erasing.counted(file.child_id),
        held=file.held,
        teams=erasing.teams_to_ask(person),
        is_over=file.is_over,
    )
    said = _("A second person is asked. Until the answer nothing changes.")
    answer = saved(request, form, lambda: proposed(form, file, person), said=said)
    return answer or TemplateResponse(request, "victims/erasure.html", context | {"form": form} | consequences(file))


def proposed(form: ErasureForm, file: Keeping, person: Any) -> str:
    """Propose it, and return to the page."""
    data = form.cleaned_data
    erasing.propose(
        file=file, parts=data["sections"], ground=data["ground"], team=data["team"], by=person, reason=data["reason"]
    )
    return reverse("victims:erasure", args=[file.child_id])


def consequences(file: Keeping) -> dict[str, list[str]]:
    """Return what an erasure does, and what stays."""
    held = _(", ").join(str(section.label) for section in file.erasable if section in file.held)
    stays = [
        _("Number and code name, that it was erased, when, on which ground and by whom."),
        _("That something was written, when and by whom, and who looked: none of the words."),
        _("What people took along before: PDFs, tables, letters. Ask them to destroy it."),
    ]
    if held:
        stays.insert(0, _("Held as evidence: %(sections)s.") % {"sections": held})
    return {
        "happens": [
            _("Once a second person has agreed, what is ticked is gone for good. Nobody can bring it back."),
            _("Older backups hold it until they are let go of; whoever restores one erases it again by doing so."),
            _("Access that opens nothing any more ends. With the whole file it leaves every list and search."),
        ],
        "stays": stays,
    }


@opens_found(methods=WRITE, kind="view erasure", finds=may_keep, names_file=True)
def keep_longer(request: HttpRequest, file: Keeping) -> HttpResponse:
    """Ask until when a closed file is kept past its day, and why."""
    person: Any = request.user
    form = LongerForm(request.POST or None)
    answer = saved(request, form, lambda: kept_longer(form, file, person), said=_("Recorded. You are reminded then."))
    return answer or TemplateResponse(request, "victims/keep_longer.html", keeping_words(person, file) | {"form": form})


def kept_longer(form: LongerForm, file: Keeping, person: Any) -> str:
    """Keep it, and return to what is kept of the file."""
    retention.keep_longer(file=file, by=person, **{name: form.cleaned_data[name] for name in ("until", "reason")})
    return reverse("victims:erasure", args=[file.child_id])


@opens_found(methods=WRITE, kind="view evidence hold", finds=may_hold, names_file=True)
def hold(request: HttpRequest, file: Keeping) -> HttpResponse:
    """Show what is held as evidence, and let an investigator hold more."""
    person: Any = request.user
    teams = evidence_holds.teams_of(person, file)
    form = HoldForm(request.POST or None, parts=file.evidence, teams=teams)
    answer = saved(
        request, form, lambda: held(form, file, person), said=_("Held. Nobody erases it until the hold ends.")
    )
    context = keeping_words(person, file) | {"form": form, "team": teams[0] if len(teams) == 1 else None}
    return answer or TemplateResponse(request, "victims/hold.html", context)


def held(form: HoldForm, file: Keeping, person: Any) -> str:
    """Hold it, and return to the page."""
    data = form.cleaned_data
    values = {name: data.get(name) for name in ("basis", "reference", "review_on", "team")}
    evidence_holds.set_hold(file=file, parts=data["sections"], by=person, reason="", **values)
    return reverse("victims:hold", args=[file.child_id])
