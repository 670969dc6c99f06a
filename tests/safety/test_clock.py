"""When the clock acts: hours of duty over weekends, holidays and changes of the clock."""

import json
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from afterword.problems import DataProblem
from afterword.safety import clock
from afterword.safety.clock import Act, AlertState, Hours, Standing, Step
from afterword.safety.finding import Tier

LONDON, NEW_YORK, MADRID = "Europe/London", "America/New_York", "Europe/Madrid"
HOUR = timedelta(hours=1)
OFFICE = {day: [["09:00", "17:00"]] for day in ("mon", "tue", "wed", "thu", "fri")}
OFFICE_TEXT = json.dumps(OFFICE | {"holidays": ["2026-12-25", "2026-12-28"]})
ALWAYS_TEXT = json.dumps({day: [["00:00", "24:00"]] for day in clock.DAYS})
NEVER = Hours.of("", LONDON)


def hours(zone: str = LONDON, **week: list[list[str]]) -> Hours:
    return Hours.of(json.dumps(week) if week else OFFICE_TEXT, zone)


def local(text: str, zone: str = LONDON) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "staffed", "opens"),
    [
        ("2026-11-17 08:59", False, "2026-11-17 09:00"),
        ("2026-11-17 09:00", True, "2026-11-17 09:00"),
        ("2026-11-17 16:59", True, "2026-11-17 16:59"),
        ("2026-11-17 17:00", False, "2026-11-18 09:00"),
        ("2026-11-20 17:30", False, "2026-11-23 09:00"),  # Friday to Monday
        ("2026-11-22 12:00", False, "2026-11-23 09:00"),
        ("2026-12-24 18:00", False, "2026-12-29 09:00"),  # a holiday, a weekend, a holiday
        ("2026-12-25 10:00", False, "2026-12-29 09:00"),
    ],
)
@pytest.mark.parametrize("zone", [LONDON, NEW_YORK, MADRID])
def test_hours_of_duty_are_those_of_the_place(
    at: str, staffed: bool, opens: str, zone: str
) -> None:
    opened = hours(zone)
    assert opened.staffed(local(at, zone)) is staffed
    assert opened.next_open(local(at, zone)) == local(opens, zone)


@pytest.mark.parametrize(
    ("at", "then"),
    [
        ("2026-11-17 10:00", "2026-11-17 11:00"),
        ("2026-11-17 06:00", "2026-11-17 10:00"),
        ("2026-11-17 16:30", "2026-11-18 09:30"),
        ("2026-11-17 21:00", "2026-11-18 10:00"),
        ("2026-11-20 16:30", "2026-11-23 09:30"),
        ("2026-11-21 12:00", "2026-11-23 10:00"),
        ("2026-12-24 16:15", "2026-12-29 09:15"),
    ],
)
def test_an_hour_of_duty_only_runs_while_somebody_is_there(at: str, then: str) -> None:
    assert hours().after(local(at), HOUR) == local(then)


@pytest.mark.parametrize(
    ("zone", "night", "lasts"),
    [
        (LONDON, "2026-03-28", 7),
        (LONDON, "2026-10-24", 9),
        (NEW_YORK, "2026-03-07", 7),
        (NEW_YORK, "2026-10-31", 9),
        (MADRID, "2026-03-28", 7),
        (MADRID, "2026-10-24", 9),
        (MADRID, "2026-06-06", 8),
    ],
)
def test_a_night_of_duty_is_as_long_as_it_really_is(zone: str, night: str, lasts: int) -> None:
    on_call = hours(zone, sat=[["22:00", "06:00"]])
    begins = local(f"{night} 22:00", zone)
    ends = on_call.closes(begins)
    assert ends is not None
    assert ends - begins.astimezone(UTC) == timedelta(hours=lasts)
    assert ends.astimezone(ZoneInfo(zone)).strftime("%H:%M") == "06:00"
    assert on_call.after(begins, timedelta(hours=lasts)) == ends


@pytest.mark.parametrize(("zone", "day"), [(LONDON, "2026-10-25"), (NEW_YORK, "2026-11-01")])
def test_a_time_that_comes_twice_ends_duty_the_second_time(zone: str, day: str) -> None:
    early = hours(zone, sun=[["00:00", "01:30"]])
    second = local(f"{day} 01:30", zone).replace(fold=1).astimezone(UTC)
    assert early.closes(local(f"{day} 00:10", zone)) == second


@pytest.mark.parametrize(
    ("zone", "at", "opens"),
    [
        (LONDON, "2026-03-29 01:00", "2026-03-29 09:00"),
        (LONDON, "2026-10-25 01:00", "2026-10-25 09:00"),
        (NEW_YORK, "2026-03-08 01:00", "2026-03-08 09:00"),
    ],
)
def test_the_clinic_opens_at_nine_also_when_the_clock_changes(
    zone: str, at: str, opens: str
) -> None:
    assert hours(zone, sun=[["09:00", "12:00"]]).next_open(local(at, zone)) == local(opens, zone)


def test_day_and_night_is_one_stretch() -> None:
    always = Hours.of(ALWAYS_TEXT, LONDON)
    at = local("2026-11-20 23:30")
    assert always.staffed(at)
    assert always.after(at, HOUR) == at.astimezone(UTC) + HOUR
    assert clock.due_at(Tier.SAME_DAY, at, always) == at.astimezone(UTC) + HOUR


def test_without_hours_nobody_is_ever_promised() -> None:
    at = local("2026-11-17 10:00")
    assert (NEVER.staffed(at), NEVER.next_open(at), NEVER.after(at, HOUR)) == (False, None, None)
    assert clock.looked_at_by(Tier.NOW, at, NEVER) is None
    assert clock.due_at(Tier.SAME_DAY, at, NEVER) == at + clock.WITHOUT_HOURS


@pytest.mark.parametrize(
    ("text", "zone", "named"),
    [
        ("{", LONDON, "JSON"),
        ("[]", LONDON, "mapping"),
        ('{"monday": []}', LONDON, "monday"),
        ('{"mon": "09:00-17:00"}', LONDON, "mon"),
        ('{"mon": [["09:00"]]}', LONDON, "mon > 0"),
        ('{"mon": [["09:00", "17h"]]}', LONDON, "mon > 0"),
        ('{"mon": [["09:00", 17]]}', LONDON, "mon > 0"),
        ('{"holidays": ["Christmas"]}', LONDON, "holidays"),
        ("{}", "Europe/Atlantis", "time zone"),
        ("{}", "../etc/passwd", "time zone"),
    ],
)
def test_hours_that_cannot_be_read_say_where(text: str, zone: str, named: str) -> None:
    with pytest.raises(DataProblem, match=named):
        Hours.of(text, zone)


def standing(state: AlertState, tier: Tier, opened: str, due: str | None) -> Standing:
    return Standing(state, tier, local(opened), None if due is None else local(due))


OPEN, WAITING = AlertState.OPEN, AlertState.WAITING


@pytest.mark.parametrize(
    ("before", "at", "expected"),
    [
        # A check without an answer is taken as serious on the same day; duty is told, not backup.
        (
            standing(WAITING, Tier.CHECK, "2026-11-17 10:00", "2026-11-17 10:15"),
            "2026-11-17 10:15",
            Step(Act.UNANSWERED, Tier.SAME_DAY, False, local("2026-11-17 11:15")),
        ),
        # Same day: after an hour of duty, all are told.
        (
            standing(OPEN, Tier.SAME_DAY, "2026-11-17 10:00", "2026-11-17 11:00"),
            "2026-11-17 11:00",
            Step(Act.ESCALATED, Tier.SAME_DAY, True, local("2026-11-17 12:00")),
        ),
        # The next hour would end tomorrow: again when the clinic closes.
        (
            standing(OPEN, Tier.SAME_DAY, "2026-11-20 15:30", "2026-11-20 16:30"),
            "2026-11-20 16:30",
            Step(Act.ESCALATED, Tier.SAME_DAY, True, local("2026-11-20 17:00")),
        ),
        (
            standing(OPEN, Tier.SAME_DAY, "2026-11-20 15:30", "2026-11-20 17:00"),
            "2026-11-20 17:00",
            Step(Act.ESCALATED, Tier.SAME_DAY, True, local("2026-11-23 10:00")),
        ),
        # Now: every five minutes, at any hour; backup from the tenth minute on.
        (
            standing(OPEN, Tier.NOW, "2026-11-21 03:00", "2026-11-21 03:05"),
            "2026-11-21 03:05",
            Step(Act.REPEATED, Tier.NOW, False, local("2026-11-21 03:10")),
        ),
        (
            standing(OPEN, Tier.NOW, "2026-11-21 03:00", "2026-11-21 03:10"),
            "2026-11-21 03:10",
            Step(Act.ESCALATED, Tier.NOW, True, local("2026-11-21 03:15")),
        ),
        # A clock that stood still goes on from where it is, not from where it should have been.
        (
            standing(OPEN, Tier.NOW, "2026-11-21 03:00", "2026-11-21 03:05"),
            "2026-11-21 07:00",
            Step(Act.ESCALATED, Tier.NOW, True, local("2026-11-21 07:05")),
        ),
        # Not yet, and never for what is settled.
        (
            standing(OPEN, Tier.NOW, "2026-11-17 03:00", "2026-11-17 03:05"),
            "2026-11-17 03:04",
            None,
        ),
        (standing(AlertState.SEALED, Tier.NOW, "2026-11-17 03:00", None), "2026-11-18 03:04", None),
        *(
            (
                standing(state, Tier.NOW, "2026-11-17 03:00", "2026-11-17 03:05"),
                "2026-11-18 03:00",
                None,
            )
            for state in (AlertState.ACKNOWLEDGED, AlertState.CLOSED, AlertState.NOTED)
        ),
    ],
)
def test_what_the_clock_does(before: Standing, at: str, expected: Step | None) -> None:
    assert clock.next_step(before, local(at), hours()) == expected


def test_a_line_that_did_not_arrive_raises_the_tier_by_one() -> None:
    assert [clock.raised(tier) for tier in Tier] == [
        Tier.NONE,
        Tier.NOTE,
        Tier.SAME_DAY,
        Tier.NOW,
        Tier.NOW,
    ]


MOMENTS = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 1), timezones=st.just(UTC))
ZONES = st.sampled_from([LONDON, NEW_YORK, MADRID])
WEEKS = st.sampled_from(
    [
        OFFICE_TEXT,
        ALWAYS_TEXT,
        json.dumps({"sat": [["22:00", "06:00"]], "sun": [["01:00", "03:00"]]}),
        json.dumps({"mon": [["08:00", "12:00"], ["11:00", "13:00"], ["14:00", "18:00"]]}),
    ]
)


@given(MOMENTS, ZONES, WEEKS, st.integers(1, 30))
def test_duty_adds_up(at: datetime, zone: str, week: str, halves: int) -> None:
    opened = Hours.of(week, zone)
    whole = opened.after(at, halves * HOUR / 2)
    step: datetime | None = at
    for _ in range(halves):
        assert step is not None
        step = opened.after(step, HOUR / 2)
    assert whole == step
    assert whole is not None and whole >= at + halves * HOUR / 2


@given(MOMENTS, ZONES, WEEKS)
def test_the_clinic_is_open_when_it_opens_and_not_before(
    at: datetime, zone: str, week: str
) -> None:
    opened = Hours.of(week, zone)
    opens = opened.next_open(at)
    assert opens is not None and opened.staffed(opens)
    assert opened.staffed(at) is (opens == at)
    if opens > at:
        assert not opened.staffed(at + (opens - at) / 2)
        assert not opened.staffed(opens - timedelta(seconds=1))


@given(MOMENTS, ZONES, WEEKS, st.sampled_from([Tier.CHECK, Tier.SAME_DAY, Tier.NOW]))
def test_an_open_alert_is_always_due_again_and_not_after_its_promise(
    at: datetime, zone: str, week: str, tier: Tier
) -> None:
    opened = Hours.of(week, zone)
    again = clock.due_at(tier, at, opened)
    promised = clock.looked_at_by(tier, at, opened)
    assert again > at
    assert promised is None or again <= promised
    assert (clock.next_step(Standing(OPEN, tier, at, again), again, opened) is None) is False
