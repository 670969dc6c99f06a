"""The digest: one page, made by rule from what the patient shared. No sentence is generated."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Protocol

from afterword.reflection.answers import Answer, AnswerState, ReflectionState, Sharing
from afterword.reflection.editions import is_same_question, shipped_of
from afterword.reflection.history import usual
from afterword.reflection.instrument import GOAL_PREFIX, Instrument, Item, Kind
from afterword.reflection.plan import Plan, Question
from afterword.reflection.signals import Signal, find_signals, is_strain

Say = Callable[..., str]
MOST_OPENERS = 3
_USUAL = ("below_usual", "above_usual")
FEWEST_FOR_TREND = 3


class Told(Protocol):
    """A reflection as far as it was shared; `answers` by question id."""

    @property
    def state(self) -> ReflectionState: ...
    @property
    def sharing(self) -> Sharing | None: ...
    @property
    def session_at(self) -> datetime: ...
    @property
    def started_at(self) -> datetime | None: ...
    @property
    def instrument(self) -> str: ...
    @property
    def instrument_version(self) -> int: ...
    @property
    def language(self) -> str: ...
    @property
    def answers(self) -> Mapping[str, Answer]: ...


@dataclass(frozen=True)
class Quote:
    """The patient's words, complete, with the question that they answer."""

    question: str
    label: str
    asked: str
    text: str


@dataclass(frozen=True)
class ItemLine:
    """One item: `value` of `of` options (None: no answer), the person's own earlier values.

    `history` is oldest first, with None where there was no answer, and ends before this one.
    `change` says in words how it compares; empty where nothing can be said. `reworded` is when the
    clinic changed what is asked, if answers from before are left out for it.
    """

    question: str
    label: str
    state: str
    value: int | None
    of: int
    answer: str
    history: tuple[int | None, ...]
    change: str
    reworded: datetime | None = None


@dataclass(frozen=True)
class GoalLine:
    question: str
    text: str
    answer: str
    state: str


@dataclass(frozen=True)
class Opener:
    """A line that the clinician may open with, the rule that chose it and its answer."""

    text: str
    rule: str
    question: str


@dataclass(frozen=True)
class OpenPoint:
    """Something from the last shared reflection that may still be open."""

    label: str
    text: str
    session_at: datetime


@dataclass(frozen=True)
class Digest:
    """What the clinician reads, in the order of the page.

    `status`: shared, ratings (no words were shared), not_shared (nothing was), none (nobody was
    asked). Every line names the question of the answer that it comes from.
    """

    status: str
    headline: str
    headline_question: str | None
    words: tuple[Quote, ...]
    wish: Quote | None
    items: tuple[ItemLine, ...]
    chosen: tuple[Quote, ...]
    goals: tuple[GoalLine, ...]
    openers: tuple[Opener, ...]
    open_points: tuple[OpenPoint, ...]
    instrument: str
    instrument_version: int
    trend: bool


@dataclass(frozen=True)
class Writer:
    """Writes digests in one language. `say` holds the digest's lines, `open_with` the openers."""

    instrument: Instrument
    language: str
    say: Say
    open_with: Say
    clinician: str
    instruments: Mapping[tuple[str, int], Instrument] = field(default_factory=dict)
    """All versions by (id, version), so that answers on other words are known as such."""

    def build(
        self, latest: Told | None, earlier: Sequence[Told], goals: Mapping[str, str]
    ) -> Digest:
        """The digest of `latest`; `earlier` are the shared ones before it, oldest first.

        Only reflections on the same shipped version of the instrument are compared, and of these
        only answers to questions that had the same words.
        """
        if latest is None or latest.state is not ReflectionState.SHARED:
            return self._nothing(latest, earlier)
        comparable = [
            told
            for told in earlier
            if (told.instrument, shipped_of(told.instrument_version))
            == (latest.instrument, shipped_of(latest.instrument_version))
        ]
        questions = self._questions(latest.answers, goals)
        history = [self._alike(questions, latest, told) for told in comparable]
        signals = find_signals(questions, latest.answers, history)
        headline, headline_question = self._headline(signals, questions, latest, bool(earlier))
        items = tuple(
            replace(
                self._item_line(question, latest.answers[question.id], history),
                reworded=_reworded(question, latest, comparable, history),
            )
            for question in questions
            if question.item.kind is Kind.SCALE
        )
        return Digest(
            status="ratings" if latest.sharing is Sharing.RATINGS else "shared",
            headline=headline,
            headline_question=headline_question,
            words=tuple(self._words(questions, latest.answers)),
            wish=self._wish(questions, latest.answers),
            items=items,
            chosen=tuple(self._chosen(questions, latest.answers)),
            goals=tuple(self._goals(questions, latest.answers)),
            openers=self._openers(signals),
            open_points=self._open_points(earlier),
            instrument=latest.instrument,
            instrument_version=latest.instrument_version,
            trend=len(comparable) >= FEWEST_FOR_TREND
            and (not items or any(_has_trend(line.history) for line in items)),
        )

    def _alike(
        self, questions: Sequence[Question], latest: Told, told: Told
    ) -> Mapping[str, Answer]:
        """The earlier answers to questions that were asked in the same words."""
        if told.instrument_version == latest.instrument_version:
            return told.answers
        then = self._version(told)
        if then is None:
            return {}
        languages = {latest.language, told.language}
        same = {
            question.id
            for question in questions
            if is_same_question(self.instrument, then, question.item, languages)
        }
        return {name: answer for name, answer in told.answers.items() if name in same}

    def _version(self, told: Told) -> Instrument | None:
        return self.instruments.get((told.instrument, told.instrument_version))

    def _nothing(self, latest: Told | None, earlier: Sequence[Told]) -> Digest:
        key = "nothing_asked" if latest is None else "not_shared"
        if latest is not None and latest.started_at is None:
            key = "not_started"
        return Digest(
            status="none" if latest is None else "not_shared",
            headline=self.say(key),
            headline_question=None,
            words=(),
            wish=None,
            items=(),
            chosen=(),
            goals=(),
            openers=(),
            open_points=self._open_points(earlier),
            instrument=self.instrument.id if latest is None else latest.instrument,
            instrument_version=(
                self.instrument.version if latest is None else latest.instrument_version
            ),
            trend=False,
        )

    def _questions(
        self,
        answers: Mapping[str, Answer],
        goals: Mapping[str, str],
        version: Instrument | None = None,
    ) -> list[Question]:
        """The questions that have an answer, in the order of the instrument."""
        every = Plan(version or self.instrument, goals).every()
        return [question for question in every if question.id in answers]

    def _headline(
        self, signals: list[Signal], questions: list[Question], latest: Told, followed: bool
    ) -> tuple[str, str | None]:
        for signal in signals:
            if signal.headline:
                values = {
                    "label": signal.question.item.label[self.language],
                    "answer": self._answer(
                        signal.question.item, latest.answers[signal.question.id]
                    ),
                }
                return self.say(f"headline_{signal.headline}", **values), signal.question.id
        wish = self._wish(questions, latest.answers)
        if wish is not None:
            return self.say("headline_wish"), wish.question
        if not followed:
            return self.say("headline_first"), None
        return self.say("headline_usual" if questions else "headline_shared"), None

    def _words(self, questions: list[Question], answers: Mapping[str, Answer]) -> list[Quote]:
        return [
            self._quote(question, words)
            for question in questions
            if not _is_wish(question.item) and (words := answers[question.id].words)
        ]

    def _wish(self, questions: list[Question], answers: Mapping[str, Answer]) -> Quote | None:
        for question in questions:
            answer = answers[question.id]
            if _is_wish(question.item) and answer.state is AnswerState.ANSWERED:
                text = answer.words or self._answer(question.item, answer)
                return self._quote(question, text)
        return None

    def _chosen(self, questions: list[Question], answers: Mapping[str, Answer]) -> list[Quote]:
        """What was picked from a list in a follow-up or an open question."""
        return [
            self._quote(question, self._answer(question.item, answers[question.id]))
            for question in questions
            if question.item.kind is not Kind.SCALE
            and question.goal is None
            and not question.id.startswith(GOAL_PREFIX)
            and not _is_wish(question.item)
            and question.item.option(answers[question.id].value or "")
        ]

    def _goals(self, questions: list[Question], answers: Mapping[str, Answer]) -> list[GoalLine]:
        return [
            GoalLine(
                question=question.id,
                text=question.goal,
                answer=self._answer(question.item, answers[question.id]),
                state=answers[question.id].value or answers[question.id].state,
            )
            for question in questions
            if question.goal is not None
        ]

    def _item_line(
        self, question: Question, answer: Answer, history: Sequence[Mapping[str, Answer]]
    ) -> ItemLine:
        value = question.item.rank(answer.value)
        earlier = tuple(
            question.item.rank(answers[question.id].value) if question.id in answers else None
            for answers in history
        )
        return ItemLine(
            question=question.id,
            label=question.item.label[self.language],
            state=answer.state,
            value=value,
            of=len(question.item.options),
            answer=self._answer(question.item, answer),
            history=earlier,
            change=self._change(question.item, value, earlier),
        )

    def _change(self, item: Item, value: int | None, history: Sequence[int | None]) -> str:
        median = usual(history, fewest=FEWEST_FOR_TREND)
        if value is None or median is None:
            return ""
        # The best option of a strain item is none, so there a lower place is more of it.
        lower, higher = ("more_strain", "less_strain") if is_strain(item) else _USUAL
        if value <= median - 1:
            return self.say(lower)
        return self.say(higher if value >= median + 1 else "as_usual")

    def _openers(self, signals: list[Signal]) -> tuple[Opener, ...]:
        """One opener for a question, by its most pressing signal, and none of them twice."""
        openers: list[Opener] = []
        for signal in signals:
            seen = any(
                signal.opener == one.rule or signal.question.id == one.question for one in openers
            )
            if signal.opener and not seen and (text := self._opener(signal.opener)):
                openers.append(Opener(text, signal.opener, signal.question.id))
        return tuple(openers[:MOST_OPENERS])

    def _opener(self, rule: str) -> str | None:
        """The reviewed line of a rule; a clinic's own construct may have none."""
        try:
            return self.open_with(rule)
        except KeyError:
            return None

    def _open_points(self, earlier: Sequence[Told]) -> tuple[OpenPoint, ...]:
        """The wish and the strain of the last shared reflection before this one."""
        if not earlier:
            return ()
        last = earlier[-1]
        questions = self._questions(last.answers, {}, self._version(last))
        points = []
        wish = self._wish(questions, last.answers)
        if wish is not None:
            points.append(OpenPoint(wish.label, wish.text, last.session_at))
        for signal in find_signals(questions, last.answers, []):
            if signal.headline == "strain":
                answer = last.answers[signal.question.id]
                text = self._answer(signal.question.item, answer)
                points.append(OpenPoint(self.say("open_strain"), text, last.session_at))
        return tuple(points)

    def _quote(self, question: Question, text: str) -> Quote:
        asked = question.item.again[self.language].format(
            clinician=self.clinician, goal=question.goal or ""
        )
        return Quote(question.id, question.item.label[self.language], asked, text)

    def _answer(self, item: Item, answer: Answer) -> str:
        if answer.state is not AnswerState.ANSWERED:
            return self.say(f"state_{answer.state}")
        option = item.option(answer.value or "")
        if option is not None:
            return option.label[self.language]
        return self.say("own_words" if answer.words else "words_private")


def _reworded(
    question: Question,
    latest: Told,
    comparable: Sequence[Told],
    history: Sequence[Mapping[str, Answer]],
) -> datetime | None:
    """When what is asked was changed, if an earlier rating is not compared because of it."""
    left_out = any(
        question.id not in alike
        and question.id in told.answers
        and question.item.rank(told.answers[question.id].value) is not None
        for told, alike in zip(comparable, history, strict=True)
    )
    dates = question.item.reworded
    if not left_out or not dates:
        return None
    return dates.get(latest.language, max(dates.values()))


def _has_trend(history: Sequence[int | None]) -> bool:
    return usual(history, fewest=FEWEST_FOR_TREND) is not None


def _is_wish(item: Item) -> bool:
    return item.construct == "wish"
