"""Hours of duty as an admin types them: `09:00-12:30, 13:30-17:00` for each day. Pure."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date

from afterword.safety.clock import DAYS, Hours, Window

HOLIDAYS = "holidays"
_BETWEEN = re.compile(r"[,;\n]")
_SPAN = re.compile(r"(\d{1,2})(?:[:.](\d\d))?\s*(?:-|–|to)\s*(\d{1,2})(?:[:.](\d\d))?")


class Unreadable(ValueError):
    """What was typed for a day is no hours, or no days; `field` is its name."""

    def __init__(self, field: str) -> None:
        super().__init__(field)
        self.field = field


def words_of(hours: Hours) -> dict[str, str]:
    """Each field as it is typed, by its name: the days, and `holidays`."""
    found = {
        day: ", ".join(_words(one) for one in windows)
        for day, windows in zip(DAYS, hours.week, strict=True)
    }
    return found | {HOLIDAYS: ", ".join(one.isoformat() for one in sorted(hours.holidays))}


def read(form: Mapping[str, str]) -> str:
    """The JSON that `Hours.of` reads; empty when no hours are given. Raises Unreadable."""
    found: dict[str, list[object]] = {}
    for day in DAYS:
        spans = [_span(day, one) for one in _parts(form.get(day, ""))]
        if spans:
            found[day] = list(spans)
    days = [_day(one) for one in _parts(form.get(HOLIDAYS, ""))]
    if not found:
        return ""
    return json.dumps(found | ({HOLIDAYS: days} if days else {}))


def _words(window: Window) -> str:
    # Midnight at the end of a day is not the one at its start.
    end = "24:00" if window.overnight and not window.end.hour + window.end.minute else None
    return f"{window.start:%H:%M}–{end or format(window.end, '%H:%M')}"


def _parts(text: str) -> Iterator[str]:
    return (one.strip() for one in _BETWEEN.split(text) if one.strip())


def _span(day: str, text: str) -> list[str]:
    found = _SPAN.fullmatch(text)
    if found is None:
        raise Unreadable(day)
    hours, minutes, last_hours, last_minutes = (int(one or 0) for one in found.groups())
    start, end = (hours, minutes), (last_hours, last_minutes)
    if start > (23, 59) or end > (24, 0) or max(minutes, last_minutes) > 59 or start == end:
        raise Unreadable(day)
    return [f"{hours:02}:{minutes:02}", f"{last_hours:02}:{last_minutes:02}"]


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise Unreadable(HOLIDAYS) from None
