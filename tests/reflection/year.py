"""A person who reflects every week: what they are asked, and what they answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from random import Random

from afterword.reflection.answers import Answer, AnswerState, Visibility
from afterword.reflection.history import History, Past, past_of
from afterword.reflection.instrument import RUPTURE, Instrument, Kind
from afterword.reflection.instrument_steps import AskItem
from afterword.reflection.plan import Plan, Question


@dataclass(frozen=True)
class Person:
    """How often an answer is low, one option below the top, skipped; how often there is strain."""

    low: float = 0.06
    strain: float = 0.12
    skips: float = 0.05
    goals: int = 2


@dataclass
class Week:
    """One reflection as it was asked and answered."""

    day: int
    questions: tuple[Question, ...]
    answers: dict[str, Answer]

    @property
    def asked(self) -> list[str]:
        return [question.id for question in self.questions]


@dataclass
class Year:
    instrument: Instrument
    person: Person = field(default_factory=Person)
    packs: frozenset[str] = frozenset()
    seed: int = 0
    weeks: list[Week] = field(default_factory=list)
    _past: list[Past] = field(default_factory=list)

    def live(self, weeks: int = 52) -> "Year":
        random = Random(self.seed)
        goals = {f"g{at}": f"Goal {at}" for at in range(self.person.goals)}
        for week in range(weeks):
            self.weeks.append(self._reflect(7 * week, goals, random))
        return self

    def history(self, day: int) -> History:
        for one in self.weeks[len(self._past) :]:
            self._past.append(past_of(0, self.instrument, one.answers))
        told = zip(self.weeks, self._past, strict=True)
        past = [replace(one, days=day - week.day) for week, one in told]
        return History(tuple(reversed(past)), self.packs)

    def _reflect(self, day: int, goals: Mapping[str, str], random: Random) -> Week:
        plan = Plan(self.instrument, goals, self.history(day))
        answers: dict[str, Answer] = {}
        always = {step.item for step in self.instrument.plan if isinstance(step, AskItem)}
        while open_ := [one for one in plan.questions(answers) if one.id not in answers]:
            for question in open_:
                answers[question.id] = self._answer(question, random)
                # What comes next hangs on answers to the other questions only.
                if question.id not in always:
                    break
        return Week(day, plan.questions(answers), answers)

    def _answer(self, question: Question, random: Random) -> Answer:
        if random.random() < self.person.skips:
            return Answer(question.id, AnswerState.SKIPPED, visibility=Visibility.SHARED)
        if question.item.kind is Kind.TEXT:
            return Answer(question.id, AnswerState.ANSWERED, None, "x", Visibility.SHARED)
        strain = question.item.construct == RUPTURE
        low = random.random() < (self.person.strain if strain else self.person.low)
        every = [option.id for option in question.item.options]
        some = [option for option in every if question.item.is_low(option) is low]
        if question.item.kind is Kind.SCALE and not low:
            # Most people answer much the same from week to week.
            some = random.choices(some[-2:], [0.15, 0.85])
        return Answer(
            question.id,
            AnswerState.ANSWERED,
            random.choice(some or every),
            visibility=Visibility.SHARED,
        )
