"""Reasons to look, by published rule, from the person's own answers. No score, no diagnosis.

These are the quiet ones (tier A): they choose the headline and the openers, and nothing else.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from afterword.reflection.answers import Answer, AnswerState
from afterword.reflection.history import usual
from afterword.reflection.instrument import RUPTURE, Item, Kind
from afterword.reflection.plan import Question

_TOP_RUN = 3


@dataclass(frozen=True)
class Signal:
    """One reason to look: `headline` and `opener` name their lines; either may be empty."""

    rule: str
    question: Question
    headline: str
    opener: str


def find_signals(
    questions: Sequence[Question],
    answers: Mapping[str, Answer],
    history: Sequence[Mapping[str, Answer]],
) -> list[Signal]:
    """All signals, the most pressing first: what was said outright comes before comparisons."""
    given = [question for question in questions if question.id in answers]
    return [
        *_goals(given, answers, "not_mine"),
        *_strain(given, answers, mild=False),
        *_low(given, answers),
        *_strain(given, answers, mild=True),
        *_below_usual(given, answers, history),
        *_goals(given, answers, "unsure"),
        *_declined(given, answers, history),
        *_all_top(given, answers, history),
    ]


def is_strain(item: Item) -> bool:
    """Whether an item asks about a rupture: its best option is that there was none."""
    return item.construct == RUPTURE


def _goals(given: list[Question], answers: Mapping[str, Answer], value: str) -> list[Signal]:
    headline = "not_mine" if value == "not_mine" else "unsure"
    return [
        Signal(f"goal_{value}", question, headline, f"goal_{value}")
        for question in given
        if question.goal is not None and answers[question.id].value == value
    ]


def _strain(given: list[Question], answers: Mapping[str, Answer], *, mild: bool) -> list[Signal]:
    """Strain that was shared; mild is the best option that still counts as strain."""
    found = []
    for question in given:
        if not is_strain(question.item) or not _is_low(question, answers):
            continue
        if (question.item.rank(answers[question.id].value) == question.item.low) is not mild:
            continue
        kind = _strain_kind(question, answers, given)
        found.append(Signal("strain", question, "strain", f"strain_{kind}" if kind else "strain"))
    return found


def _strain_kind(
    question: Question, answers: Mapping[str, Answer], given: list[Question]
) -> str | None:
    """Withdrawal or confrontation: only ever from the patient's own choice."""
    for other in given:
        if other.id == question.item.follow_up:
            option = other.item.option(answers[other.id].value or "")
            return option.strain if option else None
    return None


def _low(given: list[Question], answers: Mapping[str, Answer]) -> list[Signal]:
    low = [
        (question.item.rank(answers[question.id].value) or 0, at, question)
        for at, question in enumerate(given)
        if question.goal is None and not is_strain(question.item) and _is_low(question, answers)
    ]
    return [
        Signal("low", question, "low", f"low_{question.item.construct}")
        for _, _, question in sorted(low, key=lambda entry: entry[:2])
    ]


def _is_low(question: Question, answers: Mapping[str, Answer]) -> bool:
    return question.item.is_low(answers[question.id].value)


def _below_usual(
    given: list[Question], answers: Mapping[str, Answer], history: Sequence[Mapping[str, Answer]]
) -> list[Signal]:
    found = []
    for question in given:
        rank = question.item.rank(answers[question.id].value)
        before = usual([_rank_in(question, earlier) for earlier in history])
        if rank is not None and before is not None and rank <= before - 1:
            headline = "more_strain" if is_strain(question.item) else "below"
            found.append(Signal("below_usual", question, headline, "below_usual"))
    return found


def _declined(
    given: list[Question], answers: Mapping[str, Answer], history: Sequence[Mapping[str, Answer]]
) -> list[Signal]:
    return [
        Signal("declined", question, "declined", "declined")
        for question in given
        if answers[question.id].state is AnswerState.DECLINED
        and any(
            question.id in earlier and earlier[question.id].state is AnswerState.ANSWERED
            for earlier in history
        )
    ]


def _all_top(
    given: list[Question], answers: Mapping[str, Answer], history: Sequence[Mapping[str, Answer]]
) -> list[Signal]:
    """A run of top answers without a word carries little: an invitation to say more."""
    run = [*history[-(_TOP_RUN - 1) :], answers]
    # What took its turn in one of them only says nothing about the others.
    scales = [
        question
        for question in given
        if question.item.kind is Kind.SCALE and all(question.id in one for one in run)
    ]
    if len(run) < _TOP_RUN or not scales:
        return []
    if all(_top_without_words(scales, one) for one in run):
        return [Signal("all_top", scales[0], "", "all_top")]
    return []


def _top_without_words(scales: list[Question], answers: Mapping[str, Answer]) -> bool:
    tops = all(_rank_in(question, answers) == len(question.item.options) for question in scales)
    return tops and not any(answer.words for answer in answers.values())


def _rank_in(question: Question, answers: Mapping[str, Answer]) -> int | None:
    answer = answers.get(question.id)
    return None if answer is None else question.item.rank(answer.value)
