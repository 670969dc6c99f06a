"""What is learnt of how much a text says, beside what is read by rule. Pure.

The rule knows its words for certain and asks back whatever else there is. What was learnt knows
turns of phrase that no list has; it never makes certain what the rule reads otherwise, and where it
hears another end or no single option, what the rule is certain of is asked back. The patient reads
what was taken.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from afterword.reflection.instrument import Option
from afterword.reflection.lexicon import Lexicon, has_number, tokens
from afterword.reflection.nonsense import is_nonsense
from afterword.reflection.plan import Question
from afterword.reflection.reading import Reading
from afterword.reflection.tags import without_tag

Likely = Mapping[str, Sequence[float]]
"""For each kind of scale how likely no degree is meant, each place from 1 on, and one left open."""

ONE, NONE = 0.98, 0.995
"""From which share on a place counts: where the rule has the same candidate, and where it has none,
or several that exclude each other. Where it has two neighbours, the words say that it is open."""
AGREED = 0.99
"""The same where both name that one option, and the text denies twice: "no I didn't feel safe"."""
OPEN, OTHER, FAR = 0.95, 0.98, 2
"""From which share on that it is open, or means an option so many places away, makes the rule ask:
"algo segura"; "couldn't have felt any safer" before a list knew it."""
NUMBER = 0.5
"""The same where that candidate's own number is the one in the text."""
_IN_THE_MIDDLE = ("middle", "medio")
_OF = 2
_NEIGHBOURS = 2
_ENDS = {"1 10": 0, "100": -1}
"""Numbers of other scales that are an end of any, as an index of its places."""
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_DENIALS = 2
_SCALES = {
    "extent": ("none", "little", "mostly", "much", "all"),
    "strain": ("much", "some", "little", "hardly", "none"),
}
"""The scales that were learnt, by a group of words that each option stands for, in order."""


def with_likely(
    reading: Reading, question: Question, text: str, lexicon: Lexicon, likely: Likely
) -> Reading:
    """The reading, made certain where what was learnt names an option that may be meant.

    What is open in so many words stays open: "3 or 4", "8/10", "not unhappy", "sometimes".
    """
    options = question.item.options
    learnt = likely.get(learnt_scale(options) or "", ())
    if len(learnt) != len(options) + 2:
        return reading
    if reading.sure:
        return _doubted(reading, options, text, lexicon, learnt)
    if lexicon.contains("unsettled", text):
        return reading
    if not reading.options and is_nonsense(text):
        # It has learnt from words, and takes keys struck at random for any of them.
        return reading
    shares = (learnt[0] + learnt[-1], *learnt[1:-1])
    best = max(range(len(shares)), key=lambda place: shares[place])
    if best == 0:
        return reading
    meant, share = options[best - 1], shares[best]
    if reading.options and meant not in reading.options:
        return _with_another(reading, meant, share, text, options)
    if reading.leans or share < _needed(reading, text, options, lexicon):
        # What was learnt has seen the same "very": that it agrees says little.
        return reading
    if _denies_twice(text, lexicon) and (reading.options != (meant,) or share < AGREED):
        return reading
    if not reading.options:
        return Reading((meant,), text.strip(), sure=True)
    return replace(reading, options=(meant,), sure=True)


def _with_another(
    reading: Reading, meant: Option, share: float, text: str, options: Sequence[Option]
) -> Reading:
    """What is asked back, with what was learnt beside it: "very unsafe" is not only *Very much*."""
    if share < OTHER or has_number(text) or len(reading.options) > _NEIGHBOURS:
        return reading
    both = (meant, *reading.options)
    return replace(reading, options=tuple(option for option in options if option in both))


def _doubted(
    reading: Reading,
    options: Sequence[Option],
    text: str,
    lexicon: Lexicon,
    learnt: Sequence[float],
) -> Reading:
    """What the rule is certain of, to be asked back where what was learnt hears something else.

    Never an option in its own words, a number, or one by its place on the page.
    """
    meant = options.index(reading.options[0])
    own, said = tokens(options[meant].label[lexicon.language]), tokens(text)
    counted = {*lexicon.order["numbers"], *lexicon.order["ordinals"], *_IN_THE_MIDDLE}
    if has_number(text) or counted.intersection(said) or _is_in(own, said):
        return reading
    far = [
        option
        for at, option in enumerate(options)
        if abs(at - meant) >= FAR and learnt[at + 1] >= OTHER
    ]
    if learnt[-1] < OPEN and not far:
        return reading
    return replace(reading, options=(*reading.options, *far), sure=False)


def _is_in(phrase: Sequence[str], words: Sequence[str]) -> bool:
    return any(
        tuple(words[at : at + len(phrase)]) == tuple(phrase)
        for at in range(len(words) - len(phrase) + 1)
    )


def _needed(reading: Reading, text: str, options: Sequence[Option], lexicon: Lexicon) -> float:
    if not reading.options:
        return NONE
    if len(reading.options) > 1:
        return NONE if _are_opposed(reading.options, options) else math.inf
    if not has_number(text):
        return ONE
    return (
        NUMBER
        if _is_the_number(text, options.index(reading.options[0]) + 1, len(options), lexicon)
        else math.inf
    )


def _is_the_number(text: str, place: int, size: int, lexicon: Lexicon) -> bool:
    """ "Not for me, put a 1", "100 of 100", "100%": the one number in it is the option's own.

    That of "session 4" is none.
    """
    words = tokens(text)
    if any(word.isdigit() and lexicon.beside_a_unit(words, at) for at, word in enumerate(words)):
        return False
    numbers = _NUMBER.findall(text)
    whole = len(numbers) == _OF and numbers[0] == numbers[1] and place == size
    of_these = numbers == [str(place), str(size)]
    nothing = numbers == ["0"] and place in (1, size)
    end = _ENDS.get(" ".join(numbers))
    at_an_end = end is not None and range(1, size + 1)[end] == place
    return whole or of_these or nothing or at_an_end or numbers == [str(place)]


def _are_opposed(candidates: Sequence[Option], options: Sequence[Option]) -> bool:
    """ "Not a lot but some": the words of several options, of which one is meant."""
    found = [options.index(one) for one in candidates]
    return max(found) - min(found) > 1


def _denies_twice(text: str, lexicon: Lexicon) -> bool:
    negators = lexicon.words("negators")
    words = tuple(word for word in tokens(text) if word[0].isalnum())
    return sum(word in negators for word in without_tag(words, lexicon)) >= _DENIALS


def learnt_scale(options: Sequence[Option]) -> str | None:
    """Which kind of scale the options are, of those that were learnt."""
    for name, groups in _SCALES.items():
        if len(options) == len(groups) and all(
            group in option.says for group, option in zip(groups, options, strict=True)
        ):
            return name
    return None
