"""Which of the questions that take turns are due.

Three rules, each before the next. A turn comes within a quarter: those whose time runs out come
now, as many as could not come in time later. What was low comes again within three weeks: up to two
of them go ahead of the rest while few are low, and in its last week such a one goes before a turn
that has time left. What there is still room for comes by the time it has left.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from math import ceil

from afterword.reflection.history import History, Past
from afterword.reflection.instrument import Item

_WEEK = 7
_QUARTER, _AFTER_LOW = 13, 3
"""Weeks until a turn, and what was low, has to come again."""
# The question after the goals in common comes every time; each goal by itself less often.
_GOAL = 20
_FEW = 6
"""So many low answers in a quarter are few. With more, the other turns would be crowded out."""
_AHEAD = 2
_A_TURN = 1.3
"""Turns a week that keep the next weeks easy; the other places are for repairs and follow-ups."""
_STRAIN = 4
"""How much less there is to count on when there is a strain each time: strains come in rows."""


@dataclass(frozen=True)
class Due:
    """Questions that may be asked now, the most urgent first.

    `late` of them come before all else; `now` of them should be asked now, or there will not be
    room for all in time.
    """

    names: tuple[str, ...]
    now: int
    late: int


def due(questions: Mapping[str, Item], history: History) -> Due:
    """What may be asked now of `questions`, by their ids, after `history`."""
    left = {name: _weeks_left(name, item, history) for name, item in questions.items()}
    low = {name: at for name in questions if (at := _left_when_low(name, history)) is not None}
    may = [name for name in questions if name in low or _may(name, questions[name], history)]
    turns = sorted((name for name in questions if name == questions[name].id), key=left.__getitem__)
    ends = _lacking([left[name] for name in turns], _places(len(turns), history))
    first = [name for name in turns if name in may][:ends]
    again = sorted((name for name in low if name not in first), key=low.__getitem__)[:_AHEAD]
    late = _in_order(first, again if _few_are_low(turns, history) else [], left, low)
    # With a week to spare, as a strain or something low may come between. Goals can wait.
    spare = {name: left[name] - (name in turns) for name in may} | {
        name: low[name] - 1 for name in again
    }
    rest = sorted((name for name in may if name not in late), key=spare.__getitem__)
    soon = sorted(spare.get(name, left[name] - 1) for name in turns)
    now = max(_lacking(soon, _A_TURN), len({*late, *again}))
    return Due((*late, *rest), now, len(late))


def _in_order(
    first: Sequence[str], again: Sequence[str], left: Mapping[str, int], low: Mapping[str, int]
) -> list[str]:
    """Turns before what was low, but for what is in its last week while the turns are not."""
    turn_ends = any(left[name] <= 0 for name in first)
    ends = [name for name in again if low[name] <= 0 and not turn_ends]
    return list(dict.fromkeys((*ends, *first, *again)))


def _lacking(weeks_left: Sequence[int], places: float) -> int:
    """How many must come now if from the next week on there are only so many places a week.

    The first n that are due have the places of the weeks until then; what is lacking comes now.
    """
    lacking = (n - places * max(0, weeks) for n, weeks in enumerate(weeks_left, start=1))
    return max(0, ceil(max(lacking, default=0)))


def _places(turns: int, history: History) -> float:
    """Places a week that turns can count on: two, less what this person's strains have taken.

    At least as many as bring all turns round within a quarter.
    """
    quarter = _last_quarter(history)
    # Nothing is known yet about somebody new: that counts as one strain in six.
    strains = (1 + sum(past.strain for past in quarter)) / (6 + len(quarter))
    return max((turns - 1) / (_QUARTER - 1), 2 - _STRAIN * strains)


def _few_are_low(turns: Collection[str], history: History) -> bool:
    return sum(name in past.low for past in _last_quarter(history) for name in turns) <= _FEW


def _last_quarter(history: History) -> list[Past]:
    return [past for past in history.reflections if past.days <= _QUARTER * _WEEK]


def _may(name: str, item: Item, history: History) -> bool:
    last = history.last(name)
    if last is None:
        return len(history.reflections) + 1 >= item.first
    return last.days >= item.every * _WEEK


def _weeks_left(name: str, item: Item, history: History) -> int:
    """Until it has to be asked; 0 is now."""
    last = history.last(name)
    if last is not None:
        return (_QUARTER if name == item.id else _GOAL) - last.days // _WEEK
    if name != item.id:
        # A goal that is new is asked at once.
        return 0
    if item.first > 1:
        return max(0, item.first - 1 - len(history.reflections))
    return _QUARTER - 1 - history.days // _WEEK


def _left_when_low(name: str, history: History) -> int | None:
    """Until what was low has to come again; None for what was not."""
    last = history.last(name)
    return _AFTER_LOW - last.days // _WEEK if last is not None and name in last.low else None
