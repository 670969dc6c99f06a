"""Reasons to look, by published rule, from the person's own answers."""

import pytest
from factory import adaptive, by_question, declined, question, rated, said, skipped

from afterword.reflection.answers import Answer
from afterword.reflection.history import usual
from afterword.reflection.plan import Question
from afterword.reflection.signals import find_signals, is_strain

NAMES = ("heard", "safe", "goals", "approach", "snag")
WELL = by_question(*(rated(name, 5) for name in NAMES))
GOALS = {"a": "Sleep"}


def rules(
    *answers: Answer, history: tuple[dict[str, Answer], ...] = ()
) -> list[tuple[str, str, str]]:
    """Rule, question and opener of each signal, where the other answers are the best ones."""
    given = WELL | by_question(*answers)
    questions = [question(name, GOALS) for name in given]
    return [
        (one.rule, one.question.id, one.opener) for one in find_signals(questions, given, history)
    ]


def before(*values: int, name: str = "heard") -> tuple[dict[str, Answer], ...]:
    return tuple(by_question(rated(name, value)) for value in values)


def test_when_all_is_well_there_is_no_signal() -> None:
    assert rules() == []


@pytest.mark.parametrize(
    ("answer", "signal"),
    [
        (rated("heard", 2), ("low", "heard", "low_bond")),
        (rated("safe", 1), ("low", "safe", "low_trust")),
        (rated("goals", 2), ("low", "goals", "low_goals")),
        (rated("approach", 1), ("low", "approach", "low_tasks")),
        (rated("snag", 1), ("strain", "snag", "strain")),
        (rated("snag", 3), ("strain", "snag", "strain")),
        (rated("goal-a", "not_mine"), ("goal_not_mine", "goal-a", "goal_not_mine")),
        (rated("goal-a", "unsure"), ("goal_unsure", "goal-a", "goal_unsure")),
    ],
)
def test_what_was_said_outright_is_a_signal(answer: Answer, signal: tuple[str, str, str]) -> None:
    assert rules(answer) == [signal]


@pytest.mark.parametrize(
    "answer",
    [
        *(rated("heard", 3), rated("snag", 4), rated("goal-a", "mine")),
        *(skipped("heard"), said("heard", "no"), said("goal-a", "not_mine")),
    ],
)  # fmt: skip
def test_what_is_not_low_or_not_rated_is_none(answer: Answer) -> None:
    assert rules(answer) == []


@pytest.mark.parametrize(
    ("kind", "opener"),
    [
        (rated("snag_kind", "held_back"), "strain_withdrawal"),
        (rated("snag_kind", "pushed"), "strain_confrontation"),
        (said("snag_kind", "I felt pushed"), "strain"),
        (declined("snag_kind"), "strain"),
    ],
)
def test_the_kind_of_a_strain_comes_from_the_patients_own_choice_only(
    kind: Answer, opener: str
) -> None:
    assert rules(rated("snag", 2), kind) == [("strain", "snag", opener)]


def test_the_most_pressing_comes_first() -> None:
    found = rules(
        rated("heard", 2),
        rated("safe", 1),
        rated("snag", 1),
        rated("goal-a", "not_mine"),
        declined("approach"),
        history=before(4, 5, 5) + before(3, name="approach"),
    )
    assert [rule for rule, _, _ in found] == [
        *("goal_not_mine", "strain", "low", "low", "below_usual", "declined")
    ]
    assert [name for rule, name, _ in found if rule == "low"] == ["safe", "heard"]


def test_a_mild_strain_comes_after_a_low_answer() -> None:
    assert [rule for rule, _, _ in rules(rated("heard", 2), rated("snag", 3))] == ["low", "strain"]


@pytest.mark.parametrize(
    ("now", "earlier", "below"),
    [
        (3, (4, 4, 4), True),
        (4, (4, 4, 4), False),
        (3, (3, 4, 4, 3), False),  # half a step
        (3, (4, 4), False),  # two are no usual
        (3, (4, 4, 4, 1), True),
    ],
)
def test_lower_than_usual_needs_three_earlier_answers_and_a_whole_step(
    now: int, earlier: tuple[int, ...], below: bool
) -> None:
    found = rules(rated("heard", now), history=before(*earlier))
    assert found == ([("below_usual", "heard", "below_usual")] if below else [])


def test_more_strain_than_usual_is_said_as_more_strain() -> None:
    answers = by_question(rated("snag", 4))
    (signal,) = find_signals([question("snag")], answers, before(5, 5, 5, name="snag"))
    assert signal.headline == "more_strain"
    assert is_strain(signal.question.item)


@pytest.mark.parametrize(
    ("history", "found"),
    [(before(4), True), (before(), False), ((by_question(skipped("heard")),), False)],
)
def test_declining_is_a_signal_only_where_it_was_answered_before(
    history: tuple[dict[str, Answer], ...], found: bool
) -> None:
    assert bool(rules(declined("heard"), history=history)) is found


def test_three_times_top_marks_without_a_word_invite_to_say_more() -> None:
    assert rules(history=(WELL, WELL)) == [("all_top", "heard", "all_top")]
    assert rules(history=(WELL,)) == []
    assert rules(said("wish", "more time"), history=(WELL, WELL)) == []
    assert rules(history=(WELL | by_question(rated("heard", 4)), WELL)) == []
    assert rules(history=(WELL, WELL | by_question(skipped("safe")))) == []


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((4, 4), None),
        ((4, None, 4), None),
        ((1, 5, 4), 4),
        ((2, 3, 4, 5), 3.5),
        ((None, 2, 2, 5), 2),
    ],
)
def test_the_usual_is_the_middle_of_at_least_three_known_answers(
    values: tuple[int | None, ...], expected: float | None
) -> None:
    assert usual(values) == expected


def adaptive_rules(given: dict[str, Answer], *history: dict[str, Answer]) -> list[tuple[str, str]]:
    """Rule and question of each signal on the questions that take turns."""
    questions = [Question(name, adaptive().items[name]) for name in given]
    return [(one.rule, one.question.id) for one in find_signals(questions, given, history)]


def test_a_choice_that_is_not_well_is_a_signal() -> None:
    assert adaptive_rules(WELL | by_question(rated("frame", "late"))) == [("low", "frame")]
    assert adaptive_rules(WELL | by_question(rated("frame", "fine"))) == []


def test_a_run_of_top_answers_is_one_whatever_took_its_turn() -> None:
    runs = [WELL | by_question(rated(name, 5)) for name in ("understood", "own_questions", "fit")]
    assert adaptive_rules(runs[2], *runs[:2]) == [("all_top", "heard")]
    assert adaptive_rules(runs[2], runs[0], WELL | by_question(rated("safe", 4))) == []
