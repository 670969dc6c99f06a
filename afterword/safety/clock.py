"""When an alert acts next: hours of duty, patience, repeats. Pure; the time is always handed in.

What the tiers ask for: docs/clinical-safety.md.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from afterword.problems import DataProblem
from afterword.safety.finding import Tier

CHECK_PATIENCE = timedelta(minutes=15)
"""Time to answer a check: long enough to think, short enough that silence is noticed today."""
SAME_DAY_PATIENCE = timedelta(hours=1)
"""Time of duty in which somebody says that they have seen it; then all are told again."""
NOW_REPEAT = timedelta(minutes=5)
"""Nobody on call should have to look for it: it comes again until it is acknowledged."""
NOW_BACKUP_AFTER = timedelta(minutes=10)
"""Two notices without an answer: whoever is on call does not see them."""
DELIVERY_PATIENCE = timedelta(minutes=2)
"""How long the patient's page may take to say that it has the lines of safety."""
WITHOUT_HOURS = timedelta(hours=4)
"""Between repeats at a clinic that has no hours of duty: nobody has promised a time there."""

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOLIDAYS = "holidays"
_AHEAD = 400
"""Days that are looked through for the next hours of duty; closed for longer is never staffed."""
_MIDNIGHT = "24:00"

Span = tuple[datetime, datetime]


class AlertState(StrEnum):
    """Where an alert stands. `NOTED` is no alert, only a line for the digest.

    `WAITING`: the patient was asked and nobody was told. `SEALED`: a concern about the
    clinician that the patient has not agreed to pass on.
    """

    NOTED = "noted"
    WAITING = "waiting"
    SEALED = "sealed"
    OPEN = "open"
    ACKNOWLEDGED = "acknowledged"
    CLOSED = "closed"


class Act(StrEnum):
    """Why the clock acted, as it is written down."""

    UNANSWERED = "unanswered"
    REPEATED = "repeated"
    ESCALATED = "escalated"


@dataclass(frozen=True, order=True)
class Window:
    """Hours of duty of one weekday; `overnight` when they end on the day after."""

    start: time
    end: time
    overnight: bool


@dataclass(frozen=True)
class Hours:
    """A clinic's hours of duty in its own time zone; without any it is never staffed."""

    zone: ZoneInfo
    week: tuple[tuple[Window, ...], ...] = ((),) * len(DAYS)
    holidays: frozenset[date] = frozenset()

    @classmethod
    def of(cls, text: str, timezone: str) -> "Hours":
        """From JSON as `{"mon": [["09:00", "17:00"]], "holidays": ["2026-12-25"]}`.

        Raises DataProblem.
        """
        zone = _zone(timezone)
        if not text.strip():
            return cls(zone)
        try:
            given = json.loads(text)
        except ValueError:
            raise DataProblem((), "the hours of duty are not JSON") from None
        if not isinstance(given, dict):
            raise DataProblem((), "the hours of duty are not a mapping of days")
        for name in given.keys() - {*DAYS, _HOLIDAYS}:
            raise DataProblem((name,), f"is none of {', '.join(DAYS)}, {_HOLIDAYS}")
        week = tuple(_windows(day, given.get(day, [])) for day in DAYS)
        return cls(zone, week, _dates(given.get(_HOLIDAYS, [])))

    def staffed(self, at: datetime) -> bool:
        return self.closes(at) is not None

    def closes(self, at: datetime) -> datetime | None:
        """The end of the hours that `at` is in; None outside of them."""
        start, end = next(self._spans(at), (None, None))
        return end if start is not None and start <= at else None

    def next_open(self, at: datetime) -> datetime | None:
        """The next moment with somebody on duty, `at` itself if it is one; None if never."""
        start, _ = next(self._spans(at), (None, None))
        return None if start is None else max(start, at)

    def after(self, at: datetime, amount: timedelta) -> datetime | None:
        """When so much time of duty has gone by since `at`; None if it never does."""
        # Adding to a local time would count the hour that a change of the clock takes or gives.
        at = at.astimezone(UTC)
        for start, end in self._spans(at):
            begin = max(start, at)
            if end - begin >= amount:
                return begin + amount
            amount -= end - begin
        return None

    def _spans(self, at: datetime) -> Iterator[Span]:
        """Hours of duty that end after `at`, in order, those that touch joined, in UTC."""
        # Hours of yesterday may last into today.
        first = at.astimezone(self.zone).date() - timedelta(days=1)
        held: Span | None = None
        for ahead in range(_AHEAD):
            for start, end in self._on(first + timedelta(days=ahead)):
                if held is not None and start <= held[1]:
                    held = (held[0], max(held[1], end))
                    continue
                if held is not None and held[1] > at:
                    yield held
                held = (start, end)
        if held is not None and held[1] > at:
            yield held

    def _on(self, day: date) -> Iterator[Span]:
        if day in self.holidays:
            return
        for window in self.week[day.weekday()]:
            start = datetime.combine(day, window.start, self.zone).astimezone(UTC)
            last = day + timedelta(days=1) if window.overnight else day
            ends = datetime.combine(last, window.end, self.zone)
            # A time that the clock shows twice ends hours of duty the second time.
            end = max(ends.astimezone(UTC), ends.replace(fold=1).astimezone(UTC))
            if start < end:
                yield start, end


@dataclass(frozen=True)
class Standing:
    """An alert as far as the clock looks at it."""

    state: AlertState
    tier: Tier
    opened_at: datetime
    due_at: datetime | None


@dataclass(frozen=True)
class Step:
    """What the clock does: the tier from now on, whether backup is told too, and when again."""

    act: Act
    tier: Tier
    backup: bool
    due_at: datetime


def next_step(standing: Standing, at: datetime, hours: Hours) -> Step | None:
    """What is to be done at this time; None when nothing is.

    After a standstill it is done once and the next time counts from now.
    """
    if standing.due_at is None or at < standing.due_at:
        return None
    if standing.state is AlertState.WAITING:
        tier = max(standing.tier, Tier.SAME_DAY)
        return Step(Act.UNANSWERED, tier, False, due_at(tier, at, hours))
    if standing.state is not AlertState.OPEN:
        return None
    backup = standing.tier < Tier.NOW or at - standing.opened_at >= NOW_BACKUP_AFTER
    act = Act.ESCALATED if backup else Act.REPEATED
    return Step(act, standing.tier, backup, due_at(standing.tier, at, hours))


def due_at(tier: Tier, at: datetime, hours: Hours) -> datetime:
    """When the clock acts again, seen from `at`.

    Whoever is on duty goes home at closing time: what would only be due on another day is
    repeated then.
    """
    if tier >= Tier.NOW:
        return at + NOW_REPEAT
    if tier < Tier.SAME_DAY:
        return at + CHECK_PATIENCE
    looked_at = looked_at_by(tier, at, hours)
    if looked_at is None:
        return at + WITHOUT_HOURS
    return min(looked_at, hours.closes(at) or looked_at)


def looked_at_by(tier: Tier, at: datetime, hours: Hours) -> datetime | None:
    """By when somebody on duty has looked at it, as far as the clinic's hours promise it."""
    return hours.after(at, SAME_DAY_PATIENCE) if tier >= Tier.SAME_DAY else None


def late_after(tier: Tier, opened_at: datetime, hours: Hours) -> datetime:
    """From when an alert that nobody has acknowledged is overdue."""
    if tier >= Tier.NOW:
        return opened_at + NOW_BACKUP_AFTER
    return looked_at_by(tier, opened_at, hours) or opened_at + WITHOUT_HOURS


def raised(tier: Tier) -> Tier:
    """One tier more, for a line of safety that did not reach the patient."""
    return Tier(min(tier + 1, Tier.NOW)) if tier >= Tier.CHECK else tier


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ValueError, OSError, LookupError):
        raise DataProblem((), "the time zone is unknown") from None


def _windows(day: str, given: Any) -> tuple[Window, ...]:
    if not isinstance(given, list):
        raise DataProblem((day,), "is not a list of hours")
    return tuple(sorted(_window((day, at), one) for at, one in enumerate(given)))


def _window(path: tuple[str | int, ...], given: Any) -> Window:
    if not isinstance(given, list) or len(given) != 2:
        raise DataProblem(path, "is not a pair as 09:00 and 17:00")
    start = _time(path, given[0])
    end = time(0) if given[1] == _MIDNIGHT else _time(path, given[1])
    return Window(start, end, overnight=end <= start)


def _time(path: tuple[str | int, ...], given: Any) -> time:
    try:
        return time.fromisoformat(given).replace(tzinfo=None)
    except (TypeError, ValueError):
        raise DataProblem(path, "is not a time as 09:00") from None


def _dates(given: Any) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(one) for one in given)
    except (TypeError, ValueError):
        raise DataProblem((_HOLIDAYS,), "are not dates as 2026-12-25") from None
