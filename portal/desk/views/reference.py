"""Reference pages: every component with invented data, the keyboard shortcuts, and what is due by when."""

import datetime
import itertools
import uuid
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from portal.access.certificates import without_certificate
from portal.access.identity import Refused
from portal.access.opens import WRITE, opens_list
from portal.access.work import set_rule
from portal.accounts.roles import Role
from portal.audit.events import Event
from portal.casework import clock
from portal.casework.due_rules import RULES, how_long
from portal.casework.editing import save_once
from portal.casework.forms import RecordForm
from portal.casework.models import DueRule
from portal.casework.templatetags.portal import listed

DAY = datetime.timedelta(days=1)
SAMPLE_NOTE = "Sleeps well; attends school. Asked about her aunt."


class SampleForm(forms.Form):
    """One field of each kind, with the wording that pages.md asks for."""

    date = forms.DateField(label="Date of the visit", error_messages={"required": "Enter the date of the visit."})
    seen = forms.ChoiceField(
        label="Did you see her alone?",
        choices=[("yes", "Yes"), ("no", "No"), ("partly", "For a part of the visit")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether you saw her alone."},
    )
    place = forms.ChoiceField(
        label="Where", choices=[("school", "School"), ("shelter", "Shelter"), ("office", "Office")]
    )
    themes = forms.MultipleChoiceField(
        label="What you spoke about",
        required=False,
        choices=[("school", "School"), ("sleep", "Sleep"), ("family", "Family")],
        widget=forms.CheckboxSelectMultiple,
    )
    note = forms.CharField(
        label="How she is",
        help_text="In plain words. Therapy and health have pages of their own.",
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say how she is."},
    )
    letter = forms.FileField(label="Letter", help_text="PDF, up to 10 MB.", required=False)
    told = forms.BooleanField(label="She knows what I wrote", required=False)


def case(name: str, code: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "code": code, "url": "#", **more}


def work_rows(now: datetime.datetime) -> list[dict[str, Any]]:
    today = now.date()
    return [
        case(
            "Mira",
            "VC-2026-00412-7",
            due=today - 3 * DAY,
            title="Renew the court order",
            act="Record order",
            act_url="#",
        )
        | {"why": "Interim order 118/26 has ended. Without an order the placement has no legal basis."},
        case(
            "Noor",
            "VC-2026-00519-3",
            due=now + DAY / 30,
            title="Medical care: 72-hour window",
            act="Record",
            act_url="#",
        )
        | {"why": "Closes 72 h after the rescue. On call: Dr K. Osei."},
        case("Bento", "VC-2026-00388-1", due=today, title="Visit, seen alone", act="Record visit", act_url="#")
        | {"why": "Contact safely: come without a marked car; ring the school first.", "note": "weekly, high risk"},
        case(
            "Lark", "VC-2026-00455-0", due=today + 2 * DAY, title="Case conference, 5 agencies", act="Open", act_url="#"
        )
        | {"why": "Two agencies have not answered."},
        case("Kestrel", "VC-2023-00064-5", due=today + 22 * DAY, title="24-month check", act="Open", act_url="#"),
    ]


def children(now: datetime.datetime) -> list[dict[str, Any]]:
    today = now.date()
    return [
        case("Mira", "VC-2026-00412-7", stage=status("In shelter", "teal"), high=True, due=today - 3 * DAY, changes=4),
        case("Noor", "VC-2026-00519-3", stage=status("Emergency place", "purple"), high=True, due=today, changes=9),
        case(
            "Kestrel",
            "VC-2023-00064-5",
            stage=status("Closed, 24-month check", "grey"),
            due=today + 22 * DAY,
            changes=0,
        ),
    ]


def status(label: str, colour: str, icon: str = "") -> SimpleNamespace:
    return SimpleNamespace(label=label, colour=colour, icon=icon)


def statuses() -> list[SimpleNamespace]:
    return [
        *(status("Unidentified", "grey"), status("Probable", "blue"), status("Candidate", "yellow")),
        *(status("Safeguarded", "green", "tick"), status("Located", "orange"), status("In shelter", "teal")),
        *(status("Missing", "red", "clock"), status("High risk of return", "red", "triangle")),
        *(status("Emergency access", "purple"), status("Sent, not answered", "yellow", "hourglass")),
    ]


def months(now: datetime.datetime) -> list[dict[str, Any]]:
    entries = [
        {
            "at": now - DAY / 12,
            "what": "Risk flag changed",
            "section": "Summary",
            "who": "R. Salgado, National Protection Unit",
        }
        | {"is_new": True, "changes_url": "#"},
        {"at": now - 3 * DAY, "what": "Court order 118/26 ended", "section": "Legal", "is_new": True},
        {"at": now - 4 * DAY, "what": "Weight and height checked", "section": "Health", "restricted": True}
        | {"who": "Dr K. Osei, Lapa clinic"},
        {"at": now - 5 * DAY, "what": "Visit, seen alone", "section": "Contacts", "text": SAMPLE_NOTE}
        | {"who": "A. Ferreira", "corrected": True, "changes_url": "#"},
    ]
    return [{"title": "November 2026", "entries": entries}]


def viewers() -> list[dict[str, Any]]:
    return [
        {"agency": "Lisbon Children’s Services", "part": "lead", "people": "4 people", "sections": "all care sections"},
        {
            "agency": "Farol house",
            "part": "shelter",
            "restricted": True,
            "people": "3 people",
            "sections": "placement, care",
        }
        | {"until": "until 31 Mar 2027"},
        {
            "agency": "Lapa clinic",
            "part": "health",
            "restricted": True,
            "people": "2 people",
            "sections": "summary, health",
        }
        | {"until": "ends in 6 days", "ends_soon": True, "end_url": "#"},
    ]


def cards() -> list[dict[str, Any]]:
    return [
        {"tone": "late", "clock": "2 h late to answer", "share": 100, "title": "Trauma-focused therapy", "url": "#"}
        | {"facts": "Girl, 12–17 · Arabic, Portuguese · Lisbon", "text": "Sleeps little since the move."}
        | {"foot": "From Lisbon Children’s Services", "acts": [{"label": "Claim", "url": "#", "button": True}]},
        {
            "tone": "soon",
            "clock": "42 min left to answer",
            "share": 78,
            "title": "Emergency counselling, today",
            "url": "#",
        }
        | {"facts": "Boy, 12–17 · Portuguese · Setúbal", "text": "Found last night. Wants to talk to a man."}
        | {"acts": [{"label": "Claim", "url": "#", "button": True}, {"label": "Look first", "url": "#"}]},
        {"clock": "1 day 22 h left", "share": 27, "title": "School mentoring", "url": "#"}
        | {"facts": "Girl, 6–11 · Ukrainian · interpreter needed", "text": "Back to school in January."},
    ]


def differences() -> list[dict[str, Any]]:
    return [
        {"label": "Next review", "before": "28 December 2026", "after": "27 November 2026"},
        {"label": "Provider of action 2.1", "before": "", "after": "Casa Aurora"},
        {"label": "Goal 2, text", "hidden": "Text changed: 31 words before, 44 after. Hidden from auditors."},
    ]


def conflict_fields() -> list[dict[str, Any]]:
    return [
        {
            "name": "note",
            "label": "How she is",
            "is_conflict": True,
            "is_text": True,
            "before": "Sleeps well; attends school.",
        }
        | {"theirs": "Sleeps well; attends school. Cried after a phone call on Sunday.", "mine": SAMPLE_NOTE}
        | {"together": SAMPLE_NOTE + " Cried after a phone call on Sunday."},
        {"name": "next", "label": "Next visit", "before": "2 December", "theirs": "2 December", "mine": "30 November"},
    ]


def tiles() -> list[dict[str, Any]]:
    return [
        {"count": 2, "words": "late", "tone": "late", "url": "#late", "limit": 1000},
        {"count": 3, "words": "today", "tone": "soon", "url": "#late", "limit": 1000},
        {"count": 6, "words": "this week", "tone": "brand", "url": "#late", "limit": 1000},
        {"count": None, "words": "waiting for others", "url": "#late"},
    ]


def glance() -> list[dict[str, Any]]:
    return [
        {
            "label": "Placement",
            "value": "Farol house since 3 March 2026.",
            "restricted": True,
            "url": "#",
            "action": "Placement",
        },
        {"label": "School", "value": "Year 4, back since 12 September 2026", "url": "#", "action": "Care plan"},
        {
            "label": "What Mira wants",
            "value": "“To stay at the same school.”",
            "note": "said 18 Nov",
            "url": "#",
            "action": "Contacts",
        },
    ]


def looks() -> dict[str, Any]:
    """Return a plain table: who looked, how often, by which right."""
    head = [{"label": "Who"}, {"label": "Opened"}, {"label": "Times", "figure": True}, {"label": "Right used"}]
    rows = [
        [{"text": "A. Ferreira"}, {"text": "all care sections"}, {"text": "212", "figure": True}, {"text": "owner"}],
        [
            {"text": "V. Costa"},
            {"text": "refused: Identity", "tone": "late"},
            {"text": "2", "figure": True},
            {"text": "no grant"},
        ],
    ]
    return {"caption": "Who looked", "head": head, "rows": rows}


def links(*labels: str, current: str = "", restricted: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    return [
        {"label": name, "url": "#", "current": name == current, "restricted": name in restricted} for name in labels
    ]


def components(request: HttpRequest) -> HttpResponse:
    """Show every component with invented data: the page on which a change of look is judged."""
    now = clock.now()
    parts = (
        "Overview",
        "Identity",
        "Whereabouts",
        "Care plan",
        "Contacts",
        "Health",
        "Legal",
        "Placement",
        "Referrals",
    )
    context = {
        "now": now,
        "form": SampleForm(request.POST or ({} if "errors" in request.GET else None)),
        "tabs": links(
            *parts, "Who can see", "History", current="Overview", restricted=("Identity", "Whereabouts", "Health")
        ),
        "pills": links("All", "Contacts", "Placement", "4 new since 18 Nov", current="All"),
        "more": links("Print", "Change the risk", "Close the file"),
        "facts_strip": [
            {
                "label": "Next review",
                "value": "Fri 27 November, in 4 days",
                "tone": "soon",
                "note": "monthly: high risk",
            },
            {"label": "Plan", "value": "Version 3, agreed 2 October", "note": "approved by J. Pinto"},
            {"label": "Actions", "value": "7 of 12 done", "note": "1 late, at another agency", "note_tone": "late"},
        ],
        "flags": [{"text": "No contact with male relatives", "source": "flag from police, 2 March"}],
        **{"statuses": statuses(), "tiles": tiles(), "rows": work_rows(now), "children": children(now)},
        **{"months": months(now), "viewers": viewers(), "cards": cards(), "glance": glance()},
        **{"changes": differences(), "fields": conflict_fields(), "looks": looks()},
        "notice": {
            "lead": "Release date moved",
            "text": "to 14 January for a person linked to “Mira”.",
            "at": now,
            "url": "#",
        }
        | {"action": "Confirm you have read this"},
    }
    return render(request, "desk/components.html", context)


@without_certificate
def shortcuts(request: HttpRequest) -> HttpResponse:
    """List the single keys and say how to switch them off."""
    return render(request, "desk/shortcuts.html")


@opens_list("time limits", of="casework.duerule")
def rules(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """List what is due by when and by which rule; an agency's own figure stands in the place of the default."""
    agency_id = request.user.agency_id  # type: ignore[union-attr]
    found = DueRule.objects.filter(is_active=True).order_by("code", "-risk", "agency")
    mine = {(rule.code, rule.risk): rule for rule in found if rule.agency_id == agency_id}  # type: ignore[attr-defined]
    defaults = [rule for rule in found if rule.agency_id is None]  # type: ignore[attr-defined]
    shown = [(rule, mine.get((rule.code, rule.risk), rule)) for rule in defaults]
    places = {code: place for place, code in enumerate(RULES)}  # as the work goes on, not by the alphabet
    shown.sort(key=lambda pair: places.get(pair[0].code, len(places)))
    groups = [
        {"title": _(pairs[0][0].title), "rows": [rule_row(own, len(pairs)) | {"id": rule.pk} for rule, own in pairs]}
        for pairs in (list(some) for _code, some in itertools.groupby(shown, key=lambda pair: pair[0].code))
    ]
    context = {"groups": groups, "weekend": weekend_words(), "may_set": Role.AGENCY_ADMIN in request.user.roles}  # type: ignore[union-attr]
    return TemplateResponse(request, "desk/rules.html", context), []


def weekend_words() -> str:
    """Return the days that rules in working days do not count."""
    return listed([str(WEEKDAYS[day - 1]) for day in sorted(settings.WEEKEND)])


class OwnRuleForm(RecordForm):
    """An agency's own figure."""

    class Meta:
        model = DueRule
        fields = ["amount", "unit", "sentence", "is_active"]
        error_messages = {
            "amount": {"required": gettext_lazy("Enter how long.")},
            "sentence": {"required": gettext_lazy("Write the rule in one sentence.")},
        }
        help_texts = {
            "sentence": gettext_lazy(
                "It stands beside every date that the rule sets, in the words that you write here."
            ),
            "is_active": gettext_lazy("Without it the default holds again."),
        }


def demand_administrator(person: Any) -> None:
    """Raise Refused for whoever does not set the figures of an agency."""
    if Role.AGENCY_ADMIN not in person.roles:
        raise Refused(Event("refusal", "E", "refused", "not_a_keeper_of_rules"), known=False)


@opens_list("time limits", methods=WRITE, of="casework.duerule")
def own_rule(request: HttpRequest, rule_id: uuid.UUID) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Set the agency's own figure in the place of a default."""
    person: Any = request.user
    demand_administrator(person)
    default = DueRule.objects.filter(pk=rule_id, agency=None).first()
    if default is None:
        raise Http404
    own = DueRule.objects.filter(code=default.code, risk=default.risk, agency_id=person.agency_id).first()
    form = OwnRuleForm(request.POST or None, instance=own or DueRule(amount=default.amount, unit=default.unit))
    if request.method == "POST" and form.is_valid():
        return save_once(request, lambda: rule_set(form, default, person)), []
    context = {"form": form, "rule": rule_row(default), "title": _(default.title)}
    return TemplateResponse(request, "desk/rule.html", context), [default.pk]


def rule_set(form: OwnRuleForm, default: DueRule, person: Any) -> str:
    """Set the figure and return to the time limits."""
    set_rule(rule=default, values=form.values(), by=person, reason=form.cleaned_data.get("reason", "figure set"))
    return reverse("desk:rules")


def rule_row(rule: DueRule, beside: int = 1) -> dict[str, Any]:
    """Return a rule in the reader's language: for which risk, how long, in words, and where it comes from."""
    return {
        "risk": _("any other") if rule.risk == DueRule.Risk.ANY and beside > 1 else rule.get_risk_display(),
        "how_long": how_long(rule),
        "sentence": _(rule.sentence),
        "source": _(rule.source) if rule.source else "",
        "is_own": rule.agency_id is not None,  # type: ignore[attr-defined]
        "is_common_practice": rule.is_common_practice,
    }
