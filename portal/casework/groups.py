"""What a home page is built from: groups of rows, each made by a function of the viewer that settings.HOME_SOURCES names."""

import datetime
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise

Words = str | Promise
EXACT = 1000  # rows that are counted one by one


@dataclass(frozen=True)
class Row:
    """One line: when, what, of which child, why then, and the one button that goes on. Words of the summary only."""

    title: Words
    url: str = ""
    due: datetime.date | None = None  # a day, or the moment of a clock
    lead: Words = ""  # what stands in the place of a due date
    name: str = ""  # the child's code name, and the number beside it
    code: str = ""
    why: Words = ""
    act: Words = ""
    act_url: str = ""
    posts: bool = False  # the button does it at once, instead of leading to a page


@dataclass(frozen=True)
class Group:
    """Rows under one title. Groups of one id, from several sources, become one, sorted by what is due first."""

    id: str
    title: Words
    rows: Sequence[Row]
    tone: str = ""  # late, soon, brand
    tile: Words = ""  # the words of its tile at the top; none: no tile
    empty: Words = ""  # what is said where no row is; nothing: the group is not there then
    more: Words = ""
    more_url: str = ""
    files: Sequence[uuid.UUID] = ()  # whose summary words stand in it: they are recorded as looked at
    series: Sequence[uuid.UUID] = field(default=())  # the same of series
    has_more: bool = False  # than the rows that stand here: its figure is then "10+"

    @property
    def limit(self) -> int:
        """Return up to where the figure is exact."""
        return len(self.rows) if self.has_more else EXACT

    @property
    def count(self) -> int:
        return len(self.rows) + self.has_more

    @property
    def is_shown(self) -> bool:
        return bool(self.rows or self.empty)


@dataclass(frozen=True)
class Button:
    """A button at the top of the home page, named by settings.HOME_BUTTONS; the first one is green."""

    text: Words
    url: str
    shortcut: str = ""


@dataclass(frozen=True)
class Contact:
    """The last contact that was made with a child, from settings.LAST_CONTACTS: tries do not count."""

    on: datetime.date
    words: Words = ""
