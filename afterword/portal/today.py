"""Today: who comes, and in one line what they said."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from starlette.responses import RedirectResponse, Response

from afterword.portal import access
from afterword.portal.visits import Visit
from afterword.portal.wording import Calendar, Say
from afterword.records import digests
from afterword.records.digests import DigestSource
from afterword.records.views import Appointment
from afterword.reflection.answers import ReflectionState


class Mark(StrEnum):
    """What there is to read before an appointment."""

    UNREAD = "unread"
    READ = "read"
    NOT_SHARED = "not_shared"
    NOTHING_YET = "nothing_yet"
    UNFINISHED = "unfinished"
    NOT_ASKED = "not_asked"


@dataclass(frozen=True)
class Row:
    appointment: Appointment
    mark: Mark
    line: str


@dataclass(frozen=True)
class Section:
    heading: str
    rows: tuple[Row, ...]


def mark_of(source: DigestSource) -> Mark:
    """Whether a digest waits, was read, or why there is none."""
    latest = source.latest
    if latest is None:
        return Mark.NOT_ASKED
    match latest.state:
        case ReflectionState.SHARED:
            return Mark.UNREAD if latest.read_at is None else Mark.READ
        case ReflectionState.INVITED:
            return Mark.NOTHING_YET
        case ReflectionState.OPEN:
            return Mark.UNFINISHED
        case ReflectionState.PRIVATE | ReflectionState.DELETED:
            return Mark.NOT_SHARED


def sections(say: Say, calendar: Calendar, rows: Iterable[Row]) -> list[Section]:
    """Still to come today, tomorrow, and last what is over; each by time, none empty."""
    kept: dict[str, list[Row]] = {
        "today_heading": [],
        "tomorrow_heading": [],
        "earlier_heading": [],
    }
    for row in rows:
        if calendar.day_of(row.appointment.starts_at) > calendar.today:
            kept["tomorrow_heading"].append(row)
        elif row.appointment.ends_at <= calendar.now:
            kept["earlier_heading"].append(row)
        else:
            kept["today_heading"].append(row)
    return [Section(say(name), tuple(found)) for name, found in kept.items() if found]


def show(visit: Visit) -> Response:
    """The page that a clinician begins with; contacts without patients are sent to theirs."""
    if visit.home != access.HOME:
        return RedirectResponse(visit.home, 303)
    portal, calendar = visit.portal, visit.calendar
    rows = []
    with portal.records.read(by=visit.actor, purpose="today") as tx:
        for appointment in digests.appointments_between(
            tx, visit.account.id, calendar.day_start(), calendar.day_start(days=2)
        ):
            found = visit.maker.digest_for(tx, visit.account.id, appointment.id)
            if found is not None:
                source, digest = found
                rows.append(Row(source.appointment, mark_of(source), digest.headline))
    return visit.page(
        "today.html",
        sections=sections(portal.say, calendar, rows),
        calendar=calendar,
        date=calendar.date(calendar.now),
    )
