"""Pairs of series in which files match: the list of them, and one pair with what speaks for and against it."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from portal.access.opens import WRITE, opens_list, opens_network
from portal.access.rights import check_roams
from portal.audit import clock
from portal.casework.editing import author, saved
from portal.casework.forms import OnceForm
from portal.casework.templatetags.portal import capped, day, digits
from victims import claims, decisions, evidence, matching, questions, sittings
from victims import match_review as review
from victims.decisions import decision_on
from victims.evidence_forms import DecisionForm
from victims.match_bars import bars_of
from victims.match_steps import MATCH
from victims.models import Import, MatchClaim, MatchDecision, Series, SeriesPair
from victims.series_list import CAP, imports_open, pairs_open, rows_of
from victims.views.addresses import id_of
from victims.views.series import PAGE, before_of, children_words, pages_of

S = SeriesPair.State
LISTS = {
    "": (S.WAITING, S.PROPOSED),
    "cannot-tell": (S.CANNOT_TELL,),
    "same": (S.SAME,),
    "not-the-same": (S.NOT_THE_SAME,),
}


@opens_list("list matches", of="victims.seriespair")
def listed(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """List the pairs that wait for a decision, newest first; or those decided one way, or found by one import."""
    person: Any = request.user
    check_roams(person)
    chosen, before = request.GET.get("state", ""), before_of(request)
    if chosen not in LISTS:
        raise Http404
    import_ = import_chosen(request)
    found = pairs_open(person).filter(pk__lt=before).select_related("decision")
    if import_ is None:
        found = found.filter(state__in=LISTS[chosen])
    else:
        found = found.filter(pk__in=matching.pairs_of_import(import_.pk))
    found = list(found.order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    weighed = claims.live(pair.pk for pair in shown)
    context = {
        "rows": [row_of(pair, weighed.get(pair.pk)) for pair in shown],
        "chosen": chosen,
        "import": import_,
        "pills": pills(None if import_ else chosen),
        "once": OnceForm(auto_id=False),
        "reviewed": "" if shown or chosen else reviewed_words(person),
        **(pages_of(shown, before, has_more=len(found) > PAGE) if shown else {}),
    }
    more = f"import={import_.pk}" if import_ else f"state={chosen}" if chosen else ""
    if more and shown:  # the list stays the chosen one
        context |= {name: f"{url}&{more}" for name, url in context.items() if name.endswith("_url") and url}
    return TemplateResponse(request, "victims/matches.html", context), [pair.pk for pair in shown]


def import_chosen(request: HttpRequest) -> Import | None:
    """Return the import named in the address; one that is not open to the person is a page that does not exist."""
    text = request.GET.get("import", "")
    if not text:
        return None
    found = imports_open(request.user).filter(pk=id_of(text, uuid.UUID(int=0))).first()  # type: ignore[arg-type]
    if found is None:
        raise Http404
    return found


def pills(chosen: str | None) -> list[dict[str, Any]]:
    """Return the lists that there are."""
    names = {"": _("To decide"), **{name: states[0].label for name, states in LISTS.items() if name}}
    return [
        {"url": f"?state={name}" if name else "?", "label": label, "current": name == chosen}
        for name, label in names.items()
    ]


def reviewed_words(person: Any) -> str:
    """Say what the person's teams decided this month and how much of it led to a name, where nothing waits."""
    start = clock.now().astimezone(person.zone).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    reviewed, named = matching.reviewed_since(start)
    if not reviewed:
        return _("No pair waits. The next import may bring one.")
    counted = ngettext(
        "No pair waits. Your team reviewed %(shown)s this month; %(named)s led to a name.",
        "No pair waits. Your team reviewed %(shown)s this month; %(named)s led to a name.",
        reviewed,
    )
    return counted % {"shown": digits(reviewed), "named": digits(named)}


def row_of(pair: SeriesPair, claim: MatchClaim | None) -> dict[str, Any]:
    """Return the line of a pair."""
    return {
        "pair": pair,
        "claim": claim,
        "second_due": decision.answer_by if (decision := getattr(pair, "decision", None)) else None,
        "url": reverse("victims:match", args=[pair.pk]),
        "state": MATCH.state(pair),
        "holders": list(dict.fromkeys([pair.series_a.agency.name, pair.series_b.agency.name])),
    }


def pair_asked_for(person: Any, pair_id: uuid.UUID) -> SeriesPair | None:
    """Return the pair, if both its series are open to the person and neither's child is identified elsewhere."""
    return pairs_open(person).filter(pk=pair_id).first()


@opens_network(methods=WRITE, kind="view match", finds=pair_asked_for)
def one(request: HttpRequest, pair: SeriesPair) -> HttpResponse:
    """Show one pair and what was decided on it; take a decision."""
    person: Any = request.user
    decision = decision_on(pair)
    form = DecisionForm(request.POST or None, version=decision.version if decision else 0)
    overtaken = False
    try:
        if answer := saved(request, form, lambda: decided(request, form, pair)):
            return answer
    except decisions.Overtaken:
        pair, decision, overtaken = pair_asked_for(person, pair.pk) or pair, decision_on(pair), True
        form.ask_again(decision.version if decision else 0)
    context = page_of(person, pair, decision) | {"form": form, "overtaken": overtaken}
    return TemplateResponse(request, "victims/match.html", context, status=409 if overtaken else 200)


def decided(request: HttpRequest, form: DecisionForm, pair: SeriesPair) -> str:
    """Take the step whose button was pressed and return to the pair."""
    person: Any = request.user
    step = request.POST.get("step", "")
    if step not in {transition.name for transition in MATCH.transitions}:
        raise Http404
    data = form.cleaned_data
    decisions.decide(pair_id=pair.pk, step=step, version=data["version"], by=person, reason=data["reason"])
    return reverse("victims:match", args=[pair.pk])


def page_of(person: Any, pair: SeriesPair, decision: MatchDecision | None) -> dict[str, Any]:
    """Return what the page of a pair shows."""
    files = review.files_of(pair, decision.decided if decision else None)
    clues = review.clue_pairs(pair.series_a_id, pair.series_b_id)  # type: ignore[attr-defined]
    identifiers = review.identifier_pairs(pair.series_a_id, pair.series_b_id)  # type: ignore[attr-defined]
    kinds = evidence.words_by_code()
    claim = claims.claim_on(pair.pk)
    is_taken = claim is not None and claim.person != person
    waits_for_another = bool(
        pair.state == S.PROPOSED and decision and decisions.shares_team(decision.decided_by, person)
    )
    strengths = {
        "files": files.strength,
        "clues": review.strength_of_clues(clues),
        "identifiers": review.strength_of_identifiers(identifiers),
    }
    return {
        "pair": pair,
        "state": MATCH.state(pair),
        "sides": sides_of(person, pair),
        "files": files,
        "bars": bars_of(files),
        "clues": [clue_row(pair, kinds) for pair in clues],
        "clue_words": clue_words(clues),
        "identifiers": [identifier_row(pair, kinds) for pair in identifiers],
        "strengths": strengths,
        "tags": tags_of(strengths, clues),
        "decision": decision,
        "steps": [] if is_taken else decisions.steps_for(pair, decision, person),
        "claim": claim,
        "is_taken": is_taken,
        "may_claim": claim is None and pair.state in claims.TO_WEIGH and not waits_for_another,
        "claim_form": OnceForm(auto_id=False),
        "second_due": decision.answer_by if decision else None,
        "holders": questions.holders_to_ask(pair, person),
        "questions": questions.questions_on(pair, person),
        "without_break": sittings.minutes_without_break(person),
        "said": statements(decision) if decision else [],
        "waits_for_another": waits_for_another,
        "nobody_told": waits_for_another and questions.others_of(pair) == [],
    }


def sides_of(person: Any, pair: SeriesPair) -> list[dict[str, Any]]:
    """Return the two series side by side."""
    counted = rows_of([pair.series_a.pk, pair.series_b.pk])
    return [
        {"letter": letter, "series": series, "facts": facts_of(person, series, counted[series.pk])}
        for letter, series in (("A", pair.series_a), ("B", pair.series_b))
    ]


def facts_of(person: Any, series: Series, counted: Any) -> list[tuple[str, str]]:
    """Return what is said of one series."""
    mine = series.owner.pk in person.team_ids
    return [
        (
            pgettext("a series", "Held by"),
            _("%(agency)s (you)") % {"agency": series.agency.name} if mine else series.agency.name,
        ),
        (_("Country"), str(series.agency.country.name)),
        (_("Files"), capped(counted.media, CAP - 1)),
        (_("Opened"), day(series.opened)),
        (_("Children"), children_words(counted)),
    ]


def clue_words(clues: list[review.CluePair]) -> str:
    """Say how many marks and objects agree, are likely the same, and differ."""
    counts = [
        sum(pair.verdict == verdict for pair in clues) for verdict in (review.AGREES, review.LIKELY, review.DIFFERS)
    ]
    words = [
        ngettext("%(shown)s agrees", "%(shown)s agree", counts[0]),
        ngettext("%(shown)s likely", "%(shown)s likely", counts[1]),
        ngettext("%(shown)s differs", "%(shown)s differ", counts[2]),
    ]
    said = [word % {"shown": digits(count)} for word, count in zip(words, counts, strict=True) if count]
    return _(", ").join(said) or _("none to compare")


def clue_row(pair: review.CluePair, kinds: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Return two descriptions side by side, and why they stand there."""
    return {
        "kind": kinds.get(("clue_kind", pair.a.kind), pair.a.kind),
        "verdict": pair.verdict,
        "common": _(", ").join(pair.common),
        "clues": (pair.a, pair.b),
    }


def identifier_row(pair: review.IdentifierPair, kinds: dict[tuple[str, str], str]) -> dict[str, Any]:
    """Return one identifier in common; enough of it to know it by, no more."""
    kind = kinds.get(("identifier_kind", pair.a.kind), pair.a.kind)
    return {"kind": kind, "value": review.masked(pair.a.value), "identifiers": (pair.a, pair.b)}


def statements(decision: MatchDecision) -> list[dict[str, Any]]:
    """Return what was said of the pair so far, newest first: who, when, what and why."""
    lines, before = [], S.WAITING.value
    for row in decision.history.filter(id=decision.pk).order_by("version"):
        step = next((t for t in MATCH.transitions if before in t.sources and t.target == row.state), None)
        reason = row.confirm_reason if row.state == S.SAME else row.reason
        lines.append(
            {"who": author(row), "when": row.history_date, "sentence": step and step.sentence, "reason": reason}
        )
        before = row.state
    return lines[::-1]


def tags_of(strengths: dict[str, review.Strength | None], clues: list[review.CluePair]) -> list[dict[str, str]]:
    """Return how many kinds of evidence agree, and what differs."""
    agree = sum(bool(strength and strength.agrees) for strength in strengths.values())
    differ = sum(pair.verdict == review.DIFFERS for pair in clues)
    tags = []
    if agree:
        words = ngettext("%(shown)s kind of evidence agrees", "%(shown)s kinds of evidence agree", agree)
        tags.append({"label": words % {"shown": digits(agree)}, "colour": "green", "icon": "tick"})
    if differ:
        words = ngettext("%(shown)s pair differs", "%(shown)s pairs differ", differ)
        tags.append({"label": words % {"shown": digits(differ)}, "colour": "orange", "icon": "triangle"})
    return tags
