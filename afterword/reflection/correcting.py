"""Reading a correction in plain words: "make heard a 4", "the second one", "I meant mostly"."""

from collections.abc import Iterator
from dataclasses import dataclass

from afterword.reflection.answers import Answer, Answers, AnswerState
from afterword.reflection.asking import Asker
from afterword.reflection.instrument import Kind
from afterword.reflection.lexicon import Lexicon, Tokens, tokens
from afterword.reflection.plan import Question
from afterword.reflection.reading import read_option

_FROM, _TO = {"from", "de"}, {"to", "a"}
_ABOUT, _THEN = {"for", "para"}, {"but", "pero"}


@dataclass(frozen=True)
class Correction:
    """`answer` is the corrected one; None when only the question is clear, to be asked again.

    `named`: the text itself says which question, by its name or by its place.
    """

    question: Question
    answer: Answer | None
    named: bool = True


def read_correction(text: str, answers: Answers, asker: Asker) -> Correction | None:
    """Which answer the patient wants to change and to what; None when that is not clear.

    Without a named question the answer that was given last is meant.
    """
    lexicon = asker.lexicon
    rest = _without(tokens(text), _changing(lexicon))
    given = [q for q in asker.plan.questions(answers) if q.id in answers]
    if not given:
        return None
    named, rest = _named(given, rest, lexicon)
    if named is not None:
        # "The last one, approach, make it very much": the last answer, and no last option.
        rest = _without(rest, lexicon.lists["last"])
        return Correction(named, _new_value(named, rest, lexicon))
    placed, rest = _placed(given, rest, answers, lexicon)
    if placed is not None and placed.item.kind is not Kind.TEXT:
        return Correction(placed, _new_value(placed, rest, lexicon))
    for question in _last_rated_first(given, answers):
        if answer := _value(question, rest, lexicon):
            # "My last answer should be partly" after own words: the last one with options.
            return Correction(question, answer, named=False)
    return None if placed is None else Correction(placed, None)


def meant_value(text: str, question: Question, lexicon: Lexicon) -> Answer | None:
    """The answer to `question` that a correction names: that of "sorry, I meant mostly"."""
    return _value(question, _without(tokens(text), _changing(lexicon)), lexicon)


def says_correction(text: str, lexicon: Lexicon) -> bool:
    """Whether a text begins as a correction does: "make ...", "sorry, I meant ..."."""
    words = tokens(text)
    lead, changing = lexicon.words("lead"), _changing(lexicon)
    at = 0
    while at < len(words) and (words[at] in lead or not words[at][0].isalnum()):
        if _length(words, at, changing):
            return True
        at += 1
    return at < len(words) and _length(words, at, changing) > 0


def changes(text: str, lexicon: Lexicon) -> bool:
    """Whether words that change something stand anywhere in it: "that should have been a 4"."""
    words, changing = tokens(text), _changing(lexicon)
    return any(_length(words, at, changing) for at in range(len(words)))


def _changing(lexicon: Lexicon) -> frozenset[Tokens]:
    return lexicon.lists["change"] | lexicon.lists["put"]


def _length(words: Tokens, at: int, phrases: frozenset[Tokens]) -> int:
    return next(
        (n for n in range(min(5, len(words) - at), 0, -1) if words[at : at + n] in phrases), 0
    )


def _without(words: Tokens, phrases: frozenset[Tokens]) -> Tokens:
    kept: list[str] = []
    at = 0
    while at < len(words):
        length = _length(words, at, phrases)
        if not length:
            kept.append(words[at])
        at += length or 1
    return tuple(kept)


def _last_rated_first(given: list[Question], answers: Answers) -> list[Question]:
    order = list(answers)
    rated = [question for question in given if question.item.kind is not Kind.TEXT]
    return sorted(rated, key=lambda question: order.index(question.id), reverse=True)


def _named(
    given: list[Question], words: Tokens, lexicon: Lexicon
) -> tuple[Question | None, Tokens]:
    best: tuple[int, Question, Tokens] | None = None
    for question in given:
        for name in _names(question, lexicon.language):
            at = _find(words, name)
            if at is not None and (best is None or len(name) > best[0]):
                best = (len(name), question, words[:at] + words[at + len(name) :])
    return (None, words) if best is None else (best[1], best[2])


def _names(question: Question, language: str) -> Iterator[Tokens]:
    item = question.item
    for name in (item.label.get(language, ""), *item.names.get(language, ())):
        if tokens(name):
            yield tokens(name)


def _find(words: Tokens, name: Tokens) -> int | None:
    places = range(len(words) - len(name) + 1)
    return next((at for at in places if words[at : at + len(name)] == name), None)


def _placed(
    given: list[Question], words: Tokens, answers: Answers, lexicon: Lexicon
) -> tuple[Question | None, Tokens]:
    """The question of "the second one", "question 3", "my last answer"."""
    ordinals = [word for word in words if word in lexicon.order["ordinals"]]
    for at, word in enumerate(words):
        # "Between the second and the third" is about options.
        if word in ordinals and len(ordinals) == 1:
            place = lexicon.order["ordinals"].index(word)
            return _at(given, place), words[:at] + words[at + 1 :]
        after = words[at + 1] if at + 1 < len(words) else ""
        if word in lexicon.words("places") and after.isdigit():
            return _at(given, int(after) - 1), words[:at] + words[at + 2 :]
        if length := _length(words, at, lexicon.lists["last"]):
            latest = [q for name in answers for q in given if q.id == name]
            return (latest[-1] if latest else None), words[:at] + words[at + length :]
    return None, words


def _at(given: list[Question], place: int) -> Question | None:
    return given[place] if 0 <= place < len(given) else None


def _value(question: Question, words: Tokens, lexicon: Lexicon) -> Answer | None:
    if question.item.kind is Kind.TEXT:
        return None
    for rest in _possible(words, lexicon):
        # Words before it may name an answer that is not known by that name.
        if option := read_option(question, " ".join(rest), lexicon, last=False).option:
            return Answer(question.id, AnswerState.ANSWERED, value=option.id)
    return None


def _new_value(question: Question, words: Tokens, lexicon: Lexicon) -> Answer | None:
    """The value of "I said mostly for heard but it's partly", "the first one, it was partly"."""
    ends = [at for at, word in enumerate(words) if word in _THEN or not word[0].isalnum()]
    after = words[ends[-1] + 1 :] if ends else ()
    if not lexicon.words("negators").isdisjoint(after[:1]):
        # "It was completely, not very much": what is denied last is not the value.
        after = ()
    last, whole = _value(question, after, lexicon), _value(question, words, lexicon)
    return (last or whole) if _THEN.intersection(words) else (whole or last)


def _possible(words: Tokens, lexicon: Lexicon) -> Iterator[Tokens]:
    """What may be the new value, most likely first.

    After "from ... to", before "not" ("4, not a 3") or "for" ("4 for how well she listened"), all.
    """
    join, instead = lexicon.words("join"), lexicon.lists["instead"]
    if any(word in _FROM for word in words):
        places = [at for at, word in enumerate(words) if word in _TO]
        if places:
            yield _trimmed(words[places[-1] + 1 :], join)
    whole = _trimmed(words, join)
    cut = next((at for at in range(1, len(whole)) if _length(whole, at, instead)), None)
    if cut is not None:
        whole = _trimmed(whole[:cut], join)
        yield whole
    about = next((at for at, word in enumerate(whole) if at and word in _ABOUT), None)
    if about is not None:
        yield whole[:about]
    yield _trimmed(words, join)
    # "a bit" stands for an option of its own; only "a mostly" is a mostly.
    yield words


def _trimmed(words: Tokens, join: frozenset[str]) -> Tokens:
    start, end = 0, len(words)
    while start < end and (words[start] in join or not words[start][0].isalnum()):
        start += 1
    while end > start and words[end - 1] in join:
        end -= 1
    # The article may be part of what was said: "a bit", "a lot".
    if start and words[start - 1] in {"a", "un", "en"} and start < end:
        return words[start - 1 : end]
    return words[start:end]
