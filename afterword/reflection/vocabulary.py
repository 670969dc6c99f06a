"""All that stands for an option of one question in one language: made once for a scale. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from afterword.reflection.instrument import Option
from afterword.reflection.lexicon import EXTREMES, MANNERS, Lexicon, Tokens, tokens
from afterword.reflection.plan import Question
from afterword.reflection.slips import long_words

ENDS = frozenset(".;!?\n(),:…—")
"""Where a text is cut into clauses."""
_USUAL = ("none hardly no bad worst", "little some", "mostly", "much", "all best")
_MANNER = {*MANNERS, *EXTREMES}
_Options = tuple[tuple[tuple[str, ...], tuple[Tokens, ...]], ...]
"""What each option of a scale stands for, and its own words."""


@dataclass(frozen=True, eq=False)
class Vocabulary:
    """All that stands for an option of one question in one language."""

    phrases: Mapping[Tokens, tuple[frozenset[int], str]]
    topic: frozenset[str]
    lexicon: Lexicon
    size: int
    ascending: bool
    agreeing: frozenset[int]
    refusing: frozenset[int]
    extremes: Mapping[str, tuple[frozenset[int], str]]

    @property
    def is_usual(self) -> bool:
        """Whether it belongs to no question, and so has no options of its own."""
        return all(kind != "label" for _, kind in self.phrases.values())

    @cached_property
    def longest(self) -> int:
        return max(map(len, self.phrases))

    @cached_property
    def slipping(self) -> frozenset[str]:
        """The words of its phrases that a slip of the finger is put right to."""
        return long_words(self.phrases)

    @cached_property
    def with_breaks(self) -> frozenset[Tokens]:
        """The phrases that cutting would tear apart: "la verdad, no", "worlds apart"."""
        spoken = {word for end in self.lexicon.lists["ends"] for word in end}
        cuts = ENDS | self.lexicon.words("breaks") | spoken
        return frozenset(phrase for phrase in self.phrases if not cuts.isdisjoint(phrase))


@lru_cache
def usual(lexicon: Lexicon) -> Vocabulary:
    """Of a scale from nothing to everything, whatever it is about."""
    ranks = {name: place for place, names in enumerate(_USUAL, 1) for name in names.split()}
    phrases: dict[Tokens, tuple[frozenset[int], str]] = {}
    for group, known in lexicon.groups.items():
        places = frozenset({ranks[group]}) if group in ranks else frozenset({4, 5})
        kind = "manner" if group in _MANNER else "quantity"
        phrases |= dict.fromkeys(known, (places, kind))
    empty: frozenset[int] = frozenset()
    ends = {name: (frozenset({ranks[name]}), "manner") for name in EXTREMES}
    topic = lexicon.words("topic")
    return Vocabulary(phrases, topic, lexicon, len(_USUAL), True, empty, empty, ends)


def vocabulary(question: Question, lexicon: Lexicon) -> Vocabulary:
    """Of a question with options in order."""
    item, language = question.item, lexicon.language
    texts = (item.again.get(language, ""), item.label.get(language, ""))
    topic = {word for text in texts for word in tokens(text) if len(word) > 2}
    topic |= {word for name in item.names.get(language, ()) for word in tokens(name)}
    says = tuple((option.says, tuple(_own(option, language))) for option in item.options)
    return _vocabulary(says, frozenset(topic) - lexicon.words("breaks"), lexicon)


@lru_cache(maxsize=256)
def _vocabulary(options: _Options, topic: frozenset[str], lexicon: Lexicon) -> Vocabulary:
    def saying(what: str) -> frozenset[int]:
        return frozenset(at for at, (says, _) in enumerate(options, 1) if what in says)

    return Vocabulary(
        phrases=_phrases(options, lexicon),
        topic=topic,
        lexicon=lexicon,
        size=len(options),
        ascending=_is_ascending(options),
        agreeing=saying("yes"),
        refusing=saying("no"),
        extremes=_extremes(options),
    )


@lru_cache(maxsize=64)
def _phrases(options: _Options, lexicon: Lexicon) -> Mapping[Tokens, tuple[frozenset[int], str]]:
    """Questions that are answered on one scale share them: there are thousands."""
    phrases: dict[Tokens, tuple[frozenset[int], str]] = {}
    good = {phrase[0] for phrase in lexicon.groups["good"] if len(phrase) == 1}
    for group, known in lexicon.groups.items():
        places = frozenset(at for at, (says, _) in enumerate(options, 1) if group in says)
        if places:
            kind = "manner" if group in _MANNER else "quantity"
            for phrase in known:
                if kind == "quantity" and phrase[-1] in good and not _is_ascending(options):
                    # "Very well" is not how much strain there was.
                    continue
                # In two groups: it may mean either, and is asked back.
                before = phrases.get(phrase, (frozenset(), ""))[0] if kind == "quantity" else ()
                phrases[phrase] = (places.union(before), kind)
    for name, meant in _extremes(options).items():
        phrases |= dict.fromkeys(lexicon.groups[name], meant)
    for own in {phrase for _, owned in options for phrase in owned}:
        places = frozenset(at for at, (_, owned) in enumerate(options, 1) if own in owned)
        phrases[own] = (places, "label")
    return phrases


def _is_ascending(options: _Options) -> bool:
    yes = [at for at, (says, _) in enumerate(options, 1) if "yes" in says]
    return not yes or yes[-1] == len(options)


def _extremes(options: _Options) -> dict[str, tuple[frozenset[int], str]]:
    """What both ends stand for; where less is better it is praise or blame, and asked back."""
    found = {}
    for name, manner, end in zip(EXTREMES, ("good", "bad"), (len(options), 1), strict=True):
        places = frozenset(at for at, (says, _) in enumerate(options, 1) if manner in says)
        if places:
            sure = _is_ascending(options) and end in places
            found[name] = (frozenset({end}), "quantity") if sure else (places, "manner")
    return found


def _own(option: Option, language: str) -> Iterator[Tokens]:
    yield tokens(option.label.get(language, ""))
    yield from (tokens(word) for word in option.words.get(language, ()))
