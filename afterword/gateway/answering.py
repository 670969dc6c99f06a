"""The one-page form as data: what it asks, and what a posted form says. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from afterword.gateway.intake import Refused, checked_text
from afterword.reflection.answers import Answer, Answers, AnswerState
from afterword.reflection.asking import DECLINE, SKIP, Asker
from afterword.reflection.instrument import Kind
from afterword.reflection.plan import Question

_PICK, WORDS = "pick.", "words."
"""How the names of a form's fields begin."""
_PLAIN = {SKIP: AnswerState.SKIPPED, DECLINE: AnswerState.DECLINED}
_WITH_WORDS = {SKIP: "form_words_and_skip", DECLINE: "form_words_and_decline"}


@dataclass(frozen=True)
class Field:
    """One question as the form shows it; `error` is the key of a text, empty when all is well."""

    id: str
    ask: str
    options: tuple[tuple[str, str], ...]
    picked: str
    words: str
    scale: bool
    error: str = ""

    @property
    def pick_name(self) -> str:
        return _PICK + self.id

    @property
    def words_name(self) -> str:
        return WORDS + self.id


@dataclass(frozen=True)
class Posted:
    """What a posted form says. `fields` shows it again, as it was typed."""

    answers: tuple[Answer, ...] = ()
    removed: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    asked: frozenset[str] = field(default_factory=frozenset)

    @property
    def wrong(self) -> bool:
        return any(one.error for one in self.fields)

    def body(self) -> dict[str, dict[str, str | None]]:
        """The answers as they go to the inbox, by question."""
        return {
            answer.question: {
                "state": str(answer.state),
                "value": answer.value,
                "words": answer.words,
            }
            for answer in self.answers
        }


def fields_of(asker: Asker, answers: Answers) -> tuple[Field, ...]:
    """Every question of this reflection, with what was answered so far filled in."""
    return tuple(
        _field(question, asker, *_given(answers.get(question.id)))
        for question in asker.plan.questions(answers)
    )


def read_form(form: Mapping[str, str], asker: Asker, answers: Answers) -> Posted:
    """Takes in a posted form; questions that it did not show stay as they are.

    An answer is only removed when the form had shown it: another tab may have given it since.
    """
    shown = frozenset(form.get("shown", "").split())
    prefilled = frozenset(form.get("prefilled", "").split())
    given: list[Answer] = []
    removed: list[str] = []
    fields: list[Field] = []
    for question in asker.plan.questions(answers):
        if question.id not in shown:
            continue
        pick = form.get(_PICK + question.id, "")
        words = form.get(WORDS + question.id, "").replace("\r\n", "\n")
        error, answer = "", None
        try:
            if pick in _PLAIN and words.strip() and words != _given(answers.get(question.id))[1]:
                # Nothing that was written is dropped unseen, and a radio button cannot be undone.
                pick, error = "", _WITH_WORDS[pick]
            else:
                answer = _answer(question, pick, checked_text(words))
        except Refused as refused:
            error = "form_too_long" if refused.reason == "long" else "form_not_offered"
        fields.append(_field(question, asker, pick, words, error))
        if answer is not None:
            given.append(answer)
        elif not error and question.id in prefilled:
            removed.append(question.id)
    return Posted(tuple(given), tuple(removed), tuple(fields), shown)


def same(answer: Answer, stored: Answer | None) -> bool:
    """Whether the stored answer already says this; who may see it is another matter."""
    return stored is not None and (answer.state, answer.value, answer.words) == (
        stored.state,
        stored.value,
        stored.words,
    )


def _answer(question: Question, pick: str, words: str) -> Answer | None:
    if pick in _PLAIN:
        # Words beside it are those of an earlier answer, which this one takes the place of.
        return Answer(question.id, _PLAIN[pick])
    if pick and question.item.option(pick) is None:
        raise Refused("shape")
    if not pick and not words.strip():
        return None
    return Answer(
        question.id,
        AnswerState.ANSWERED,
        value=pick or None,
        words=words if words.strip() else None,
    )


def _given(answer: Answer | None) -> tuple[str, str]:
    if answer is None:
        return "", ""
    plain = {state: pick for pick, state in _PLAIN.items()}
    return plain.get(answer.state, answer.value or ""), answer.words or ""


def _field(question: Question, asker: Asker, pick: str, words: str, error: str = "") -> Field:
    return Field(
        id=question.id,
        ask=asker.wording(question, short=False),
        options=tuple(
            (option.id, option.label[asker.language]) for option in question.item.options
        ),
        picked=pick,
        words=words,
        scale=question.item.kind is Kind.SCALE or question.goal is not None,
        error=error,
    )
