"""The list of series and one series: names, agencies and counts; never the name of a file, never a picture."""

import uuid
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from portal.access.opens import opens_list, opens_network
from portal.access.rights import check_roams
from portal.access.visibility import FIRST
from portal.casework.templatetags.portal import capped, day, digits
from victims import evidence, matching
from victims.match_steps import MATCH
from victims.models import MediaHash, Series, SeriesPair
from victims.series_list import CAP, NEWEST, Figures, SeriesRow, figures_of, imports_open, rows_of, series_open

PAGE = 50


def before_of(request: HttpRequest) -> uuid.UUID:
    """Return the id in the address after which a list goes on; what is none is a page that does not exist."""
    try:
        return uuid.UUID(request.GET["before"]) if "before" in request.GET else FIRST
    except ValueError:
        raise Http404 from None


def pages_of(shown: list[Any], before: uuid.UUID, *, has_more: bool) -> dict[str, str]:
    """Return where a list goes on and where it begins."""
    return {
        "older_url": f"?before={shown[-1].pk}" if has_more else "",
        "newer_url": "?" if before != FIRST else "",
    }


@opens_list("list series", of="victims.series")
def listed(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """List the series open to the person, newest first."""
    person: Any = request.user
    check_roams(person)
    before = before_of(request)
    found = list(series_open(person).filter(pk__lt=before).select_related("agency").order_by("-pk")[: PAGE + 1])
    shown = found[:PAGE]
    counted = rows_of([series.pk for series in shown])
    context = {
        "rows": [row_of(series, counted[series.pk]) for series in shown],
        "count": series_open(person)[:CAP].count(),
        "cap": CAP - 1,
        **pages_of(shown, before, has_more=len(found) > PAGE),
    }
    return TemplateResponse(request, "victims/series.html", context), [series.pk for series in shown]


def row_of(series: Series, counted: SeriesRow) -> dict[str, Any]:
    """Return the line of a series."""
    return {
        "series": series,
        "url": reverse("victims:one_series", args=[series.pk]),
        "media": counted.media,
        "children": children_words(counted),
    }


def children_words(counted: SeriesRow) -> str:
    """Say how many of the children in the series are identified, and no more."""
    if not counted.children:
        return _("no child linked yet")
    return ngettext(
        "%(identified)s of %(shown)s child identified",
        "%(identified)s of %(shown)s children identified",
        counted.children,
    ) % {"identified": digits(counted.identified), "shown": digits(counted.children)}


def series_asked_for(person: Any, series_id: uuid.UUID) -> Series | None:
    """Return the series, if it is open to the person."""
    return series_open(person).select_related("agency").filter(pk=series_id).first()


@opens_network(kind="view series", finds=series_asked_for)
def one(request: HttpRequest, series: Series) -> HttpResponse:
    """Show one series: counts, and the imports of the person's own agency that it came from."""
    person: Any = request.user
    figures = figures_of(series.pk)
    context = {
        "series": series,
        "figures": figures,
        "newest": NEWEST,
        "facts": facts_of(series, figures, rows_of([series.pk])[series.pk]),
        "categories": [(category, count) for category, count in sorted_categories(figures)],
        "kinds": [(MediaHash.Kind(kind).label, count) for kind, count in sorted(figures.kinds.items())],
        "imports": imports_of(person, figures),
        "evidence": evidence.lists_of(series.pk),
        "may_change": evidence.may_change(person, series.pk),
        "pairs": [pair_row(pair, series) for pair in matching.pairs_of_series(series.pk)],
        "closed": matching.closed_in_series(series.pk),
    }
    return TemplateResponse(request, "victims/one_series.html", context)


def pair_row(pair: SeriesPair, series: Series) -> dict[str, Any]:
    """Return the other series of a pair, and where the pair stands."""
    other = pair.series_b if pair.series_a == series else pair.series_a
    return {"pair": pair, "other": other, "state": MATCH.state(pair)}


def facts_of(series: Series, figures: Figures, counted: SeriesRow) -> list[dict[str, Any]]:
    """Return the strip of facts under the title."""
    return [
        {"label": _("Media"), "value": capped(figures.media, NEWEST)},
        {"label": _("Children"), "value": children_words(counted)},
        {"label": _("Opened"), "value": day(series.opened), "note": series.agency.name},
    ]


def sorted_categories(figures: Figures) -> list[tuple[int | None, int]]:
    """Return the categories in order, those without one last."""
    return sorted(figures.categories.items(), key=lambda pair: (pair[0] is None, pair[0] or 0))


def imports_of(person: Any, figures: Figures) -> list[dict[str, Any]]:
    """Return the imports that the person may see, newest first, with how much of the series came from each."""
    known = imports_open(person).filter(pk__in=figures.imports).order_by("-pk")
    return [{"import": import_, "count": figures.imports[import_.pk]} for import_ in known]
