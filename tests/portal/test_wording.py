from datetime import UTC, datetime, timedelta

import pytest

from afterword import locales
from afterword.portal.wording import Calendar, initials
from afterword.records.views import Clinic

NOW = datetime(2026, 11, 17, 14, 0, tzinfo=UTC)


@pytest.fixture
def calendar() -> Calendar:
    clinic = Clinic("c", "Clinic", "America/New_York", "", "", "", "", ())
    return Calendar.of(locales.load("en").section("portal"), clinic, NOW)


@pytest.mark.parametrize(
    ("at", "words"),
    [
        (NOW, "today, 09:00"),
        (NOW + timedelta(hours=15, minutes=1), "tomorrow, 00:01"),
        (NOW - timedelta(days=1), "Mon 16 Nov, 09:00"),
        (datetime(2025, 7, 1, 16, 0, tzinfo=UTC), "Tue 1 Jul 2025, 12:00"),
    ],
)
def test_times_are_the_clinics(calendar: Calendar, at: datetime, words: str) -> None:
    assert calendar.near(at) == words


def test_a_day_begins_at_local_midnight_in_summer_and_winter(calendar: Calendar) -> None:
    assert calendar.day_start() == datetime(2026, 11, 17, 5, 0, tzinfo=UTC)
    summer = Calendar(calendar.say, calendar.zone, datetime(2026, 10, 31, 12, 0, tzinfo=UTC))
    assert summer.day_start(1) == datetime(2026, 11, 1, 4, 0, tzinfo=UTC)
    assert summer.day_start(2) == datetime(2026, 11, 2, 5, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "short"),
    [
        ("Robin Okafor", "R. O."),
        ("Ana-Lucía de la Cruz", "A. D. L. C."),
        ("李 小龙", "李. 小."),
        ("", ""),
    ],
)
def test_initials(name: str, short: str) -> None:
    assert initials(name) == short
