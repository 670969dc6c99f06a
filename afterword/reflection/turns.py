"""What one message of the patient does to a reflection: the decision, without doing it."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from afterword.reflection.answers import Answer, Answers, AnswerState, Sharing
from afterword.reflection.asking import DECLINE, KEEP_WORDS, SKIP, Asker
from afterword.reflection.correcting import read_correction, says_correction
from afterword.reflection.instrument import Kind
from afterword.reflection.plan import REVIEW, Question
from afterword.reflection.reading import normalise, read_option

MENU = "menu."
"""How the tokens of the page's menu begin: they stand for an intent, not for an option."""
DELETE_YES, DELETE_NO = "delete.yes", "delete.no"
SAFETY = "safety."
"""How the tokens below safe messages begin. Only two of them are for the dialogue."""
SAFETY_GO_ON, SAFETY_STOP = "safety.go_on", "safety.stop"
_SHARINGS = {"share": Sharing.ALL, "ratings": Sharing.RATINGS, "private": Sharing.PRIVATE}
# Typed instead of tapped, in every language of a safe message: it may not be that of the questions.
# fmt: off
_GO_ON = {
    "yes", "y", "yes please", "ok", "okay", "go on", "yes go on", "yes, go on", "go on please",
    "please go on", "continue", "carry on", "keep going", "go on with the questions",
    "si", "sí", "si por favor", "sí por favor", "sí, por favor", "vale", "seguir", "sigue",
    "sigamos", "continuar", "seguir con las preguntas",
}
_STOP = {
    "no", "n", "no thanks", "no, thanks", "no thank you", "stop", "stop here", "stop please",
    "please stop", "not now", "later",
    "no gracias", "no, gracias", "parar", "para", "parar aqui", "parar aquí", "basta", "ahora no",
    "mas tarde", "más tarde",
}
# fmt: on


class Pending(StrEnum):
    """What a yes, a no, *keep my words* or *go on* would refer to."""

    DELETE = "delete"
    KEEP = "keep"
    PAUSE = "pause"
    SAFETY = "safety"


@dataclass(frozen=True)
class Heard:
    """A message as the assistant took it: `choice` is the tapped token, else `text` was typed."""

    text: str
    intent: str
    choice: str | None = None


@dataclass(frozen=True)
class Open:
    """Where the dialogue stands.

    `draft` holds words that were not understood as an option, or not taken because they were
    answered with a safe message. Only *keep my words* makes an answer of them.
    """

    question: str
    pending: Pending | None = None
    misses: int = 0
    draft: str | None = None


@dataclass(frozen=True)
class Line:
    """A line of the catalogue to be said."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What is to be done, in this order: store, remove, share, erase; then say, then ask.

    `open` is None when the reflection has ended with this message.
    """

    open: Open | None
    short: bool = False
    store: tuple[Answer, ...] = ()
    remove: str | None = None
    share: Sharing | None = None
    erase: bool = False
    say: tuple[Line, ...] = ()


def take(heard: Heard, open_: Open, answers: Answers, asker: Asker) -> Outcome:
    """Decides over one message to an open reflection."""
    if (after := _take_safety(heard, open_)) is not None:
        return after
    if open_.pending is Pending.DELETE:
        return _take_delete(heard, open_)
    if heard.choice is not None and not heard.choice.startswith(MENU):
        return _take_choice(heard, heard.choice, open_, answers, asker)
    if heard.intent == "skip" and open_.question != REVIEW:
        return _store(_plain(open_.question, AnswerState.SKIPPED), open_, answers, asker)
    if heard.intent == "rather_not_say" and open_.question != REVIEW:
        return _store(_plain(open_.question, AnswerState.DECLINED), open_, answers, asker)
    if open_.question == REVIEW:
        return _correct(heard, answers, asker, open_) or _unclear(heard, open_)
    return _take_words(heard, open_, answers, asker)


def goes_on(text: str) -> bool:
    """Whether words that were typed stand for *go on*."""
    return normalise(text) in _GO_ON


def stops(heard: Heard, open_: Open) -> bool:
    """Whether this message has stopped the questions after a safe message: nothing is asked now."""
    if open_.pending is not Pending.SAFETY:
        return False
    typed = heard.choice is None and normalise(heard.text) in _STOP
    return typed or heard.choice == SAFETY_STOP


def hold(heard: Heard, open_: Open, *, confidential: bool) -> Open:
    """Where the dialogue stands after a message that was answered with a safe message.

    Typed words stay at hand for the question that was open, so that the patient may keep them as
    the answer; `confidential` ones, about the clinician, do not. A tap changes no words.
    """
    draft = open_.draft
    if heard.choice is None:
        asked = open_.question != REVIEW and open_.pending in (None, Pending.KEEP, Pending.SAFETY)
        draft = heard.text if asked and not confidential else None
    return replace(open_, pending=Pending.SAFETY, draft=draft)


def _take_safety(heard: Heard, open_: Open) -> Outcome | None:
    """The answer to *go on or stop here*; None when the message is to be taken as any other."""
    choice = heard.choice
    if choice is not None and choice.startswith(SAFETY):
        return _resume(open_, choice)
    if open_.pending is not Pending.SAFETY:
        return None
    if choice is None and goes_on(heard.text):
        return _resume(open_, SAFETY_GO_ON)
    if stops(heard, open_):
        return _resume(open_, SAFETY_STOP)
    if choice is not None and choice != KEEP_WORDS:
        # What is tapped is meant, except for an old *keep my words*: that was about other words.
        return None
    return Outcome(open=open_, short=True, say=(Line("safety_unsure"),))


def _resume(open_: Open, choice: str) -> Outcome:
    if choice == SAFETY_GO_ON:
        keep = open_.draft is not None and open_.question != REVIEW
        back = replace(
            open_, pending=Pending.KEEP if keep else None, draft=open_.draft if keep else None
        )
        return Outcome(open=back, short=True)
    # The others are answered by the gateway; here they only leave the question where it is.
    say = (Line("safety_stopped"),) if choice == SAFETY_STOP else ()
    return Outcome(open=replace(open_, pending=Pending.SAFETY), short=True, say=say)


def _take_delete(heard: Heard, open_: Open) -> Outcome:
    answered = heard.choice or _yes_or_no(heard.text)
    back = replace(open_, pending=None)
    if answered == DELETE_YES:
        return Outcome(open=None, erase=True, say=(Line("deleted"),))
    if answered == DELETE_NO:
        return Outcome(open=back, short=True, say=(Line("not_deleted"),))
    # Anything else is no consent to delete: nothing is lost, and it is said.
    return Outcome(open=back, short=True, say=(Line("delete_unclear"),))


def _yes_or_no(text: str) -> str | None:
    plain = normalise(text)
    if plain in {"yes", "y", "yes please", "delete", "delete it", "yes delete", "yes, delete it"}:
        return DELETE_YES
    if plain in {"no", "n", "keep", "keep it", "no keep it", "cancel", "don't delete"}:
        return DELETE_NO
    return None


def _take_choice(heard: Heard, token: str, open_: Open, answers: Answers, asker: Asker) -> Outcome:
    target, _, option = token.partition(".")
    if token == KEEP_WORDS and open_.draft and open_.question != REVIEW:
        answer = Answer(open_.question, AnswerState.ANSWERED, words=open_.draft)
        return _store(answer, open_, answers, asker, say=(Line("kept_words"),))
    if target == "change" and asker.plan.question(option, answers):
        return Outcome(open=Open(option))
    if target == "remove" and option in answers:
        gone = _plain(option, AnswerState.SKIPPED)
        stays = _stay(Open(open_.question), gone, answers, asker)
        return Outcome(open=stays, remove=option, short=True, say=(Line("removed"),))
    if target == REVIEW and open_.question == REVIEW and option in _SHARINGS:
        return _share(_SHARINGS[option])
    question = asker.plan.question(target, answers)
    chosen = None if question is None else _chosen(question, option)
    if question is None or chosen is None:
        return Outcome(open=replace(open_, draft=None), short=True, say=(Line("old_choice"),))
    if target != open_.question:
        # A tap on a question that was left behind corrects it; the open question stays open.
        line = _changed(question, chosen, asker)
        stays = _stay(open_, chosen, answers, asker)
        return Outcome(open=stays, store=(chosen,), short=True, say=(line,))
    return _store(chosen, open_, answers, asker, say=_read_back(heard, question, chosen, asker))


def _read_back(heard: Heard, question: Question, answer: Answer, asker: Asker) -> tuple[Line, ...]:
    """Words that stand for an option are read back; a tap or the option's own name is not."""
    option = question.item.option(answer.value or "")
    label = "" if option is None else option.label[asker.language]
    if not label or normalise(heard.text) == normalise(label):
        return ()
    return (Line("understood", {"answer": label}),)


def _chosen(question: Question, option: str) -> Answer | None:
    if option == SKIP:
        return _plain(question.id, AnswerState.SKIPPED)
    if option == DECLINE:
        return _plain(question.id, AnswerState.DECLINED)
    if question.item.option(option) is None:
        return None
    return Answer(question.id, AnswerState.ANSWERED, value=option)


def _take_words(heard: Heard, open_: Open, answers: Answers, asker: Asker) -> Outcome:
    question = asker.plan.question(open_.question, answers)
    if question is None:
        return Outcome(open=_next(open_, {}, answers, asker), short=True)
    if question.item.kind is Kind.TEXT:
        answer = Answer(question.id, AnswerState.ANSWERED, words=heard.text)
        return _store(answer, open_, answers, asker)
    reading = read_option(question, heard.text, asker.language)
    if reading.option is not None:
        answer = Answer(question.id, AnswerState.ANSWERED, reading.option.id, reading.words)
        line = Line("understood", {"answer": reading.option.label[asker.language]})
        return _store(answer, open_, answers, asker, say=(line,))
    if question.item.kind is Kind.CHOICE and len(heard.text.split()) > 1:
        # A choice without order invites own words: a sentence is the answer.
        answer = Answer(question.id, AnswerState.ANSWERED, words=heard.text)
        return _store(answer, open_, answers, asker, say=(Line("kept_words"),))
    return _correct(heard, answers, asker, open_) or _unclear(heard, open_)


def _correct(heard: Heard, answers: Answers, asker: Asker, open_: Open) -> Outcome | None:
    """A correction that language understanding took for an answer; only in so many words."""
    correction = read_correction(heard.text, answers, asker)
    if correction is None or correction.answer is None or not says_correction(heard.text):
        return None
    line = _changed(correction.question, correction.answer, asker)
    stays = _stay(Open(open_.question), correction.answer, answers, asker)
    return Outcome(open=stays, store=(correction.answer,), short=True, say=(line,))


def _unclear(heard: Heard, open_: Open) -> Outcome:
    """Never a third "I did not understand": choices first, then the offer to keep the words."""
    if open_.question == REVIEW:
        return Outcome(open=Open(REVIEW), short=True, say=(Line("unclear_review"),))
    key = "unclear" if open_.misses == 0 else "unclear_again"
    return Outcome(
        open=replace(
            open_, pending=Pending.KEEP, misses=open_.misses + 1, draft=heard.text.strip()
        ),
        short=True,
        say=(Line(key),),
    )


def _store(
    answer: Answer, open_: Open, answers: Answers, asker: Asker, say: tuple[Line, ...] = ()
) -> Outcome:
    return Outcome(
        open=_next(open_, {answer.question: answer}, answers, asker), store=(answer,), say=say
    )


def _stay(open_: Open, changed: Answer, answers: Answers, asker: Asker) -> Open:
    """The open question, unless the change takes it out: a follow-up goes with its reason."""
    after = {**answers, changed.question: changed}
    if open_.question == REVIEW or asker.plan.question(open_.question, after):
        return open_
    return _next(open_, {changed.question: changed}, answers, asker)


def _next(open_: Open, new: dict[str, Answer], answers: Answers, asker: Asker) -> Open:
    question = asker.plan.next({**answers, **new})
    return Open(REVIEW if question is None else question.id)


def _share(sharing: Sharing) -> Outcome:
    return Outcome(open=None, share=sharing)


def _changed(question: Question, answer: Answer, asker: Asker) -> Line:
    return Line(
        "changed",
        {"label": asker.label(question), "answer": asker.answer_text(question, answer)},
    )


def _plain(question: str, state: AnswerState) -> Answer:
    return Answer(question, state)
