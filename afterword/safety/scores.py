"""How well a screen does on labelled lines: counts, rates and their intervals. Pure."""

import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from typing import NamedTuple

from afterword.safety.finding import Category, Tier

NO_DANGER = "none"
"""The label of a line that nothing should follow from."""
NOT_GIVEN = "not_given"
"""Stands for a label or a severity that a line does not have."""
LABELS = (*Category, NO_DANGER)
LANGUAGES = ("en", "es")
_Z = 1.959963984540054


class Severity(StrEnum):
    """How near the danger of a line is, in the words of whoever labelled it."""

    IMMINENT = "imminent"
    ACTIVE = "active"
    PASSIVE = "passive"
    PAST = "past"
    NONE = "none"


class Kind(StrEnum):
    """What is right for a line: live danger wants a reaction, a harmless line wants none."""

    LIVE = "live"
    PAST = "past"
    HARMLESS = "harmless"
    UNLABELLED = "unlabelled"


class Level(StrEnum):
    """What is counted as having happened: a tier or anything above it."""

    REACTION = "reaction"
    SAME_DAY = "same_day"
    NOW = "now"

    @property
    def tier(self) -> Tier:
        return Tier.CHECK if self is Level.REACTION else Tier.of(self)


class Cell(NamedTuple):
    """What the lines of one count have in common."""

    language: str
    label: str
    severity: str
    tier: Tier

    @property
    def kind(self) -> Kind:
        """The label decides; danger is live unless the line is said to be about the past."""
        if self.label == NOT_GIVEN:
            return Kind.UNLABELLED
        if self.label == NO_DANGER:
            return Kind.HARMLESS
        return Kind.PAST if self.severity == Severity.PAST else Kind.LIVE


@dataclass(frozen=True)
class Outcome:
    """One screened line: what it was, and what a clinic would have done about it.

    `duty` and `safeguarding`: who would have been told or asked about. `failed`: not all layers
    could finish.
    """

    cell: Cell
    duty: bool
    safeguarding: bool
    failed: bool = False


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    count: int
    of: int

    @property
    def rate(self) -> float | None:
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.count, self.of) if self.of else None


def wilson(count: int, of: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share; `of` is at least 1."""
    share, part = count / of, _Z * _Z / of
    middle = share + part / 2
    half = _Z * math.sqrt(share * (1 - share) / of + part / (4 * of))
    # Rounding must not leave a hair of doubt where there is none.
    low = 0.0 if count == 0 else (middle - half) / (1 + part)
    high = 1.0 if count == of else (middle + half) / (1 + part)
    return low, high


@dataclass(frozen=True)
class Routes:
    """Who is told. `conduct`: lines about a clinician's conduct, those about the past as well."""

    conduct: int
    safeguarding: Share
    duty_only: Share
    nobody: Share
    others: Share
    """Lines of any other label that go to safeguarding."""


@dataclass(frozen=True)
class Scores:
    """All counts of one measurement; every rate comes from them."""

    outcomes: tuple[Outcome, ...]

    @cached_property
    def matrix(self) -> Counter[Cell]:
        return Counter(one.cell for one in self.outcomes)

    @property
    def failed(self) -> int:
        return sum(one.failed for one in self.outcomes)

    def lines(self, wanted: Callable[[Cell], bool]) -> int:
        return sum(count for cell, count in self.matrix.items() if wanted(cell))

    def share(self, wanted: Callable[[Cell], bool], level: Level) -> Share:
        """How many of the wanted lines got that much of a reaction."""
        reached = self.lines(lambda cell: wanted(cell) and cell.tier >= level.tier)
        return Share(reached, self.lines(wanted))

    def at(self, kind: Kind, tier: Tier) -> Share:
        """How many lines of a kind got exactly this tier."""
        reached = self.lines(lambda cell: cell.kind is kind and cell.tier is tier)
        return Share(reached, self.lines(lambda cell: cell.kind is kind))

    @property
    def routes(self) -> Routes:
        conduct = [one for one in self.outcomes if one.cell.label == Category.ABUSE_BY_CLINICIAN]
        others = [
            one
            for one in self.outcomes
            if one.cell.label not in {Category.ABUSE_BY_CLINICIAN, NOT_GIVEN}
        ]
        right = _safeguarded(conduct)
        wrong = sum(one.duty and not one.safeguarding for one in conduct)
        size = len(conduct)
        return Routes(
            conduct=size,
            safeguarding=Share(right, size),
            duty_only=Share(wrong, size),
            nobody=Share(size - right - wrong, size),
            others=Share(_safeguarded(others), len(others)),
        )


def _safeguarded(outcomes: Iterable[Outcome]) -> int:
    return sum(one.safeguarding for one in outcomes)
