"""The drawing of matching files by distance: numbers for an SVG, which has no style of its own."""

from dataclasses import dataclass

from victims.match_review import Files

WIDTH = 712
BASE = 112  # where the bars stand
TALLEST = 84
BAR = 22
STEP = 30
FIRST = 74  # where near files begin; identical ones stand before them
LOWEST = 3  # even one file among thousands is seen


@dataclass(frozen=True)
class Bar:
    """One bar: what it holds and where it stands."""

    first: int | None  # bits of distance; None for identical files
    last: int
    count: int
    x: int
    y: int
    height: int

    @property
    def middle(self) -> int:
        return self.x + BAR // 2

    @property
    def above(self) -> int:
        return self.y - 5


@dataclass(frozen=True)
class Bars:
    """The whole drawing."""

    bars: list[Bar]
    rows: list[Bar]  # those of the table: without empty ones
    limit: int
    width: int = WIDTH
    base: int = BASE
    thick: int = BAR


def bars_of(files: Files) -> Bars:
    """Return the bars of a pair: identical files, then near ones by distance, up to the limit."""
    bins = files.bins()
    most = max([files.identical, *(count for *_range, count in bins)], default=0)
    bars = [bar(None, 0, files.identical, 12, most)]
    bars += [bar(first, last, count, FIRST + STEP * n, most) for n, (first, last, count) in enumerate(bins)]
    filled = [one for one in bars if one.count]
    return Bars(filled, filled, FIRST + STEP * len(bins))


def bar(first: int | None, last: int, count: int, x: int, most: int) -> Bar:
    """Return one bar, its height in proportion to the tallest."""
    height = max(LOWEST, round(TALLEST * count / most)) if count else 0
    return Bar(first, last, count, x, BASE - height, height)
