"""Which questions a reflection asks, and which one is next."""

from collections.abc import Mapping
from dataclasses import dataclass

from afterword.reflection.answers import Answers
from afterword.reflection.instrument import (
    AskEachGoal,
    AskFollowUps,
    AskItem,
    AskOneOf,
    Instrument,
    Item,
)

REVIEW = "review"
GOAL_PREFIX = "goal-"


@dataclass(frozen=True)
class Question:
    """An item as it is asked now; `goal` is the goal's text where it is about one."""

    id: str
    item: Item
    goal: str | None = None


@dataclass(frozen=True)
class Plan:
    """What is needed to know a reflection's questions.

    `goals` holds the text of each agreed goal by its id; `earlier` counts the patient's earlier
    reflections and lets questions take turns.
    """

    instrument: Instrument
    goals: Mapping[str, str]
    earlier: int

    def questions(self, answers: Answers) -> tuple[Question, ...]:
        """All questions of this reflection in order, given the answers so far."""
        items = self.instrument.items
        asked: list[Question] = []
        for step in self.instrument.plan:
            match step:
                case AskItem(name):
                    asked.append(Question(name, items[name]))
                case AskEachGoal(name):
                    asked.extend(
                        Question(GOAL_PREFIX + key, items[name], text)
                        for key, text in self.goals.items()
                    )
                case AskOneOf(names):
                    name = names[self.earlier % len(names)]
                    asked.append(Question(name, items[name]))
                case AskFollowUps(most):
                    asked.extend(_follow_ups(asked, answers, items, most))
        return tuple(asked)

    def every(self) -> tuple[Question, ...]:
        """All questions that could come up, in order: each follow-up, and all that take turns."""
        items = self.instrument.items
        found: dict[str, Question] = {}
        for step in self.instrument.plan:
            match step:
                case AskItem(name):
                    asked = [Question(name, items[name])]
                case AskEachGoal(name):
                    asked = [
                        Question(GOAL_PREFIX + key, items[name], text)
                        for key, text in self.goals.items()
                    ]
                case AskOneOf(names):
                    asked = [Question(name, items[name]) for name in names]
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


def _follow_ups(
    asked: list[Question], answers: Answers, items: Mapping[str, Item], most: int
) -> list[Question]:
    """The follow-ups of the lowest low answers, once all questions before are answered.

    A follow-up that was answered stays, also when the answer that opened it was corrected.
    """
    if any(question.id not in answers for question in asked):
        return []
    low = sorted(
        (rank, at, question.item.follow_up)
        for at, question in enumerate(asked)
        if (rank := _low_rank(question, answers)) is not None and question.item.follow_up
    )
    possible = [question.item.follow_up for question in asked if question.item.follow_up]
    kept = [name for name in possible if name in answers]
    # Two questions may have the same follow-up: it is asked once.
    opened = dict.fromkeys([*kept, *(name for _, _, name in low)])
    return [Question(name, items[name]) for name in list(opened)[:most]]


def _low_rank(question: Question, answers: Answers) -> int | None:
    rank = question.item.rank(answers[question.id].value)
    if rank is None or question.item.low is None or rank > question.item.low:
        return None
    return rank
