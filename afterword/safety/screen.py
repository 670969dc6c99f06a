"""Screening a message: what it may mean, and the tier of what happens next. Pure.

Layers (docs/clinical-safety.md): L0 the normal form, L1 explicit and L2 composed patterns, L3 the
context that may lower a hit, L4 a statistical model, when there is one.
"""

import hashlib
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Protocol

from afterword.safety.bare import names_nothing
from afterword.safety.finding import Category, Evidence, Finding, Tier
from afterword.safety.matching import Hits
from afterword.safety.mending import Mender
from afterword.safety.normal import normal_form
from afterword.safety.phrases import Text
from afterword.safety.rules import Layer, RuleSet
from afterword.safety.wordlike import ENOUGH, Wordlike

_EARLIER = 400
"""Characters of an earlier message that are joined with this one."""
_ANYTHING = "ok"
"""Stands for whatever may come next."""
_CONCERNS = frozenset({Category.ABUSE_BY_CLINICIAN})
MODEL = "model"
CLINICIAN_NAME = "clinicianname"
_STEM = 4
"""Letters of a beginning that say which word is meant."""
_TITLE = r"\b(?:dr|dra|doctor|doctora|mr|mrs|ms|miss|sr|sra|senor|senora)[.]? +"
_NOT_A_NAME = {"dr", "dr.", "mr", "mrs", "ms", "the", "and"}


# What would have told staff still asks the patient; only what would have asked is merely noted.
_ONE_LESS = {
    Tier.NOTE: Tier.NOTE,
    Tier.CHECK: Tier.NOTE,
    Tier.SAME_DAY: Tier.CHECK,
    Tier.NOW: Tier.CHECK,
}


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

    def most(self, text: str) -> Tier: ...


@dataclass(frozen=True)
class Rules:
    """The rules of every language: nobody is bound to write in the language of the page."""

    sets: tuple[RuleSet, ...]
    known_words: frozenset[str] = frozenset()
    bare_words: tuple[frozenset[str], ...] = ()
    """For each language those that name no thing and no deed (`bare.py`)."""

    @cached_property
    def menders(self) -> Mapping[str, Mender]:
        """One for each language: a slip in one is not looked for among the words of another."""
        return {one.language: self._mender(one) for one in self.sets}

    def _mender(self, rules: RuleSet) -> Mender:
        """Knows the words of the patterns, and those known words that begin as one of them."""
        phrases = rules.phrases.values()
        named = [phrase for one in rules.patterns for phrase in one.phrases]
        counts = Counter(word for phrase in named for word in phrase.written)
        counts.update(rules.vocabulary)
        stems = tuple({stem for one in phrases for stem in one.stems if len(stem) >= _STEM})
        counts.update(word for word in self.known_words if word.startswith(stems))
        long = [stem for stem in stems if len(stem) > _STEM]
        return Mender(counts, self.known_words | self.vocabulary, long)

    @cached_property
    def wordlike(self) -> Wordlike | None:
        """Tells words from keys and mash; None where there are too few words to tell by."""
        words = self.known_words | self.vocabulary
        return Wordlike(words) if len(words) >= ENOUGH else None

    def readable(self, text: str) -> str:
        """What of the text is words, for the model."""
        return self.wordlike.readable(text) if self.wordlike else text

    @cached_property
    def vocabulary(self) -> frozenset[str]:
        """All words of the phrases."""
        return frozenset().union(*(one.vocabulary for one in self.sets))

    @cached_property
    def version(self) -> str:
        """Changes whenever a pattern does."""
        digest = hashlib.sha256()
        for one in self.sets:
            for entry in (*one.patterns, *one.cues, *one.mitigations, *one.retractions):
                digest.update(repr(_plain(entry)).encode())
        digest.update(repr([sorted(words) for words in self.bare_words]).encode())
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
    looks = (_by_rules, _by_model) if context.use_rules else (_by_model,)
    for look in looks:
        try:
            # One by one: what was found before something went wrong stands.
            for one in look(text, context):
                evidence.append(one)
        except Exception:
            # Whatever went wrong, this message is not passed over in silence.
            failed = True
    if not failed:
        evidence = _agreed(_doubted(text, evidence, context))
    tier = max((one.tier for one in evidence), default=Tier.NONE)
    if failed:
        tier = max(tier, Tier.CHECK)
    return Finding(tier, tuple(evidence), _version(context), failed)


def _doubted(text: str, evidence: list[Evidence], context: Context) -> list[Evidence]:
    """Composed hits go no further than the model allows.

    Explicit ones stand as they are, unless the model sees no danger at all and the text says, in
    whatever sentence, that it is long ago or over: then the patient is asked.
    """
    ruled = [one for one in evidence if one.layer != MODEL and one.start >= 0]
    if context.model is None or not ruled:
        return evidence
    words = context.rules.readable(text)
    if not words.strip():
        # It cannot read this, so it has no doubts about it.
        return evidence
    try:
        most = context.model.most(words)
    except Exception:
        # Without its word the rules stand.
        return evidence
    past = most <= Tier.NOTE and _tells_of_the_past(text, context)

    def goes_too_far(one: Evidence) -> bool:
        if one.layer == Layer.EXPLICIT:
            return past and one.tier > Tier.CHECK
        return one.tier > most

    return [
        replace(one, tier=max(most, _ONE_LESS[one.tier]), lowered=(*one.lowered, MODEL))
        if one in ruled and goes_too_far(one)
        else one
        for one in evidence
    ]


def _agreed(evidence: list[Evidence]) -> list[Evidence]:
    """Where rules and model each would ask about the same danger, staff are told.

    Neither is certain by itself; both together were right 38 of 39 times in the lines of
    tests/safety/data (docs/decisions/0040).
    """
    asking = {
        one.category
        for one in evidence
        if one.layer != MODEL and one.tier is Tier.CHECK and not one.lowered
    }
    return [
        replace(one, tier=Tier.SAME_DAY)
        if one.layer == MODEL and one.tier is Tier.CHECK and one.category in asking
        else one
        for one in evidence
    ]


def _tells_of_the_past(text: str, context: Context) -> bool:
    named = _without_names(text, context)
    return any(
        Hits(
            rules, Text(normal_form(named, context.rules.menders[rules.language].mend))
        ).tells_of_the_past
        for rules in context.rules.sets
    )


def _by_rules(text: str, context: Context) -> Iterator[Evidence]:
    named = _without_names(text, context)
    broken: Exception | None = None
    for rules in context.rules.sets:
        try:
            yield from _by_language(named, rules, context)
        except Exception as error:
            # The other language may still find it.
            broken = error
    if broken is not None:
        raise broken


def _by_language(text: str, rules: RuleSet, context: Context) -> Iterator[Evidence]:
    mend = context.rules.menders[rules.language].mend
    own = normal_form(text, mend)
    seen: dict[str, Tier] = {}
    for one in Hits(rules, Text(own), context.question).evidence():
        seen[one.id] = one.tier
        yield one
    lines = text.split("\n")
    if len(lines) > 1:
        # A sentence may go on in the next line.
        own = normal_form(" ".join(lines), mend)
        for one in Hits(rules, Text(own), context.question).evidence():
            if one.id not in seen:
                seen[one.id] = one.tier
                yield one
    # A sentence that was sent in pieces has no full stop between them.
    pieces = [normal_form(piece[-_EARLIER:], mend).rstrip(" .,") for piece in context.earlier]
    before = " ".join(filter(None, pieces))
    if before and own:
        words = len(before.split())
        joined = list(Hits(rules, Text(f"{before} {own}"), "", words).evidence())
        known = _seen_before(rules, before, len(own.split())) if joined else {}
        for one in joined:
            again = Tier.NOTE < one.tier <= known.get((one.id, one.start), Tier.NONE)
            if one.tier > seen.get(one.id, Tier.NONE) and not again:
                yield replace(one, start=one.start - words, end=one.end - words)


def _seen_before(rules: RuleSet, before: str, words: int) -> Mapping[tuple[str, int], Tier]:
    """What the earlier messages say by themselves, by pattern and place, whatever came next.

    A phrase that ends in "and so on" would go on in any words, "go on" too: the patient was
    answered when it came.
    """
    anyway = Text(f"{before}{f' {_ANYTHING}' * words}")
    alone = Hits(rules, Text(before))
    going_on = Hits(rules, anyway, "", len(before.split()))
    known: dict[tuple[str, int], Tier] = {}
    for one in (*alone.evidence(), *going_on.evidence()):
        place = one.id, one.start
        known[place] = max(one.tier, known.get(place, Tier.NONE))
    return known


def _by_model(text: str, context: Context) -> Iterator[Evidence]:
    # First, also without a model: the proof at start then prepares it, not the first patient.
    text = context.rules.readable(text)
    if context.model is None or not text.strip():
        return
    best = _best(context.model.opinions(text))
    if names_nothing(text, context.rules.bare_words):
        # What it is about stands in no word: the patient is asked. Earlier messages may say it.
        best = {category: min(tier, Tier.CHECK) for category, tier in best.items()}
    earlier = [context.rules.readable(one) for one in context.earlier]
    joined = " ".join([*(one[-_EARLIER:] for one in earlier), text])
    if earlier and len(joined) <= _EARLIER:
        # Only what the message does not say by itself: the rest was seen when it came.
        best |= _raised(best, earlier, joined, context.model)
    for category, tier in best.items():
        yield Evidence(f"{MODEL}-{category}", MODEL, category, tier)


def _raised(
    own: Mapping[Category, Tier], earlier: Sequence[str], joined: str, model: Model
) -> Mapping[Category, Tier]:
    """What the earlier messages and this one say together, and neither says by itself.

    Nor the earlier ones and any word: near a bound a score moves with each. Where they had staff
    told of a danger already, the same score under another name is no news; a concern about the
    clinician goes another way.
    """
    before = _best(model.opinions(" ".join(earlier)))
    raised = {
        category: tier
        for category, tier in _best(model.opinions(joined)).items()
        if tier > max(own.get(category, Tier.NONE), before.get(category, Tier.NONE))
    }
    if not raised:
        return {}
    anyway = _best(model.opinions(" ".join((*earlier, _ANYTHING))))
    told = max((before[one] for one in before if one not in _CONCERNS), default=Tier.NONE)
    return {
        category: tier
        for category, tier in raised.items()
        if tier > anyway.get(category, Tier.NONE) and (category in _CONCERNS or tier > told)
    }


def _best(opinions: Iterable[Opinion]) -> dict[Category, Tier]:
    best: dict[Category, Tier] = {}
    for one in opinions:
        if one.tier > best.get(one.category, Tier.NONE):
            best[one.category] = one.tier
    return best


def _without_names(text: str, context: Context) -> str:
    """The clinic's own names stand for their bearer, whatever else the words mean.

    A name that is also a word of a pattern (Will, Joy, Slaughter) only where it can be nothing
    else: behind a title, or with its capital inside a sentence.
    """
    if not context.staff_names:
        return text
    words = context.rules.vocabulary
    plain = _without_accents(text)
    for name in map(_without_accents, context.staff_names):
        parts = [one for one in name.split() if len(one) > 2 and one.lower() not in _NOT_A_NAME]
        for part in filter(None, (name.strip(), *parts)):
            exact = re.escape(part)
            if part.lower() in words:
                plain = re.sub(rf"(?i:{_TITLE}){exact}(?!\w)", CLINICIAN_NAME, plain)
                if part.istitle():
                    plain = re.sub(rf"(?<=[\w,] ){exact}(?!\w)", CLINICIAN_NAME, plain)
            else:
                plain = re.sub(rf"(?<!\w){exact}(?!\w)", CLINICIAN_NAME, plain, flags=re.I)
    return plain


def _without_accents(text: str) -> str:
    if text.isascii():
        return text
    split = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", re.sub("[\u0300-\u036f]", "", split))


def _version(context: Context) -> str:
    try:
        rules = f"rules {context.rules.version}" if context.use_rules else "no rules"
        model = f"model {context.model.version}" if context.model else "no model"
    except Exception:
        return "unknown"
    return f"{rules}, {model}"


def _plain(entry: object) -> object:
    values = dict(vars(entry))
    # The words too: what a group stands for is not in the source that names it.
    values["phrases"] = [
        (phrase.source, sorted(phrase.words | phrase.stems)) for phrase in values["phrases"]
    ]
    return sorted(
        (key, sorted(map(str, value)) if isinstance(value, frozenset) else value)
        for key, value in values.items()
    )
