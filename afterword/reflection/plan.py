"""Which questions a reflection asks, and which one is next."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

from afterword.reflection.answers import Answers
from afterword.reflection.history import NO_HISTORY, History
from afterword.reflection.instrument import GOAL_PREFIX, Instrument, Item
from afterword.reflection.instrument_steps import (
    AskEachGoal,
    AskFollowUps,
    AskItem,
    AskOneOf,
    AskRepair,
    AskRotating,
    Step,
    always_asked,
)
from afterword.reflection.rotation import Due, due

REVIEW = "review"
_LOW, _CHANGED = 0, 1


@dataclass(frozen=True)
class Question:
    """An item as it is asked now; `goal` is the goal's text where it is about one."""

    id: str
    item: Item
    goal: str | None = None


@dataclass(frozen=True)
class Plan:
    """What is needed to know a reflection's questions.

    `goals` holds the text of each agreed goal by its id; `history` says what takes its turn now.
    """

    instrument: Instrument
    goals: Mapping[str, str]
    history: History = NO_HISTORY

    @property
    def earlier(self) -> int:
        """How many reflections there were before this one."""
        return len(self.history.reflections)

    def questions(self, answers: Answers) -> tuple[Question, ...]:
        """All questions of this reflection in order, given the answers so far.

        What was answered stays. There are never more than the instrument's `most`: first comes
        what is always asked, then the repair, what cannot wait, follow-ups, and the other turns.
        """
        return tuple(_Draft(self, answers).asked)

    def every(self) -> tuple[Question, ...]:
        """All questions that could come up, in order: each follow-up, and all that take turns."""
        items = self.instrument.items
        found: dict[str, Question] = {}
        for step in self.instrument.plan:
            match step:
                case AskItem(name) | AskRepair(name):
                    asked = [Question(name, items[name])]
                case AskEachGoal(name):
                    asked = list(self.about_goals(name))
                case AskOneOf(names):
                    asked = [Question(name, items[name]) for name in names]
                case AskRotating(_, names):
                    asked = [Question(name, items[name]) for name in (*names, *self.packed())]
                case AskFollowUps():
                    before = [question.item.follow_up for question in found.values()]
                    asked = [Question(name, items[name]) for name in before if name]
            for question in asked:
                found.setdefault(question.id, question)
        return tuple(found.values())

    def question(self, question_id: str, answers: Answers) -> Question | None:
        """The question of this id, if this reflection asks it."""
        return next((q for q in self.questions(answers) if q.id == question_id), None)

    def next(self, answers: Answers) -> Question | None:
        """The first question that has no answer of any kind; None when it is time to review."""
        return next((q for q in self.questions(answers) if q.id not in answers), None)

    def before(self, question_id: str, answers: Answers) -> Question | None:
        """The question asked before this one; before the review comes the last one."""
        questions = self.questions(answers)
        places = [question.id for question in questions]
        at = places.index(question_id) if question_id in places else len(questions)
        return questions[at - 1] if at > 0 else None

    def about_goals(self, name: str) -> Iterable[Question]:
        """A question about each goal, all made from the item of this name."""
        item = self.instrument.items[name]
        return (Question(GOAL_PREFIX + key, item, text) for key, text in self.goals.items())

    @cached_property
    def possible(self) -> tuple[Question, ...]:
        """As `every`, found once: it is the same whatever was answered."""
        return self.every()

    @cached_property
    def turns(self) -> Due:
        """What may take its turn in this reflection: it is the same whatever was answered."""
        return due(self._taking_turns(), self.history)

    def may_turn(self) -> list[str]:
        """The items that could take turns, those of packs that were not chosen too."""
        steps = self.instrument.plan
        names = [name for one in steps if isinstance(one, AskRotating) for name in one.items]
        return [*names, *self.packed()]

    def _taking_turns(self) -> dict[str, Item]:
        """What is due now and then: goals that take turns, rotating items, those of packs."""
        packs = self.instrument.packs
        out = {name for pack in packs if pack not in self.history.packs for name in packs[pack]}
        goals = [
            question
            for step in self.instrument.plan
            if isinstance(step, AskEachGoal) and step.most is not None
            for question in self.about_goals(step.item)
        ]
        names = [name for name in self.may_turn() if name not in out]
        items = self.instrument.items
        return {one.id: one.item for one in goals} | {name: items[name] for name in names}

    def packed(self) -> list[str]:
        return [name for names in self.instrument.packs.values() for name in names]


def seconds(questions: Iterable[Question]) -> int:
    """How long answering takes, about."""
    return sum(question.item.seconds for question in questions)


class _Draft:
    """The questions of one reflection as they are put together, step by step.

    `room` is how many may still be added, `reserve` how many of these are for turns that cannot
    wait. Each question that was answered has its place already.
    """

    def __init__(self, plan: Plan, answers: Answers) -> None:
        self.plan, self.answers = plan, answers
        self.items = plan.instrument.items
        self.asked: list[Question] = []
        steps = plan.instrument.plan
        self.turns = plan.turns
        self.follow_ups = next((one for one in steps if isinstance(one, AskFollowUps)), None)
        taken = {one.id for one in plan.possible if one.id in answers}
        self.reserve = max(0, self.turns.now - len(taken.intersection(plan.may_turn())))
        self.room = self._room(len(taken - self._always()))
        for step in steps:
            self._take(step)

    def _take(self, step: Step) -> None:
        match step:
            case AskItem(name):
                self._ask(name)
            case AskOneOf(names):
                self._ask(names[self.plan.earlier % len(names)])
            case AskRepair(name):
                if name in self.answers or (self.plan.history.strain_last_time and self.room > 0):
                    self._ask(name)
                    self.room -= name not in self.answers
            case AskEachGoal(name, most):
                self._ask_goals(name, most)
            case AskRotating(most, _):
                self._rotate(most)
            case AskFollowUps(most):
                self._follow_up(most)

    def _ask(self, name: str) -> None:
        self.asked.append(Question(name, self.items[name]))

    def _always(self) -> set[str]:
        always = set[str]()
        for step in self.plan.instrument.plan:
            match step:
                case AskItem(name):
                    always.add(name)
                case AskOneOf(names):
                    always.add(names[self.plan.earlier % len(names)])
        return always

    def _room(self, taken: int) -> int:
        most = self.plan.instrument.most
        if most is None:
            return len(self.items) + len(self.plan.goals)
        return max(0, most - always_asked(self.plan.instrument.plan) - taken)

    def _ask_goals(self, name: str, most: int | None) -> None:
        """All goals; with `most` those whose turn it is."""
        every = list(self.plan.about_goals(name))
        kept = {one.id for one in every if one.id in self.answers}
        new = [one.id for one in every if one.id not in kept]
        if most is not None:
            # A goal waits while what is due before it takes the room; one that was asked before
            # waits for all that should be asked now, too.
            first = [one for one in self.turns.names if one not in self.answers][: self.room]
            if self.reserve >= self.room:
                first = [one for one in first if self.plan.history.last(one) is None]
            new = [one for one in first if one in new][: max(0, most - len(kept))]
        new = new[: self.room]
        self.asked += [one for one in every if one.id in kept or one.id in new]
        self.room -= len(new)

    def _rotate(self, most: int) -> None:
        """Those that take their turn now; the ones that can wait make way for follow-ups."""
        may = self.plan.may_turn()
        kept = [name for name in self.answers if name in may]
        for name in kept:
            self._ask(name)
        free = max(self._urgent(len(kept)), self.room - len(self._opened()))
        new = [name for name in self.turns.names if name in may and name not in kept]
        for name in new[: max(0, min(most - len(kept), free))]:
            self._ask(name)
            self.room -= 1
        self.reserve = 0

    def _follow_up(self, most: int) -> None:
        """The follow-ups of low or changed answers, once all questions before are answered.

        One that was answered stays, also when the answer that opened it was corrected, and when
        that makes room for a question before it.
        """
        possible = [one.item.follow_up for one in self.asked if one.item.follow_up]
        kept = list(dict.fromkeys(name for name in possible if name in self.answers))
        ready = all(question.id in self.answers for question in self.asked)
        room = min(most - len(kept), self.room - self.reserve) if ready else 0
        new = self._opened()[: max(0, room)]
        for name in (*kept, *new):
            self._ask(name)
        self.room -= len(new)

    def _urgent(self, asked: int) -> int:
        """How many turns come before follow-ups: what would be late comes first of all.

        After that a low answer has one follow-up before what should be asked now, but not two
        times in a row: somebody may have a lot that is low for long.
        """
        if not self._opened(changed=False):
            return min(self.reserve, self.room)
        late = max(0, self.turns.late - asked)
        return min(self.room, max(late, min(self.reserve, self.room - self._follow_up_is_due())))

    def _follow_up_is_due(self) -> bool:
        """Whether the last reflection asked none."""
        follow_ups = {item.follow_up for item in self.items.values() if item.follow_up}
        return not any(past.asked & follow_ups for past in self.plan.history.reflections[:1])

    def _opened(self, *, changed: bool = True) -> list[str]:
        """The follow-ups that answers open and that have no answer, the most pressing first."""
        opened = sorted(
            (*weight, at, one.item.follow_up)
            for at, one in enumerate(self.asked)
            if one.item.follow_up
            and (weight := self._weight(one)) is not None
            and (changed or weight[0] == _LOW)
        )
        names = dict.fromkeys(name for *_, name in opened)
        return [name for name in names if name not in self.answers]

    def _weight(self, question: Question) -> tuple[int, float] | None:
        """Low answers come first, the lowest before the others; then those below the usual."""
        answer = self.answers.get(question.id)
        rank = None if answer is None else question.item.rank(answer.value)
        if answer is not None and question.item.is_low(answer.value):
            return _LOW, rank or 1
        if rank is None:
            return None
        usual = self.plan.history.usual(question.id)
        if self.follow_ups and self.follow_ups.changed and usual is not None and rank <= usual - 1:
            return _CHANGED, rank - usual
        return None
