"""The gallery: every component of the pages, with invented data."""

import datetime
from types import SimpleNamespace
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from portal.casework import clock

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


class SampleDecision(forms.Form):
    """What is asked beside the buttons of a decision."""

    reason = forms.CharField(label="What is to be changed", widget=forms.Textarea(attrs={"rows": 3}))


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
        "decision": SampleDecision(),
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
