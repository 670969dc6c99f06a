"""Screening a message: what it may mean, and the tier of what happens next. Pure.

Layers (docs/clinical-safety.md): L0 the normal form, L1 explicit and L2 composed patterns, L3 the
context that may lower a hit, L4 a statistical model, when there is one.
"""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from afterword.safety.finding import Category, Evidence, Finding, Tier
from afterword.safety.matching import Hits
from afterword.safety.mending import Mender
from afterword.safety.normal import normal_form
from afterword.safety.rules import RuleSet

_EARLIER = 400
"""Characters of an earlier message that are joined with this one."""
MODEL = "model"
CLINICIAN_NAME = "clinicianname"
_NOT_A_NAME = {"dr", "dr.", "mr", "mrs", "ms", "the", "and"}


@dataclass(frozen=True)
class Opinion:
    """What a model makes of a text: a category, and the tier that its score stands for."""

    category: Category
    tier: Tier


class Model(Protocol):
    """The statistical layer; it may be absent, and may fail."""

    @property
    def version(self) -> str: ...

    def opinions(self, text: str) -> Sequence[Opinion]: ...


@dataclass(frozen=True)
class Rules:
    """The rules of every language: nobody is bound to write in the language of the page."""

    sets: tuple[RuleSet, ...]
    known_words: frozenset[str] = frozenset()

    @cached_property
    def mender(self) -> Mender:
        return Mender((word for one in self.sets for word in one.words), self.known_words)

    @cached_property
    def version(self) -> str:
        """Changes whenever a pattern does."""
        digest = hashlib.sha256()
        for one in self.sets:
            for entry in (*one.patterns, *one.cues, *one.mitigations, *one.retractions):
                digest.update(repr(_plain(entry)).encode())
        return digest.hexdigest()[:12]


@dataclass(frozen=True)
class Context:
    """What a message is screened with. `earlier`: up to two messages before it, oldest first.

    `question` is the id of the question that it answers; `staff_names` are the clinic's own.
    """

    rules: Rules
    model: Model | None = None
    earlier: tuple[str, ...] = ()
    question: str = ""
    staff_names: tuple[str, ...] = ()
    use_rules: bool = True


def screen(text: str, context: Context) -> Finding:
    """The finding of one message. Never raises: what fails counts as *check*."""
    evidence: list[Evidence] = []
    failed = False
    if context.use_rules:
        try:
            evidence += _by_rules(text, context)
        except Exception:
            # Whatever went wrong, this message is not passed over in silence.
            failed = True
    try:
        evidence += _by_model(text, context)
    except Exception:
        failed = True
    tier = max((one.tier for one in evidence), default=Tier.NONE)
    if failed:
        tier = max(tier, Tier.CHECK)
    return Finding(tier, tuple(evidence), _version(context), failed)


def _by_rules(text: str, context: Context) -> list[Evidence]:
    mend = context.rules.mender.mend
    own = normal_form(_without_names(text, context.staff_names), mend)
    evidence = [
        one for rules in context.rules.sets for one in Hits(rules, own, context.question).evidence()
    ]
    if context.earlier:
        before = normal_form(" ".join(one[-_EARLIER:] for one in context.earlier), mend)
        # A sentence that was sent in pieces has no full stop between them.
        before = before.rstrip(" .,")
        seen = {one.id for one in evidence}
        words = len(before.split())
        evidence += [
            replace(one, start=one.start - words, end=one.end - words)
            for rules in context.rules.sets
            for one in Hits(rules, f"{before} {own}", "").evidence()
            if one.start < words < one.end and one.id not in seen
        ]
    return evidence


def _by_model(text: str, context: Context) -> list[Evidence]:
    if context.model is None or not text.strip():
        return []
    best = _best(context.model.opinions(text))
    joined = " ".join([*(one[-_EARLIER:] for one in context.earlier), text])
    if context.earlier and len(joined) <= _EARLIER:
        # Only what the message does not say by itself: the rest was seen when it came.
        before = _best(context.model.opinions(" ".join(context.earlier)))
        for category, tier in _best(context.model.opinions(joined)).items():
            if tier > max(best.get(category, Tier.NONE), before.get(category, Tier.NONE)):
                best[category] = tier
    return [Evidence(f"{MODEL}-{one}", MODEL, one, tier) for one, tier in best.items()]


def _best(opinions: Iterable[Opinion]) -> dict[Category, Tier]:
    best: dict[Category, Tier] = {}
    for one in opinions:
        if one.tier > best.get(one.category, Tier.NONE):
            best[one.category] = one.tier
    return best


def _without_names(text: str, names: Iterable[str]) -> str:
    """The clinic's own names stand for their bearer, whatever else the words mean."""
    for name in names:
        parts = [one for one in name.split() if len(one) > 2 and one.lower() not in _NOT_A_NAME]
        for part in (name, *parts):
            text = re.sub(rf"(?<!\w){re.escape(part)}(?!\w)", CLINICIAN_NAME, text, flags=re.I)
    return text


def _version(context: Context) -> str:
    parts = [f"rules {context.rules.version}" if context.use_rules else "no rules"]
    parts.append(f"model {context.model.version}" if context.model else "no model")
    return ", ".join(parts)


def _plain(entry: object) -> object:
    values = dict(vars(entry))
    values["phrases"] = [phrase.source for phrase in values["phrases"]]
    return sorted(
        (key, sorted(map(str, value)) if isinstance(value, frozenset) else value)
        for key, value in values.items()
    )
