"""The figures of the whole network: what may be shown of them, from the snapshot of the day."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from portal.access.asking import asked
from portal.access.identity import Refused
from portal.access.opens import opens_list
from portal.access.sections import Stage
from portal.audit.events import Event
from portal.desk.oversight import FIGURE_ROLES
from victims.models import Child
from victims.workflow import IdentityState

# Each table: what it counts by, and the words of its cells.
TABLES: tuple[tuple[str, str | Promise, str | Promise, dict[str, Any]], ...] = (
    ("stage", gettext_lazy("By stage"), gettext_lazy("Stage"), {str(stage.value): stage.label for stage in Stage}),
    (
        "identity",
        gettext_lazy("By identity"),
        gettext_lazy("Identity"),
        {str(state.value): state.label for state in IdentityState},
    ),
    ("age_band", gettext_lazy("By age"), gettext_lazy("Age"), dict(Child.AgeBand.choices)),
)


@dataclass(frozen=True)
class Cell:
    """One line of a table: its words, and the count where that may be shown."""

    label: Any
    count: int | None
    is_few: bool
    share: float = 0  # of the longest bar, in per cent


@opens_list("figures", of="access.figure")
def figures(request: HttpRequest) -> tuple[HttpResponse, list[uuid.UUID]]:
    """Show the files of the network by stage, identity and age: tables first, with a bar for each number that is shown."""
    if FIGURE_ROLES.isdisjoint(request.user.roles):  # type: ignore[union-attr]
        raise Refused(Event("refusal", "R", "refused", "no_figures"), known=False)
    found = asked("SELECT day, kind, cell, count, is_few FROM access.figures()")
    total = next((line for line in found if line[1] == "all"), None)
    context = {
        "day": total[0] if total else None,
        "count": total[3] if total else None,
        "tables": [
            {"title": title, "column": column, "rows": cells(kind, words, found)}
            for kind, title, column, words in TABLES
        ],
    }
    return TemplateResponse(request, "desk/figures.html", context), []


def cells(kind: str, words: dict[str, Any], found: list[tuple[Any, ...]]) -> list[Cell]:
    """Return the lines of one table, in their order; nothing where all of it would give small numbers away."""
    lines = [(cell, count, is_few) for _day, of, cell, count, is_few in found if of == kind]
    if not any(count is not None or is_few for _cell, count, is_few in lines):
        return []
    longest = max((count for _cell, count, _few in lines if count), default=1)
    capitals = {cell: str(label)[:1].upper() + str(label)[1:] for cell, label in words.items()}
    return [Cell(capitals[cell], count, is_few, 100 * (count or 0) / longest) for cell, count, is_few in lines]
