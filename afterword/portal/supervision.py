"""Handing a reflection over to a supervisor, and the supervisor's own pages."""

from collections.abc import Callable

from starlette.responses import RedirectResponse, Response

from afterword.portal.appointment import digest_page
from afterword.portal.visits import PageError, Visit
from afterword.records import handovers
from afterword.records.handovers import LONGEST, Desk, HandoverRefused
from afterword.records.store import Tx

SUPERVISION = "/portal/supervision"
_USUAL = 14
_NOTICES = {"handed": "handover_saved", "back": "handover_taken_back"}


def show(visit: Visit) -> Response:
    """To whom the reflection of this digest is handed over, and whom one may choose."""
    return _page(visit)


def hand_over(visit: Visit) -> Response:
    days = visit.form.get("days", "")

    def change(tx: Tx, desk: Desk) -> None:
        handovers.hand_over(
            tx,
            visit.account.id,
            desk.reflection_id,
            to_staff_id=visit.form.get("to", ""),
            days=int(days) if days.isascii() and days.isdigit() else 0,
        )

    return _change(visit, change, "handed")


def take_back(visit: Visit) -> Response:
    def change(tx: Tx, desk: Desk) -> None:
        to = visit.form.get("to", "")
        handovers.take_back(tx, visit.account.id, desk.reflection_id, to_staff_id=to)

    return _change(visit, change, "back")


def mine(visit: Visit) -> Response:
    """What was handed over to this supervisor and may be read now."""
    with visit.portal.records.read(by=visit.actor, purpose="supervision") as tx:
        found = handovers.handed_to(tx, visit.account.id)
    return visit.page("supervision.html", handed=found, calendar=visit.calendar)


def one(visit: Visit) -> Response:
    """One digest to be looked at, with whose it is and until when."""
    with visit.portal.records.read(by=visit.actor, purpose="supervision") as tx:
        handed, source = handovers.source_of(
            tx, visit.account.id, visit.request.path_params["handover_id"]
        )
    until = visit.calendar.moment(handed.ends_at)
    watermark = visit.portal.say("handover_watermark", name=handed.by.name, time=until)
    return digest_page(visit, source, visit.maker.of_one(source), watermark=watermark)


def _change(visit: Visit, change: Callable[[Tx, Desk], None], notice: str) -> Response:
    try:
        with visit.portal.records.begin(by=visit.actor, purpose="handover") as tx:
            change(tx, _desk(tx, visit))
    except HandoverRefused as refused:
        return _page(visit, 422, error=f"handover_refused_{refused.code}")
    return RedirectResponse(f"{_digest(visit)}/handover?notice={notice}", 303)


def _page(visit: Visit, status: int = 200, *, error: str | None = None) -> Response:
    with visit.portal.records.read(by=visit.actor, purpose="handover") as tx:
        desk = _desk(tx, visit)
    return visit.page(
        "handover.html",
        status,
        desk=desk,
        page=_digest(visit),
        error=error,
        notice=_NOTICES.get(visit.request.query_params.get("notice", "")),
        calendar=visit.calendar,
        longest=LONGEST,
        usual=_USUAL,
    )


def _desk(tx: Tx, visit: Visit) -> Desk:
    found = handovers.desk(tx, visit.account.id, visit.request.path_params["appointment_id"])
    if found is None:
        raise PageError(404)
    return found


def _digest(visit: Visit) -> str:
    return f"/portal/appointments/{visit.request.path_params['appointment_id']}"
