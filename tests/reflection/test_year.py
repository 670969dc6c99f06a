"""A year of weekly reflections: what is asked, how often, and how long it takes."""

from functools import cache
from itertools import pairwise
from statistics import median

import pytest
from factory import adaptive
from year import Person, Week, Year

from afterword.reflection.instrument import GOAL_PREFIX
from afterword.reflection.instrument_steps import AskItem, AskRotating
from afterword.reflection.plan import seconds

CORE = tuple(step.item for step in adaptive().plan if isinstance(step, AskItem))
TURNS = next(step.items for step in adaptive().plan if isinstance(step, AskRotating))
FOLLOW_UPS = {item.follow_up for item in adaptive().items.values() if item.follow_up}
PACKS = adaptive().packs
MOST, LONGEST = 9, 150
QUARTER, AFTER_LOW = 13, 3
LATEST = 21
"""Weeks until a turn for people with more that is low than there is room for."""

PEOPLE = {
    "steady": Person(low=0.02, strain=0.05, goals=1),
    "usual": Person(),
    "no goals": Person(goals=0),
    "many goals": Person(low=0.03, strain=0.08, goals=6),
    "skips a lot": Person(skips=0.3),
}
HARD = {
    "much is low": Person(low=0.3, strain=0.5, goals=4),
    "all is low": Person(low=1.0, strain=1.0, goals=9),
    "skips all": Person(skips=1.0),
}
CHOSEN = (
    frozenset[str](),
    frozenset({"psychiatry"}),
    frozenset({"psychodynamic"}),
    frozenset({"psychiatry", "psychodynamic"}),
)
SEEDS = range(10)


@cache
def year(name: str, seed: int, packs: frozenset[str] | None = None) -> Year:
    """A year with its own chances; the packs take turns with the seeds when none are named."""
    chosen = CHOSEN[seed % len(CHOSEN)] if packs is None else packs
    return Year(adaptive(), (PEOPLE | HARD)[name], chosen, seed).live()


def turning(lived: Year) -> tuple[str, ...]:
    """All items that take turns in this year."""
    return (*TURNS, *(one for pack in sorted(lived.packs) for one in PACKS[pack]))


def longest_wait(lived: Year, item: str) -> int:
    """In weeks, from the start and to the end of the year too."""
    return max(b - a for a, b in pairwise([-1, *weeks_of(lived, item), len(lived.weeks)]))


def weeks_of(lived: Year, name: str) -> list[int]:
    return [at for at, week in enumerate(lived.weeks) if name in week.asked]


def low_in(week: Week, name: str) -> bool:
    item = adaptive().items.get(name)
    return item is not None and name in week.answers and item.is_low(week.answers[name].value)


every_year = pytest.mark.parametrize("seed", SEEDS)
usual_people = pytest.mark.parametrize("name", PEOPLE)
all_people = pytest.mark.parametrize("name", PEOPLE | HARD)


@every_year
@all_people
def test_core_items_come_every_time_and_never_more_than_nine(name: str, seed: int) -> None:
    for week in year(name, seed).weeks:
        assert set(CORE) <= set(week.asked)
        assert len({"helped", "better"} & set(week.asked)) == 1
        assert len(week.asked) == len(set(week.asked)) <= MOST
        assert len(FOLLOW_UPS & set(week.asked)) <= 2
        assert sum(one.startswith(GOAL_PREFIX) for one in week.asked) <= 1


@every_year
@usual_people
def test_all_that_takes_turns_comes_up_at_least_once_a_quarter(name: str, seed: int) -> None:
    lived = year(name, seed)
    waits = {item: longest_wait(lived, item) for item in turning(lived)}
    assert not {item: weeks for item, weeks in waits.items() if weeks > QUARTER}


@every_year
@usual_people
def test_what_was_low_comes_again_within_three_weeks(name: str, seed: int) -> None:
    lived = year(name, seed)
    for item in turning(lived):
        asked = weeks_of(lived, item)
        for at in asked:
            if low_in(lived.weeks[at], item) and at + AFTER_LOW < len(lived.weeks):
                following = next((one for one in asked if one > at), None)
                assert following is not None and following - at <= AFTER_LOW, (item, at)


@every_year
@all_people
def test_it_takes_two_minutes_or_so(name: str, seed: int) -> None:
    times = [seconds(week.questions) for week in year(name, seed).weeks]
    assert median(times) <= LONGEST
    assert max(times) <= LONGEST + 30


@usual_people
def test_what_was_low_is_followed_up_as_a_rule(name: str) -> None:
    """Turns do not crowd out the follow-ups."""
    low = followed = 0
    for seed in SEEDS:
        for week in year(name, seed).weeks:
            low_items = [item for item in week.asked if low_in(week, item)]
            if any(adaptive().items[item].follow_up for item in low_items):
                low += 1
                followed += bool(FOLLOW_UPS & set(week.asked))
    assert followed >= 0.6 * low


@every_year
@pytest.mark.parametrize("name", HARD)
def test_somebody_with_much_that_is_low_still_has_all_turns(name: str, seed: int) -> None:
    lived = year(name, seed)
    waits = {item: longest_wait(lived, item) for item in turning(lived)}
    assert not {item: weeks for item, weeks in waits.items() if weeks > LATEST}


def test_somebody_with_much_that_is_low_still_has_follow_ups() -> None:
    asked = [set(week.asked) for seed in SEEDS for week in year("much is low", seed).weeks]
    assert sum(bool(FOLLOW_UPS & one) for one in asked) >= 0.07 * len(asked)


@every_year
@all_people
def test_a_shared_strain_is_asked_about_first_next_time(name: str, seed: int) -> None:
    for before, now in pairwise(year(name, seed).weeks):
        assert ("repair" in now.asked) is low_in(before, "snag")
        assert now.asked[0] == ("repair" if low_in(before, "snag") else "heard")


@every_year
def test_every_goal_comes_up_soon_and_then_again(seed: int) -> None:
    lived = year("usual", seed, frozenset())
    for goal in ("g0", "g1"):
        asked = weeks_of(lived, GOAL_PREFIX + goal)
        assert asked[0] <= 3
        assert len(asked) >= 2


@every_year
def test_items_keep_their_distance(seed: int) -> None:
    lived = year("usual", seed, frozenset({"psychodynamic"}))
    assert weeks_of(lived, "fit")[0] == 2
    for name, item in adaptive().items.items():
        asked = weeks_of(lived, name)
        for a, b in pairwise(asked):
            assert b - a >= item.every or low_in(lived.weeks[a], name)


@every_year
def test_packs_that_nobody_chose_are_not_asked(seed: int) -> None:
    asked = {one for week in year("usual", seed, frozenset()).weeks for one in week.asked}
    assert not asked & {name for names in PACKS.values() for name in names}


def test_the_same_person_is_asked_the_same() -> None:
    one, other = (Year(adaptive(), seed=7).live(20) for _ in range(2))
    assert [week.asked for week in one.weeks] == [week.asked for week in other.weeks]
