"""Two models on the same lines: what became better, what worse, and what may be chance. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from math import comb

from afterword.safety.scores import wilson
from afterword.training.report import Measured, Read

SURE = 0.05
"""Below this chance that equal models differ as much, a difference counts."""


class Trend(StrEnum):
    """Where something went. What may well be chance is `SAME_*`."""

    BETTER = "better"
    WORSE = "worse"
    SAME = "same"


@dataclass(frozen=True)
class Flip:
    """A line that one of the models reads right and the other one does not."""

    place: str
    meant: str
    live: str
    candidate: str
    better: bool


@dataclass(frozen=True)
class Count:
    """How many of how many, with Wilson's interval."""

    right: int
    of: int

    @property
    def share(self) -> float | None:
        return self.right / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        return wilson(self.right, self.of) if self.of else None


@dataclass(frozen=True)
class Label:
    """One label in both models. `missed_as`: what lines of it are taken for by the candidate."""

    name: str
    live: Count
    candidate: Count
    live_f1: float | None
    candidate_f1: float | None
    gained: int
    lost: int
    missed_as: tuple[tuple[str, int], ...]

    @property
    def chance(self) -> float:
        return mcnemar(self.gained, self.lost)

    @property
    def trend(self) -> Trend:
        """By counts alone; `chance` says how much that means."""
        if self.gained == self.lost:
            return Trend.SAME
        return Trend.BETTER if self.gained > self.lost else Trend.WORSE

    @property
    def sure(self) -> bool:
        return self.chance < SURE


@dataclass(frozen=True)
class Comparison:
    """A candidate beside what is live."""

    live: Count
    candidate: Count
    gained: int
    lost: int
    labels: tuple[Label, ...]
    confusions: tuple[tuple[str, str, int, int], ...]
    """What was meant, what it was taken for, how often by the candidate and by the live model."""
    flips: tuple[Flip, ...]
    languages: tuple[tuple[str, Count, Count], ...]
    """Language, live, candidate."""

    @property
    def difference(self) -> int:
        return self.gained - self.lost

    @property
    def chance(self) -> float:
        return mcnemar(self.gained, self.lost)

    @property
    def sure(self) -> bool:
        """Whether equal models would seldom differ as much."""
        return self.chance < SURE

    @property
    def worse(self) -> tuple[Label, ...]:
        """The labels that lost lines on the whole, the greatest loss first."""
        found = [one for one in self.labels if one.trend is Trend.WORSE]
        return tuple(sorted(found, key=lambda one: one.gained - one.lost))

    @property
    def better(self) -> tuple[Label, ...]:
        found = [one for one in self.labels if one.trend is Trend.BETTER]
        return tuple(sorted(found, key=lambda one: one.lost - one.gained))


def compare(candidate: Measured, live: Measured) -> Comparison:
    """Over the lines that both have read."""
    both = [place for place in live.lines if place in candidate.lines]
    new = {place: candidate.lines[place] for place in both}
    old = {place: live.lines[place] for place in both}
    flips = tuple(_flips(new, old))
    languages = sorted({language_of(place) for place in both})
    return Comparison(
        live=_count(old.values()),
        candidate=_count(new.values()),
        gained=sum(one.better for one in flips),
        lost=sum(not one.better for one in flips),
        labels=tuple(_labels(new, old, flips)),
        confusions=tuple(_confusions(new.values(), old.values())),
        flips=flips,
        languages=tuple(
            (name, _count(_of_language(old, name)), _count(_of_language(new, name)))
            for name in languages
        ),
    )


def mcnemar(gained: int, lost: int) -> float:
    """The chance that equal models differ at least as much: exact, on both sides."""
    both = gained + lost
    if not both:
        return 1.0
    tail = sum(comb(both, one) for one in range(min(gained, lost) + 1))
    return min(1.0, 2 * tail / float(2**both))


def chance_of_worse(gained: int, lost: int) -> float:
    """The chance that equal models would lose at least as many: one-sided."""
    both = gained + lost
    return sum(comb(both, one) for one in range(lost, both + 1)) / float(2**both)


def language_of(place: str) -> str:
    """The language of a line, which is the name of its file."""
    return place.partition(":")[0]


def _of_language(reads: Mapping[str, Read], language: str) -> Iterable[Read]:
    return (one for place, one in reads.items() if language_of(place) == language)


def _count(reads: Iterable[Read]) -> Count:
    known = list(reads)
    return Count(sum(one.right for one in known), len(known))


def _flips(new: Mapping[str, Read], old: Mapping[str, Read]) -> Iterable[Flip]:
    for place, one in new.items():
        before = old[place]
        if one.right != before.right:
            yield Flip(place, one.meant, before.got, one.got, one.right)


def _labels(
    new: Mapping[str, Read], old: Mapping[str, Read], flips: Iterable[Flip]
) -> Iterable[Label]:
    known = list(flips)
    for name in sorted({one.meant for one in new.values()}):
        own = [one for one in new.values() if one.meant == name]
        missed = Counter(one.got for one in own if not one.right)
        yield Label(
            name=name,
            live=_count(one for one in old.values() if one.meant == name),
            candidate=_count(own),
            live_f1=f1(old.values(), name),
            candidate_f1=f1(new.values(), name),
            gained=sum(one.better for one in known if one.meant == name),
            lost=sum(not one.better for one in known if one.meant == name),
            missed_as=tuple(missed.most_common()),
        )


def f1(reads: Iterable[Read], name: str) -> float | None:
    """The middle of how many lines of a label are found and how many found ones are of it."""
    known = list(reads)
    right = sum(one.right and one.meant == name for one in known)
    missed = sum(not one.right and one.meant == name for one in known)
    wrongly = sum(one.got == name and one.meant != name and not one.right for one in known)
    whole = 2 * right + missed + wrongly
    return 2 * right / whole if whole else None


def _confusions(new: Iterable[Read], old: Iterable[Read]) -> Iterable[tuple[str, str, int, int]]:
    now, before = (
        Counter((one.meant, one.got) for one in reads if not one.right) for reads in (new, old)
    )
    pairs = sorted({*now, *before}, key=lambda pair: (-now[pair], -before[pair], pair))
    for meant, got in pairs:
        yield meant, got, now[meant, got], before[meant, got]
