"""Which questions a reflection asks, in which order."""

import pytest
from factory import by_question, core, rated, said, skipped

from afterword.reflection.answers import Answer
from afterword.reflection.plan import Plan

GOALS = {"a": "Sleep", "b": "Walk"}
SCALES = ("heard", "safe", "goals", "approach", "snag")
ALL_WELL = by_question(*(rated(name, 5) for name in SCALES))


def ids(
    answers: dict[str, Answer], goals: dict[str, str] | None = None, earlier: int = 0
) -> list[str]:
    return [one.id for one in Plan(core(), goals or {}, earlier).questions(answers)]


def after(*answers: Answer) -> list[str]:
    """The questions after the scales, when all scales are answered and some of them so."""
    return ids(ALL_WELL | by_question(*answers))[len(SCALES) :]


def test_the_questions_come_in_the_order_of_the_file() -> None:
    assert ids({}) == [*SCALES, "helped", "wish"]


def test_each_goal_is_asked_about_with_its_text() -> None:
    asked = Plan(core(), GOALS, 0).questions({})
    assert [one.id for one in asked][2:6] == ["goals", "goal-a", "goal-b", "approach"]
    assert [one.goal for one in asked if one.goal] == ["Sleep", "Walk"]


@pytest.mark.parametrize(("earlier", "asked"), [(0, "helped"), (1, "better"), (2, "helped")])
def test_two_questions_take_turns(earlier: int, asked: str) -> None:
    assert ids({}, earlier=earlier)[-2] == asked


def test_a_low_answer_opens_its_follow_up_after_the_questions_before_it() -> None:
    assert after(rated("heard", 2)) == ["heard_why", "helped", "wish"]
    assert "heard_why" not in ids(by_question(rated("heard", 1)))


@pytest.mark.parametrize(
    "answer", [rated("heard", 3), skipped("heard"), said("heard", "not at all")]
)
def test_what_is_not_low_opens_nothing(answer: Answer) -> None:
    assert after(answer) == ["helped", "wish"]


@pytest.mark.parametrize(
    ("answers", "opened"),
    [
        ([rated("heard", 2), rated("safe", 1)], "safe_why"),
        ([rated("heard", 1), rated("safe", 1)], "heard_why"),
        ([rated("snag", 1), rated("goals", 2)], "snag_kind"),
        ([rated("snag", 3)], "snag_kind"),
    ],
)
def test_only_the_lowest_answer_opens_one_and_the_first_of_equals(
    answers: list[Answer], opened: str
) -> None:
    assert after(*answers) == [opened, "helped", "wish"]


def test_a_follow_up_that_was_answered_stays_when_its_answer_is_corrected() -> None:
    given = [rated("heard_why", "time")]
    assert after(*given) == ["heard_why", "helped", "wish"]
    assert after(*given, rated("safe", 1)) == ["heard_why", "helped", "wish"]


def test_a_follow_up_that_was_not_answered_goes_when_its_answer_is_corrected() -> None:
    assert after(rated("heard", 4)) == ["helped", "wish"]


def test_the_next_question_is_the_first_without_an_answer_of_any_kind() -> None:
    plan = Plan(core(), {}, 0)
    answers: dict[str, Answer] = {}
    asked = []
    while (following := plan.next(answers)) is not None:
        asked.append(following.id)
        answers[following.id] = skipped(following.id)
    assert asked == [*SCALES, "helped", "wish"]


def test_going_back_goes_through_the_questions_as_they_are_asked() -> None:
    plan = Plan(core(), GOALS, 0)
    answers = ALL_WELL | by_question(rated("snag", 1))

    def before(question: str) -> str | None:
        found = plan.before(question, answers)
        return found and found.id

    assert before("heard") is None
    assert before("goal-b") == "goal-a"
    # Not all questions before it are answered, so the follow-up is not there yet.
    assert before("helped") == "snag"
    answers |= by_question(rated("goal-a", "mine"), rated("goal-b", "mine"))
    assert before("helped") == "snag_kind"
    assert before("review") == "wish"


def test_only_questions_of_this_reflection_are_found() -> None:
    plan = Plan(core(), GOALS, 0)
    found = plan.question("goal-a", {})
    assert found is not None and found.goal == "Sleep"
    for name in ("better", "goal-c", "goal", "heard_why", "review", ""):
        assert plan.question(name, {}) is None
