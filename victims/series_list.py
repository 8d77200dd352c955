"""Series and imports a person may see, and what is counted of their media: figures, never a name or a picture."""

import uuid
from collections import Counter
from dataclasses import dataclass, field

from django.db import connection, models
from django.db.models import F, Q
from django.db.models.expressions import RawSQL

from portal.access.identity import current
from portal.access.rowlevel import series_condition
from portal.access.sections import Level
from portal.accounts.models import Person
from victims.models import Import, Series, SeriesPair

CAP = 1_001  # media of a series, in a list
NEWEST = 10_000  # media of a series that its own page counts

# Each series stops being counted at the cap: row-level security looks at every row.
ROWS = """
SELECT s.id, (SELECT count(*) FROM (SELECT FROM victims_media m WHERE m.series_id = s.id LIMIT %s) AS counted),
       p.children, p.identified
  FROM unnest(%s::uuid[]) AS s (id) CROSS JOIN LATERAL access.series_progress(s.id) AS p
"""

FIGURES = """
WITH newest AS MATERIALIZED (
  SELECT id, import_id, category FROM victims_media WHERE series_id = %s ORDER BY id DESC LIMIT %s)
SELECT 'media', '', count(*) FROM newest
UNION ALL SELECT 'category', category::text, count(*) FROM newest GROUP BY category
UNION ALL SELECT 'import', import_id::text, count(*) FROM newest GROUP BY import_id
UNION ALL SELECT 'kind', kind::text, count(*) FROM newest n JOIN victims_mediahash h ON h.media_id = n.id GROUP BY kind
"""


@dataclass(frozen=True)
class SeriesRow:
    """What a list says of a series: media up to 1,001, and how many of its children are identified."""

    media: int = 0
    children: int = 0
    identified: int = 0


@dataclass
class Figures:
    """What is counted of the newest 10,000 media of a series."""

    media: int = 0
    categories: Counter[int | None] = field(default_factory=Counter)
    kinds: Counter[int] = field(default_factory=Counter)
    imports: Counter[uuid.UUID] = field(default_factory=Counter)

    @property
    def is_cut(self) -> bool:
        """Whether the series holds more than was counted."""
        return self.media > NEWEST


def series_open(person: Person, level: Level = Level.VIEW) -> models.QuerySet[Series]:
    """Return the series that the person may view or change; every list and choice of series starts here."""
    assert current().person.pk == person.pk
    condition = RawSQL(series_condition("victims_series.id", level), [], models.BooleanField())  # noqa: S611 - constants
    return Series.objects.filter(condition)


def pairs_open(person: Person) -> models.QuerySet[SeriesPair]:
    """Return the pairs of two series that are both open to the person, while neither's child is identified elsewhere."""
    assert current().person.pk == person.pk
    found = SeriesPair.objects.exclude(series_a=F("series_b"))
    for side in ("victims_seriespair.series_a_id", "victims_seriespair.series_b_id"):
        sql = f"{series_condition(side, Level.VIEW)} AND NOT access.is_settled({side})"
        found = found.filter(RawSQL(sql, [], models.BooleanField()))  # noqa: S611 - constants
    return found.select_related("series_a__agency", "series_b__agency", "series_a__owner", "series_b__owner")


def imports_open(person: Person) -> models.QuerySet[Import]:
    """Return the imports of the person's agency, restricted ones only if they are the person's or the team's.

    What an import says names its series, so it is no more open than they are.
    """
    teams = [str(team_id) for team_id in person.team_ids]
    mine = Q(is_network=True) | Q(person=person) | Q(summary__team__in=teams)
    return Import.objects.filter(mine, agency_id=person.agency_id).select_related("person", "job")  # type: ignore[misc]


def rows_of(series_ids: list[uuid.UUID]) -> dict[uuid.UUID, SeriesRow]:
    """Return what a list says of each of these series."""
    with connection.cursor() as cursor:
        cursor.execute(ROWS, [CAP, series_ids])
        return {row[0]: SeriesRow(row[1], row[2] or 0, row[3] or 0) for row in cursor.fetchall()}


def figures_of(series_id: uuid.UUID) -> Figures:
    """Return what is counted of a series."""
    figures = Figures()
    with connection.cursor() as cursor:
        cursor.execute(FIGURES, [series_id, NEWEST + 1])
        for what, key, count in cursor.fetchall():
            note_figure(figures, what, key, count)
    return figures


def note_figure(figures: Figures, what: str, key: str | None, count: int) -> None:
    """Put one counted row in its place."""
    if what == "media":
        figures.media = count
    elif what == "category":
        figures.categories[int(key) if key else None] = count
    elif what == "kind":
        figures.kinds[int(key or 0)] = count
    else:
        figures.imports[uuid.UUID(key)] = count
