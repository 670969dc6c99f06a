"""Which questions a reflection asks, in which order."""

from collections.abc import Iterable

import pytest
from factory import adaptive, by_question, core, rated, said, skipped, weekly
from hypothesis import given, settings
from hypothesis import strategies as st

from afterword.reflection.answers import Answer
from afterword.reflection.history import History, Past
from afterword.reflection.instrument_steps import AskRotating
from afterword.reflection.plan import Plan

GOALS = {"a": "Sleep", "b": "Walk"}
SCALES = ("heard", "safe", "goals", "approach", "snag")
ALL_WELL = by_question(*(rated(name, 5) for name in SCALES))


def ids(
    answers: dict[str, Answer], goals: dict[str, str] | None = None, earlier: int = 0
) -> list[str]:
    return [one.id for one in Plan(core(), goals or {}, weekly(earlier)).questions(answers)]


def after(*answers: Answer) -> list[str]:
    """The questions after the scales, when all scales are answered and some of them so."""
    return ids(ALL_WELL | by_question(*answers))[len(SCALES) :]


def test_the_questions_come_in_the_order_of_the_file() -> None:
    assert ids({}) == [*SCALES, "helped", "wish"]


def test_each_goal_is_asked_about_with_its_text() -> None:
    asked = Plan(core(), GOALS).questions({})
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
    plan = Plan(core(), {})
    answers: dict[str, Answer] = {}
    asked = []
    while (following := plan.next(answers)) is not None:
        asked.append(following.id)
        answers[following.id] = skipped(following.id)
    assert asked == [*SCALES, "helped", "wish"]


def test_going_back_goes_through_the_questions_as_they_are_asked() -> None:
    plan = Plan(core(), GOALS)
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
    plan = Plan(core(), GOALS)
    found = plan.question("goal-a", {})
    assert found is not None and found.goal == "Sleep"
    for name in ("better", "goal-c", "goal", "heard_why", "review", ""):
        assert plan.question(name, {}) is None


# The plan that adapts, on the questions that new reflections ask.

TURNS = next(step.items for step in adaptive().plan if isinstance(step, AskRotating))
FINE = by_question(*(rated(name, 5) for name in SCALES))


def plan(*past: Past, goals: dict[str, str] | None = None, packs: Iterable[str] = ()) -> Plan:
    return Plan(adaptive(), goals or {}, History(past, frozenset(packs)))


def asks(made: Plan, answers: dict[str, Answer] | None = None) -> list[str]:
    return [one.id for one in made.questions(answers or {})]


def turns(made: Plan, answers: dict[str, Answer] | None = None) -> list[str]:
    packed = [name for names in adaptive().packs.values() for name in names]
    return [name for name in asks(made, answers) if name in (*TURNS, *packed)]


def past(weeks: int, *asked: str, low: Iterable[str] = (), strain: bool = False) -> Past:
    return Past(7 * weeks, frozenset(asked), {}, frozenset(low), strain)


def usually(rank: int, times: int = 3) -> list[Past]:
    asked = frozenset({"heard", *TURNS})
    return [Past(7 * at, asked, {"heard": rank}) for at in range(1, times + 1)]


def test_two_of_those_that_take_turns_come_after_the_scales() -> None:
    assert asks(plan()) == [*SCALES, *TURNS[:2], "helped", "wish"]


def test_the_longest_not_asked_come_first_and_the_low_ones_before_them() -> None:
    everything = past(5, *TURNS)
    assert turns(plan(past(1, *TURNS[2:]), everything)) == list(TURNS[:2])
    last = TURNS[-1]
    assert turns(plan(past(1, *TURNS[2:], low=[last]), everything))[0] == last


def test_the_first_after_a_strain_that_was_shared_is_what_became_of_it() -> None:
    assert asks(plan(past(1, strain=True)))[0] == "repair"
    assert asks(plan(past(1), past(2, strain=True)))[0] == "heard"


def test_what_is_first_asked_at_the_third_reflection_is_asked_then() -> None:
    assert "fit" not in asks(plan(past(1)))
    assert "fit" in asks(plan(past(1), past(2)))


def test_what_was_asked_a_short_time_ago_waits() -> None:
    others = tuple(name for name in TURNS if name != "own_questions")
    for weeks, due in ((3, False), (4, True)):
        made = plan(past(1, *others), past(weeks, "own_questions"))
        assert (turns(made)[0] == "own_questions") is due
    low = plan(past(1, *others), past(3, "own_questions", low=["own_questions"]))
    assert turns(low)[0] == "own_questions"


def test_packs_join_when_they_are_chosen() -> None:
    before = (past(1, *TURNS), past(5))
    chosen = plan(*before, packs={"psychiatry", "psychodynamic"})
    assert turns(chosen) == ["treatment", "feelings"]
    assert turns(plan(*before)) == list(TURNS[:2])


def test_a_low_answer_takes_the_place_of_a_turn() -> None:
    answers = FINE | by_question(rated("heard", 2))
    assert asks(plan(), answers) == [*SCALES, TURNS[0], "helped", "wish"]
    answers |= by_question(rated(TURNS[0], 5))
    assert asks(plan(), answers) == [*SCALES, TURNS[0], "heard_why", "helped", "wish"]


def test_two_low_answers_take_both() -> None:
    answers = FINE | by_question(rated("heard", 2), rated("safe", 1))
    assert asks(plan(), answers) == [*SCALES, "safe_why", "heard_why", "helped", "wish"]


def test_an_answer_below_the_persons_own_usual_opens_a_follow_up_too() -> None:
    answers = FINE | by_question(rated("heard", 4))
    assert "heard_why" not in asks(
        plan(*usually(5, times=2)), _all(answers, plan(*usually(5, times=2)))
    )
    made = plan(*usually(5))
    assert "heard_why" in asks(made, _all(answers, made))
    assert "heard_why" not in asks(plan(*usually(4)), _all(answers, plan(*usually(4))))


def test_a_low_choice_opens_its_follow_up() -> None:
    made = plan(past(1, *(name for name in TURNS if name != "treated")))
    answers = FINE | by_question(rated("treated", "respect"))
    assert "treated_what" in asks(made, _all(answers, made))
    answers = FINE | by_question(rated("treated", "fine"))
    assert "treated_what" not in asks(made, _all(answers, made))


def _all(answers: dict[str, Answer], made: Plan) -> dict[str, Answer]:
    """With the turns of a plan answered, none of them low."""
    given = dict(answers)
    while (name := next((one for one in turns(made, given) if one not in given), None)) is not None:
        given[name] = skipped(name)
    return given


def test_goals_take_turns_new_ones_first() -> None:
    assert "goal-a" in asks(plan(goals=GOALS))
    assert "goal-b" not in asks(plan(goals=GOALS))
    assert "goal-b" in asks(plan(past(1, "goal-a"), goals=GOALS))


@pytest.mark.parametrize("strain", [False, True])
def test_what_was_answered_stays_whatever_the_history_says(strain: bool) -> None:
    given = by_question(
        rated("repair", "still"), rated("closeness", "right"), rated("goal-b", "mine")
    )
    assert set(given) <= set(asks(plan(past(1, strain=strain), goals=GOALS), given))


@settings(max_examples=200)
@given(st.data())
def test_any_reflection_has_at_most_nine_questions_and_goes_on_as_it_began(
    data: st.DataObject,
) -> None:
    names = st.sampled_from([*adaptive().items, "goal-a", "goal-b", "goal-c"])
    pasts = data.draw(
        st.lists(
            st.builds(
                Past,
                st.integers(0, 400),
                st.frozensets(names, max_size=12),
                st.dictionaries(names, st.integers(1, 5), max_size=6),
                st.frozensets(names, max_size=4),
                st.booleans(),
            ),
            max_size=6,
        )
    )
    pasts.sort(key=lambda one: one.days)
    made = Plan(
        adaptive(),
        dict.fromkeys(data.draw(st.sets(st.sampled_from("abc"))), "x"),
        History(tuple(pasts), data.draw(st.frozensets(st.sampled_from([*adaptive().packs])))),
    )
    answers: dict[str, Answer] = {}
    while (question := made.next(answers)) is not None:
        asked = asks(made, answers)
        assert len(asked) == len(set(asked)) <= 9
        assert set(answers) <= set(asked)
        assert {*SCALES, "wish"} <= set(asked)
        options = [rated(question.id, option.id) for option in question.item.options]
        answers[question.id] = data.draw(st.sampled_from([skipped(question.id), *options]))
        if data.draw(st.integers(0, 5)) == 0:
            changed = data.draw(st.sampled_from(sorted(answers)))
            answers[changed] = skipped(changed)
    assert set(asks(made, answers)) == set(answers)


def test_an_answered_follow_up_stays_when_a_correction_makes_room_before_it() -> None:
    made = Plan(adaptive(), {}, History(()))
    answers = {one: rated(one, "1") for one in ("heard", "safe")}
    answers |= {one: rated(one, "4") for one in ("goals", "approach")}
    answers |= {one: skipped(one) for one in ("snag", "heard_why")}
    assert "understood" not in asks(made, answers)
    answers["safe"] = rated("safe", "4")
    assert {"understood", "heard_why"} <= set(asks(made, answers))
