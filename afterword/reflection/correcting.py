"""Reading a correction in plain words: "make heard a 4", "I meant mostly"."""

import re
from dataclasses import dataclass

from afterword.reflection.answers import Answer, Answers, AnswerState
from afterword.reflection.asking import Asker
from afterword.reflection.instrument import Kind
from afterword.reflection.plan import Question
from afterword.reflection.reading import normalise, read_option

_LEAD = re.compile(
    r"^(?:(?:can|could) (?:you|i|we) (?:please )?|please |sorry,? |oops,? |no,? |wait,? "
    r"|actually,? "
    r"|i(?: want| would like|'d like| need) to )*"
    r"(?:make|change|correct|set|put|fix|edit|i meant|meant|i mean|should (?:be|have been)|"
    r"it should (?:be|have been))\b\s*"
)
_JOIN = re.compile(
    r"^(?:(?:sorry|oops|wait|actually),? |the |my |that |it |was |is |should be |to be |to |be |as "
    r"|on |for |about |into |= ?)+"
)
_ARTICLE = re.compile(r"^an? ")


@dataclass(frozen=True)
class Correction:
    """`answer` is the corrected one; None when only the question is clear, to be asked again."""

    question: Question
    answer: Answer | None


def read_correction(text: str, answers: Answers, asker: Asker) -> Correction | None:
    """Which answer the patient wants to change and to what; None when that is not clear.

    Without a named question the answer that was given last is meant.
    """
    rest = _LEAD.sub("", normalise(text))
    given = [q for q in asker.plan.questions(answers) if q.id in answers]
    if not given:
        return None
    named, rest = _named(given, rest, asker.language)
    if named is not None:
        return Correction(named, _value(named, rest, asker.language))
    for question in _last_rated_first(given, answers):
        if answer := _value(question, rest, asker.language):
            return Correction(question, answer)
    return None


def says_correction(text: str) -> bool:
    """Whether a text begins as a correction does: "make ...", "I meant ..."."""
    return _LEAD.match(normalise(text)) is not None


def _last_rated_first(given: list[Question], answers: Answers) -> list[Question]:
    order = list(answers)
    rated = [question for question in given if question.item.kind is not Kind.TEXT]
    return sorted(rated, key=lambda question: order.index(question.id), reverse=True)


def _named(given: list[Question], rest: str, language: str) -> tuple[Question | None, str]:
    best: tuple[int, Question, str] | None = None
    for question in given:
        for name in _names(question, language):
            match = re.search(rf"\b{re.escape(name)}\b", rest)
            if match and (best is None or len(name) > best[0]):
                best = (len(name), question, rest[: match.start()] + rest[match.end() :])
    return (None, rest) if best is None else (best[1], best[2])


def _names(question: Question, language: str) -> list[str]:
    names = [question.item.label[language], *question.item.names.get(language, ())]
    return [normalise(name) for name in names]


def _value(question: Question, rest: str, language: str) -> Answer | None:
    words = normalise(_JOIN.sub("", rest.strip()))
    words = re.sub(r"^(?:the )?(?:question|answer|one|rating)\b\s*", "", words)
    words = normalise(_JOIN.sub("", words).removesuffix("please"))
    if not words or question.item.kind is Kind.TEXT:
        return None
    # "a bit" and "a lot" stand for options of their own; only "a mostly" is a mostly.
    for text in (words, _ARTICLE.sub("", words)):
        if option := read_option(question, text, language).option:
            return Answer(question.id, AnswerState.ANSWERED, value=option.id)
    return None
