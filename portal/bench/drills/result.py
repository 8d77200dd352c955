"""What a drill found: acknowledged, stored, lost, doubled, and what else was not as it has to be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

EXPECTED, BROKEN, NO_TOOL = 0, 1, 2


class ToolMissing(Exception):
    """The machine lacks a program that a drill needs; said in words for whoever started it."""


@dataclass
class Result:
    """The figures of one drill."""

    name: str
    acknowledged: int = 0
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    missing: str = ""  # the tool, where there is none

    def count(self, acknowledged: Collection[str], held: Mapping[str, int]) -> None:
        """Compare what was acknowledged with what is there."""
        self.acknowledged += len(acknowledged)
        self.stored += sum(held.values())
        self.lost += len(set(acknowledged) - set(held))
        self.doubled += sum(times - 1 for times in held.values())

    def demand(self, holds: Any, otherwise: str) -> None:
        if not holds:
            self.problems.append(otherwise)

    @property
    def code(self) -> int:
        if self.missing:
            return NO_TOOL
        return BROKEN if self.lost or self.doubled or self.problems else EXPECTED

    @property
    def line(self) -> str:
        if self.missing:
            return f"{self.name}  not played: {self.missing}"
        word = "as expected" if self.code == EXPECTED else "NOT AS EXPECTED"
        figures = f"acknowledged {self.acknowledged}, stored {self.stored}, lost {self.lost}, doubled {self.doubled}"
        return f"{self.name}  {word}: {figures}; {self.seconds:.0f} s"
