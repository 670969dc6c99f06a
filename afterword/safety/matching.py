"""Which rules of a set bear on a text, and what is left of each hit in its context."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from afterword.safety.finding import Evidence, Tier
from afterword.safety.phrases import Phrase
from afterword.safety.rules import Layer, Mitigation, Pattern, RuleSet, Scope

_URGENT = {Tier.CHECK: Tier.SAME_DAY, Tier.SAME_DAY: Tier.NOW, Tier.NOW: Tier.NOW}
_MOST_PLACES = 8


@dataclass(frozen=True)
class Hits:
    """The rules of `rules` on a text in normal form, that answers `question`."""

    rules: RuleSet
    text: str
    question: str = ""

    def evidence(self) -> list[Evidence]:
        """Each hit once per pattern, at its highest tier after context and cues."""
        best: dict[str, Evidence] = {}
        for pattern in self.rules.patterns:
            if pattern.questions and self.question not in pattern.questions:
                continue
            for start, end in _places(pattern.phrases, self.text):
                one = self._judged(pattern, start, end)
                if pattern.id not in best or best[pattern.id].tier < one.tier:
                    best[pattern.id] = one
        return list(best.values())

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
            if any(True for _ in _places(one.phrases, self.text))
            for kind in one.cancels
        }
        return [
            (one, place)
            for one in self.rules.mitigations
            if one.kind not in cancelled
            for place in _places(one.phrases, self.text)
        ]

    @cached_property
    def _urgent(self) -> frozenset[str]:
        """The categories for which something says that it is now."""
        return frozenset(
            category
            for cue in self.rules.cues
            if any(True for _ in _places(cue.phrases, self.text))
            for category in cue.categories
        )

    def _bears(self, one: Mitigation, place: tuple[int, int], start: int, end: int) -> bool:
        first, last = place
        if one.scope is Scope.MESSAGE:
            return True
        if one.scope is Scope.OVER:
            return first < end and start < last
        between = self.text[last:start] if last <= start else self.text[end:first]
        if " . " in between:
            return False
        if one.scope is Scope.SENTENCE:
            return True
        in_order = first <= start if one.scope is Scope.BEFORE else last >= end
        return in_order and len(between.replace(",", "").split()) <= one.near


def _places(phrases: Iterable[Phrase], text: str) -> Iterator[tuple[int, int]]:
    for phrase in phrases:
        if any(anchor in text for anchor in phrase.anchors):
            for count, found in enumerate(phrase.expression.finditer(text)):
                if count == _MOST_PLACES:
                    break
                yield found.span()
