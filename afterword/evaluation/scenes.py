"""What each context of a labelled line is in a reflection: what is open, and what was answered."""

from dataclasses import dataclass
from functools import cache

from afterword.datafiles import load_instrument, load_lexicon
from afterword.locales import load
from afterword.reflection.answers import Answer, AnswerState
from afterword.reflection.asking import Asker, Choice, Prompt
from afterword.reflection.exchange import Open
from afterword.reflection.instrument import Kind
from afterword.reflection.likely import learnt_scale
from afterword.reflection.plan import REVIEW, Plan
from afterword.settings import PROJECT

CONSENT, OPEN_TEXT = "consent", "open_text"
START = "menu.start"
_CLINICIAN = "Dr Vale"
_MIDDLE = "3"


@dataclass(frozen=True)
class Scene:
    """`expects` and `choices` as language understanding gets to know them."""

    context: str
    asker: Asker
    open: Open
    answers: dict[str, Answer]
    expects: str | None
    choices: tuple[Choice, ...]


@cache
def scene(context: str, language: str) -> Scene:
    """A reflection in which all but the open question was answered."""
    asker = _asker(language)
    questions = asker.plan.questions({})
    texts = [one.id for one in questions if one.item.kind is Kind.TEXT]
    place = texts[0] if context == OPEN_TEXT else context
    answers = {one.id: _answered(one.id, one.item.kind) for one in questions if one.id != place}
    if context == CONSENT:
        words = tuple(" ".join(phrase) for phrase in sorted(asker.lexicon.lists["go"]))
        go_on = Choice(START, asker.say("choice_go_on"), "primary", "start", words)
        return Scene(context, asker, Open(""), {}, None, (go_on,))
    prompt = _prompt(asker, place, answers)
    expects = REVIEW if place == REVIEW else prompt.input
    question = asker.plan.question(place, answers)
    if question is not None and question.item.kind is Kind.SCALE:
        expects = learnt_scale(question.item.options) or "scale"
    return Scene(context, asker, Open(place), answers, expects, prompt.choices)


def _prompt(asker: Asker, place: str, answers: dict[str, Answer]) -> Prompt:
    question = asker.plan.question(place, answers)
    if question is None:
        return asker.review(answers, short=False)
    return asker.prompt(question, answers, short=False, keep=False)


@cache
def _asker(language: str) -> Asker:
    instrument = load_instrument(PROJECT / "instruments" / "core.yml")
    plan = Plan(instrument, {})
    say = load(language).section("bot")
    return Asker(plan, language, _CLINICIAN, say, load_lexicon(language))


def _answered(question: str, kind: Kind) -> Answer:
    if kind is Kind.SCALE:
        return Answer(question, AnswerState.ANSWERED, _MIDDLE)
    return Answer(question, AnswerState.ANSWERED, words="...")
