"""The pages' texts, and times as staff read them: in the clinic's time zone."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from afterword.records.views import Clinic

Say = Callable[..., str]
# Keep a name's own direction from turning the sentence around it.
_ISOLATE, _END = "\u2068", "\u2069"


def isolated(name: str) -> str:
    """A name to be put into a sentence of another direction."""
    return f"{_ISOLATE}{name}{_END}"


def initials(name: str) -> str:
    """`Ada B. Lovelace` becomes `A. B. L.`, for paper that others may see."""
    return " ".join(f"{part[0].upper()}." for part in name.split() if part[0].isalnum())


@dataclass(frozen=True)
class Calendar:
    """Writes times for one clinic; `now` decides what is today."""

    say: Say
    zone: ZoneInfo
    now: datetime

    @classmethod
    def of(cls, say: Say, clinic: Clinic, now: datetime) -> "Calendar":
        return cls(say, ZoneInfo(clinic.timezone), now)

    @property
    def today(self) -> date:
        return self.now.astimezone(self.zone).date()

    def day_start(self, days: int = 0) -> datetime:
        """Midnight at the start of today, or of the day that many days on."""
        day = self.today + timedelta(days=days)
        return datetime(day.year, day.month, day.day, tzinfo=self.zone)

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def clock(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%H:%M}"

    def day(self, day: date) -> str:
        """`17 Nov`, with the year where it is not this one."""
        year = "" if day.year == self.today.year else f" {day.year}"
        return f"{day.day} {self.say('months').split()[day.month - 1]}{year}"

    def month(self, day: date) -> str:
        """`Nov 2026`."""
        return f"{self.say('months').split()[day.month - 1]} {day.year}"

    def date(self, at: datetime) -> str:
        """`Tue 17 Nov`, with the year where it is not this one."""
        return self.say("date", **self._parts(at))

    def moment(self, at: datetime) -> str:
        """`Tue 17 Nov, 14:00`."""
        return self.say("date_time", **self._parts(at))

    def near(self, at: datetime) -> str:
        """As `moment`, with *today* and *tomorrow* in words."""
        days = (self.day_of(at) - self.today).days
        if days in (0, 1):
            return self.say(("today_at", "tomorrow_at")[days], time=self.clock(at))
        return self.moment(at)

    def _parts(self, at: datetime) -> dict[str, str]:
        local = at.astimezone(self.zone)
        year = "" if local.year == self.today.year else f" {local.year}"
        return {
            "weekday": self.say("weekdays").split()[local.weekday()],
            "day": str(local.day),
            "month": self.say("months").split()[local.month - 1] + year,
            "time": self.clock(at),
        }
