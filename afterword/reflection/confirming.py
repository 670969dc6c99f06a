"""Reading back what was not certain: which of the candidates, with which words."""

from dataclasses import replace

from afterword.reflection.answers import Answer, AnswerState
from afterword.reflection.choosing import without_light
from afterword.reflection.degrees import is_scale
from afterword.reflection.exchange import Heard, Open, Pending
from afterword.reflection.lexicon import Lexicon, Tokens, has_number, normalise, tokens
from afterword.reflection.plan import Question
from afterword.reflection.reading import Reading, read_option
from afterword.reflection.vocabulary import vocabulary

_GUESS = "rated_"
_NONE_OF_THEM = ""


def confirmed(text: str, question: Question, open_: Open, lexicon: Lexicon) -> Answer | None:
    """The answer that a yes, *the first* or *the second* confirms."""
    value = _meant(text, question, open_, lexicon)
    if not value:
        return None
    return Answer(question.id, AnswerState.ANSWERED, value, open_.draft)


def denied(text: str, question: Question, open_: Open, lexicon: Lexicon) -> bool:
    """Whether a text says that it is none of the candidates, or leaves open which."""
    return _meant(text, question, open_, lexicon) == _NONE_OF_THEM


def _meant(text: str, question: Question, open_: Open, lexicon: Lexicon) -> str | None:
    """One of the candidates, none of them, or None: the text is to be read by itself."""
    if open_.pending is not Pending.CONFIRM or not open_.candidates:
        return None
    if _says_only(text, _refusing(lexicon), lexicon):
        return _NONE_OF_THEM
    if _says_only(text, lexicon.lists["affirm"] | lexicon.groups["yes"], lexicon):
        # A yes to "this one or that one?" does not say which.
        return open_.candidates[0] if len(open_.candidates) == 1 else _NONE_OF_THEM
    return _placed(text, question, open_.candidates, lexicon)


def _refusing(lexicon: Lexicon) -> frozenset[Tokens]:
    return lexicon.lists["deny"] | lexicon.groups["no"] | lexicon.lists["negators"]


def _placed(
    text: str, question: Question, candidates: tuple[str, ...], lexicon: Lexicon
) -> str | None:
    """ "The first", "the higher one": of the candidates, not of all options."""
    plain = normalise(text)
    said = (plain, without_light(plain, lexicon))
    first, second, lower, higher = (
        any(lexicon.has(name, one) for one in said)
        for name in ("first", "second", "lower", "higher")
    )
    if said[1] in (*lexicon.order["numbers"][1:3], "1", "2"):
        # "2" may be the second of those that were asked about, or the second of all.
        number = read_option(question, said[1], lexicon).option
        elsewhere = number is not None and number.id not in candidates
        return _NONE_OF_THEM if len(candidates) > 1 and elsewhere else None
    if not (first or second or lower or higher):
        return None
    pair = len(candidates) == 2
    if first and len(candidates) > 1:
        return candidates[0]
    if second and pair:
        return candidates[1]
    # Of strain the lower option is the greater number.
    if pair and (lower or higher) and vocabulary(question, lexicon).ascending:
        return candidates[0] if lower else candidates[1]
    return _NONE_OF_THEM


def _says_only(text: str, phrases: frozenset[Tokens], lexicon: Lexicon) -> bool:
    """Whether a text is made of these phrases, and of words that say nothing about how much."""
    words, light = tokens(text), lexicon.lists["light"] - phrases
    longest = max(map(len, phrases | light))
    at = said = 0
    while at < len(words):
        length = next(
            (n for n in range(longest, 0, -1) if words[at : at + n] in phrases | light), 0
        )
        if not length and words[at].isalnum():
            return False
        said += words[at : at + length] in phrases
        at += length or 1
    return said > 0


def decided(reading: Reading, question: Question, heard: Heard, open_: Open) -> Reading:
    """A reading with what else is known: a guess where it says nothing, the words from before."""
    if not reading.sure and is_scale(question) and (heard.guess or "").startswith(_GUESS):
        group = str(heard.guess).removeprefix(_GUESS)
        meant = tuple(option for option in question.item.options if group in option.says)
        if not reading.options:
            return Reading(meant, heard.text.strip())
        if meant == reading.options and not has_number(heard.text) and not reading.leans:
            # Two ways of reading say the same; of "very rattled" both know the "very".
            reading = replace(reading, sure=len(meant) == 1)
    if reading.sure and open_.pending is Pending.CONFIRM and reading.words is None:
        return replace(reading, words=open_.draft)
    return reading


def open_options(open_: Open) -> Open:
    """None of the candidates: the question with all its options; the words stay at hand."""
    return replace(open_, pending=Pending.CONFIRM, candidates=(), misses=open_.misses + 1)
