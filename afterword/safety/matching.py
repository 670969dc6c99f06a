"""Which rules of a set bear on a text, and what is left of each hit in its context."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import islice

from afterword.safety.finding import Category, Evidence, Tier
from afterword.safety.phrases import COMMA, STOP, Phrase, Text
from afterword.safety.rules import Layer, Mitigation, Pattern, RuleSet, Scope

_URGENT = {Tier.CHECK: Tier.SAME_DAY, Tier.SAME_DAY: Tier.NOW, Tier.NOW: Tier.NOW}
_MOST_PLACES = 32
_OVER = frozenset({"past", "past_abuse", "past_medical", "resolved"})
_FAR = 12
"""Words between a hit and a cue in two messages that still belong together."""


@dataclass(frozen=True)
class Hits:
    """The rules of `rules` on a text that answers `question`.

    `across`: only hits that begin before this word and end behind it, a near cue included.
    """

    rules: RuleSet
    text: Text
    question: str = ""
    across: int | None = None

    def evidence(self) -> list[Evidence]:
        """Each hit once per pattern, at its highest tier after context and cues."""
        best: dict[str, Evidence] = {}
        for pattern in self._patterns():
            if pattern.questions and self.question not in pattern.questions:
                continue
            for start, end in self._places(pattern.phrases):
                place = self._place(pattern, start, end)
                if place is None:
                    continue
                one = replace(self._judged(pattern, start, end), start=place[0], end=place[1])
                if pattern.id not in best or best[pattern.id].tier < one.tier:
                    best[pattern.id] = one
        return sorted(best.values(), key=lambda one: one.id)

    def _patterns(self) -> Iterable[Pattern]:
        owners = self.rules.pattern_of
        return {owners[one].id: owners[one] for one in self._possible if one in owners}.values()

    def _place(self, pattern: Pattern, start: int, end: int) -> tuple[int, int] | None:
        """Where a hit is; with `across`, together with a cue on the other side; None beside it."""
        if self.across is None or start < self.across < end:
            return start, end
        for category, first, last in self._cues:
            whole = min(start, first), max(end, last)
            crosses = whole[0] < self.across < whole[1]
            if crosses and category is pattern.category and first - end <= _FAR >= start - last:
                return whole
        return None

    def _judged(self, pattern: Pattern, start: int, end: int) -> Evidence:
        tier, lowered = pattern.tier, []
        for one, place in self._mitigations:
            if pattern.category in one.categories and self._bears(one, place, start, end):
                floor = Tier.NOTE if pattern.layer is Layer.EXPLICIT else Tier.NONE
                if tier > max(one.to, floor):
                    tier = max(one.to, floor)
                    lowered.append(one.id)
        if not lowered and tier in _URGENT and pattern.category in self._urgent:
            tier = _URGENT[tier]
        return Evidence(
            pattern.id, pattern.layer, pattern.category, tier, tuple(lowered), start, end
        )

    @cached_property
    def _mitigations(self) -> list[tuple[Mitigation, tuple[int, int]]]:
        """Those that are there and are not taken back."""
        cancelled = {
            kind
            for one in self.rules.retractions
            if any(True for _ in self._places(one.phrases))
            for kind in one.cancels
        }
        return [
            (one, place)
            for one in self.rules.mitigations
            if one.kind not in cancelled
            for place in self._places(one.phrases)
        ]

    @cached_property
    def tells_of_the_past(self) -> bool:
        """Whether anything in the text, however far from a hit, says that it is over."""
        return any(one.kind in _OVER for one, _ in self._mitigations)

    @cached_property
    def _cues(self) -> list[tuple[Category, int, int]]:
        """What says that it is now, and for which category."""
        return [
            (category, start, end)
            for cue in self.rules.cues
            for start, end in self._places(cue.phrases)
            for category in cue.categories
        ]

    @cached_property
    def _urgent(self) -> frozenset[Category]:
        return frozenset(category for category, _, _ in self._cues)

    def _bears(self, one: Mitigation, place: tuple[int, int], start: int, end: int) -> bool:
        first, last = place
        if one.scope is Scope.MESSAGE:
            return True
        if one.scope is Scope.OVER:
            return first < end and start < last
        between = self.text.tokens[last:start] if last <= start else self.text.tokens[end:first]
        if STOP in between:
            return False
        if one.scope is Scope.SENTENCE:
            return True
        in_order = first < start if one.scope is Scope.BEFORE else last >= end
        return in_order and sum(token != COMMA for token in between) <= one.near

    def _places(self, phrases: Iterable[Phrase]) -> Iterator[tuple[int, int]]:
        for phrase in phrases:
            if id(phrase) in self._possible:
                yield from islice(phrase.places(self.text), _MOST_PLACES)

    @cached_property
    def _possible(self) -> frozenset[int]:
        return self.rules.needs.met_by(self.text.keys)
