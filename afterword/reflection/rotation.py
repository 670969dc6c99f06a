"""Which of the questions that take turns are due: the ones with the least time left come first."""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil

from afterword.reflection.history import History
from afterword.reflection.instrument import Item

_WEEK = 7
# Two weeks less than a quarter, and one less than three weeks: something may come between.
_QUARTER = 11 * _WEEK
# The question after the goals in common comes every time; each goal by itself less often.
_GOAL = 20 * _WEEK
_AFTER_LOW = 2 * _WEEK
_A_TURN = 1.4
"""Questions that can be asked a week in the long run; the rest is for repairs and follow-ups."""


@dataclass(frozen=True)
class Due:
    """Questions that may be asked now, the most urgent first.

    `now` of them should be asked now, or there will not be room for all in time; `late` of them
    would be late after today.
    """

    names: tuple[str, ...]
    now: int
    late: int


def due(questions: Mapping[str, Item], history: History) -> Due:
    """What may be asked now of `questions`, by their ids, after `history`."""
    left = {
        name: _days_left(name, item, history)
        for name, item in questions.items()
        if _may(name, item, history)
    }
    names = sorted(left, key=lambda name: left[name])
    # Goals wait for the others. The first n of these need n turns before the last is late.
    weeks = [max(0, left[name] // _WEEK) for name in names if name == questions[name].id]
    now = [at - _A_TURN * before for at, before in enumerate(weeks, start=1)]
    late = sum(before == 0 for before in weeks)
    return Due(tuple(names), max(0, ceil(max(now, default=0))), late)


def _may(name: str, item: Item, history: History) -> bool:
    last = history.last(name)
    if last is None:
        return len(history.reflections) + 1 >= item.first
    return name in last.low or last.days >= item.every * _WEEK


def _days_left(name: str, item: Item, history: History) -> int:
    """Until it should have been asked, with time to spare."""
    last = history.last(name)
    if last is None:
        # A goal that is new, and what is first asked at a certain reflection, is asked at once.
        return 0 if item.first > 1 or name != item.id else _QUARTER - history.days
    limit = _QUARTER if name == item.id else _GOAL
    return (_AFTER_LOW if name in last.low else limit) - last.days
