"""A trained version as admins meet it on several pages: its name, and how it did in the checks."""

from dataclasses import dataclass
from functools import cache

from afterword.portal.visits import Visit
from afterword.records.registry import Model, State
from afterword.settings import PROJECT
from afterword.training import gates, locked, telling
from afterword.training.gates import Gate
from afterword.training.locked import Locked
from afterword.training.report import Report, ReportUnreadable, from_json

_MOST_NAMED = 2


@dataclass(frozen=True)
class Refused:
    """A version that may not go live.

    `why`: the first checks that it did not pass, in words; `more`: how many others; `page`: where
    all of them stand, and what to do.
    """

    name: str
    page: str
    why: tuple[str, ...]
    more: int


@cache
def kept() -> Locked:
    """The lines that are kept apart."""
    return locked.load(PROJECT)


def report_of(model: Model) -> Report | None:
    """What was measured; None when that was by another version of the program."""
    try:
        return from_json(model.report)
    except ReportUnreadable:
        return None


def name_of(visit: Visit, model: Model) -> str:
    """What a version is called: by its number, and when it was trained."""
    time = visit.calendar.moment(model.trained_at)
    if model.version is None:
        return visit.portal.say("models_name_shipped", time=time)
    return visit.portal.say("models_name", number=model.version, time=time)


def refused(visit: Visit, model: Model, page: str) -> Refused | None:
    """Why this version may not go live, with the page that says more; None where it may."""
    if model.state is not State.REFUSED:
        return None
    report = report_of(model)
    failed: tuple[Gate, ...] = gates.refusals(report, kept()) if report else ()
    words = [telling.gate(visit.portal.say, one)[0] for one in failed]
    return Refused(
        name_of(visit, model),
        page,
        tuple(words[:_MOST_NAMED]),
        max(0, len(words) - _MOST_NAMED),
    )
