"""What a person was asked and answered in earlier reflections, as far as a plan needs it."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from afterword.reflection.answers import Answers, AnswerState, Visibility
from afterword.reflection.instrument import GOAL_PREFIX, RUPTURE, Instrument, Item

_FEWEST_FOR_USUAL = 3
_SEEN = (Visibility.SHARED, Visibility.RATING)


@dataclass(frozen=True)
class Past:
    """One earlier reflection, `days` before the session of this one.

    `ranks` holds answers on scales by question; `low` names those that were low; `strain` is
    whether a strain was shared in it.
    """

    days: int
    asked: frozenset[str] = frozenset()
    ranks: Mapping[str, int] | None = None
    low: frozenset[str] = frozenset()
    strain: bool = False

    def rank(self, question: str) -> int | None:
        return None if self.ranks is None else self.ranks.get(question)


@dataclass(frozen=True)
class History:
    """The earlier reflections, newest first, and the packs that were chosen for this person."""

    reflections: tuple[Past, ...] = ()
    packs: frozenset[str] = frozenset()

    @property
    def strain_last_time(self) -> bool:
        return bool(self.reflections) and self.reflections[0].strain

    @property
    def days(self) -> int:
        """Since the first reflection; 0 when this is the first."""
        return self.reflections[-1].days if self.reflections else 0

    def last(self, question: str) -> Past | None:
        """The latest reflection in which it was asked."""
        return next((past for past in self.reflections if question in past.asked), None)

    def usual(self, question: str) -> float | None:
        """The median of the earlier answers; None while there are few."""
        return usual([past.rank(question) for past in self.reflections])


NO_HISTORY = History()


def usual(values: Sequence[int | None], *, fewest: int = _FEWEST_FOR_USUAL) -> float | None:
    """The median of the earlier answers; None while there are fewer than `fewest`."""
    known = [value for value in values if value is not None]
    return median(known) if len(known) >= fewest else None


def past_of(
    days: int,
    instrument: Instrument,
    answers: Answers,
    same: Callable[[Item], bool] = lambda _: True,
) -> Past:
    """One reflection on `instrument` as plain data.

    `same` says whether a question had the words then that it has now: else its rank is left out.
    """
    items = {name: item for name in answers if (item := item_of(instrument, name)) is not None}
    ranks = {
        name: rank
        for name, item in items.items()
        if (rank := item.rank(answers[name].value)) is not None and same(item)
    }
    low = frozenset(name for name, item in items.items() if item.is_low(answers[name].value))
    return Past(
        days=days,
        asked=frozenset(_reached(answers)),
        ranks=ranks,
        low=low,
        strain=any(
            items[name].construct == RUPTURE and answers[name].visibility in _SEEN for name in low
        ),
    )


def item_of(instrument: Instrument, question: str) -> Item | None:
    """The item of a question; None for a goal, and for what this version does not ask."""
    return None if question.startswith(GOAL_PREFIX) else instrument.items.get(question)


def _reached(answers: Answers) -> Iterable[str]:
    return (name for name, one in answers.items() if one.state is not AnswerState.NOT_REACHED)
