"""Rules and models that are small enough to see through, for the tests of the screen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from afterword.safety.finding import Category, Finding, Tier
from afterword.safety.phrases import Groups
from afterword.safety.rules import RuleSet, build_part, join_parts
from afterword.safety.screen import Context, Opinion, Rules, screen


def rule_set(language: str, *entries: dict[str, Any]) -> RuleSet:
    return join_parts(language, [build_part({"owner": "Ada", "entries": [*entries]}, Groups({}))])


def pattern(
    key: str, words: str, tier: str = "same_day", category: str = "suicide"
) -> dict[str, Any]:
    return {
        "id": key,
        "layer": "explicit",
        "category": category,
        "tier": tier,
        "match": words,
        "test": words.partition("|")[0],
    }


ENGLISH = rule_set(
    "en",
    pattern("en-1", "kill myself|want to die"),
    pattern("en-2", "hits me", category="abuse_by_other"),
    pattern("en-3", "clinicianname hits|clinicianname kissed me", category="abuse_by_clinician"),
    pattern("en-4", "slaughter|will pain", tier="check", category="harm_to_others"),
    {"id": "en-cue", "kind": "cue", "match": "tonight", "test": "tonight"},
    {
        **{"id": "en-mit", "kind": "negation", "scope": "before", "to": "none"},
        **{"match": "dont", "test": "don't"},
    },
)
SPANISH = rule_set("es", pattern("es-1", "quiero morir"))
KNOWN = Rules((ENGLISH, SPANISH), frozenset({"diet"}))


@dataclass
class FakeModel:
    """Answers by the exact text, and remembers what it was asked."""

    answers: dict[str, list[Opinion]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    version: str = "m1"
    allows: Tier = Tier.NOW

    def opinions(self, text: str) -> Sequence[Opinion]:
        self.asked.append(text)
        return self.answers.get(text, [])

    def most(self, text: str) -> Tier:
        return self.allows


class BrokenModel:
    @property
    def version(self) -> str:
        raise OSError("gone")

    def opinions(self, text: str) -> Sequence[Opinion]:
        raise OSError("gone")

    def most(self, text: str) -> Tier:
        raise OSError("gone")


def look(text: str, **more: Any) -> Finding:
    return screen(text, Context(KNOWN, **more))


def opinion(tier: Tier, category: Category = Category.SUICIDE) -> list[Opinion]:
    return [Opinion(category, tier)]
