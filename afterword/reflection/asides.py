"""What is decided besides the questions: to go on after a safe message, to delete everything."""

from dataclasses import replace

from afterword.reflection.asking import KEEP_WORDS
from afterword.reflection.exchange import (
    DELETE_NO,
    DELETE_YES,
    SAFETY,
    SAFETY_GO_ON,
    SAFETY_STOP,
    Heard,
    Line,
    Open,
    Outcome,
    Pending,
)
from afterword.reflection.lexicon import Lexicon, normalise
from afterword.reflection.plan import REVIEW

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
_AT_A_QUESTION = (None, Pending.KEEP, Pending.CONFIRM, Pending.SAFETY)
"""What may be pending while words are an answer to the open question."""
_LEFT = (Pending.PAUSE, Pending.STOP)
"""What is pending after the patient has left the questions, and may come back to them."""


def take_aside(heard: Heard, open_: Open, lexicon: Lexicon) -> Outcome | None:
    """What a message means for what is being asked besides the questions; None: nothing."""
    after = take_safety(heard, open_)
    if after is None and open_.pending is Pending.DELETE:
        return take_delete(heard, open_, lexicon)
    if after is None and open_.pending in _LEFT and _comes_back(heard, lexicon):
        return Outcome(open=replace(open_, pending=None), short=True)
    return after


def goes_on(text: str) -> bool:
    """Whether words that were typed stand for *go on*."""
    return normalise(text) in _GO_ON


def answers_go_on(text: str) -> bool:
    """Whether typed words are an answer to *go on or stop here*, and nothing else."""
    return normalise(text) in _GO_ON | _STOP


def _comes_back(heard: Heard, lexicon: Lexicon) -> bool:
    typed = heard.choice is None
    return typed and (goes_on(heard.text) or lexicon.has("go", heard.text))


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
        asked = open_.question != REVIEW and open_.pending in _AT_A_QUESTION
        draft = heard.text if asked and not confidential else None
    return replace(open_, pending=Pending.SAFETY, draft=draft)


def take_safety(heard: Heard, open_: Open) -> Outcome | None:
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
            open_,
            pending=Pending.KEEP if keep else None,
            draft=open_.draft if keep else None,
            candidates=(),
        )
        return Outcome(open=back, short=True)
    # The others are answered by the gateway; here they only leave the question where it is.
    say = (Line("safety_stopped"),) if choice == SAFETY_STOP else ()
    return Outcome(open=replace(open_, pending=Pending.SAFETY), short=True, say=say)


def take_delete(heard: Heard, open_: Open, lexicon: Lexicon) -> Outcome:
    answered = heard.choice or _yes_or_no(heard.text, lexicon)
    back = replace(open_, pending=None)
    if answered == DELETE_YES:
        return Outcome(open=None, erase=True, say=(Line("deleted"),))
    if answered == DELETE_NO:
        return Outcome(open=back, short=True, say=(Line("not_deleted"),))
    # Anything else is no consent to delete: nothing is lost, and it is said.
    return Outcome(open=back, short=True, say=(Line("delete_unclear"),))


def _yes_or_no(text: str, lexicon: Lexicon) -> str | None:
    if lexicon.has("delete_yes", text):
        return DELETE_YES
    return DELETE_NO if lexicon.has("delete_no", text) else None
