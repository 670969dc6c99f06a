"""Alerts for duty and safeguarding contacts: the list, one alert, and the month in numbers.

Whoever is no contact, and whoever may not know of an alert, gets the page for what does not exist.
"""

from datetime import date, timedelta

from starlette.responses import RedirectResponse, Response

from afterword.portal.visits import PageError, Visit
from afterword.records import alert_desk, alert_sheet, contacts
from afterword.records.store import Tx
from afterword.safety.finding import Route, Tier
from afterword.safety.recipients import Kind

HOME = "/portal/safety"
_CLOSED_SHOWN = timedelta(days=14)
REASONS = ("not_about_patient", "figure_of_speech", "past", "exercise", "other")
"""Why an alert was none; they go to whoever keeps the rules, never into training by themselves."""
_NOTICES = {"seen": "alert_saved_seen", "closed": "alert_saved_closed", "late": "alert_late"}


def show(visit: Visit) -> Response:
    """All that this contact is there for: what waits first."""
    with visit.portal.records.read() as tx:
        _require_contact(tx, visit)
        found = alert_desk.for_staff(
            tx, visit.account.id, closed_since=visit.calendar.now - _CLOSED_SHOWN
        )
    return visit.page(
        "alerts.html",
        open_alerts=[one for one in found if one.closed_at is None],
        closed=[one for one in found if one.closed_at is not None],
        calendar=visit.calendar,
        notice=_notice(visit),
    )


def one(visit: Visit) -> Response:
    """One alert with the patient's words and all that happened."""
    with visit.portal.records.read() as tx:
        found = alert_desk.one_for(tx, visit.account.id, _alert_id(visit))
    if found is None:
        raise PageError(404)
    return visit.page(
        "alert.html",
        alert=found,
        outcomes=alert_desk.OUTCOMES,
        reasons=REASONS,
        calendar=visit.calendar,
        concern=found.route is Route.SAFEGUARDING,
        notice=_notice(visit),
    )


def acknowledge(visit: Visit) -> Response:
    """*I have seen this*: the clock stops, and the contact takes it on."""
    with visit.portal.records.begin() as tx:
        try:
            done = alert_desk.acknowledge(tx, visit.account.id, _alert_id(visit))
        except LookupError:
            raise PageError(404) from None
    return _back(visit, "seen" if done else "late")


def close(visit: Visit) -> Response:
    """Ends an alert with what came of it, or as a false alarm with a reason."""
    outcome, note = visit.form.get("outcome", ""), visit.form.get("note", "")
    reason = outcome.removeprefix(f"{alert_desk.FALSE_ALARM}.")
    known = outcome in alert_desk.OUTCOMES or (reason != outcome and reason in REASONS)
    if not known:
        raise PageError(403)
    with visit.portal.records.begin() as tx:
        try:
            if outcome in alert_desk.OUTCOMES:
                done = alert_desk.close(tx, visit.account.id, _alert_id(visit), outcome, note)
            else:
                done = alert_desk.false_alarm(tx, visit.account.id, _alert_id(visit), reason)
        except LookupError:
            raise PageError(404) from None
    return _back(visit, "closed" if done else "late")


def month(visit: Visit) -> Response:
    """The month in numbers; concerns are counted apart, for safeguarding contacts only."""
    first = _month(visit)
    with visit.portal.records.read() as tx:
        kinds = _require_contact(tx, visit)
        clinic = visit.account.clinic.id
        sheets = []
        if kinds & {Kind.DUTY, Kind.BACKUP}:
            sheets.append(("sheet_duty", alert_sheet.monthly(tx, clinic, first)))
        if Kind.SAFEGUARDING in kinds:
            sheets.append(("sheet_apart", alert_sheet.monthly(tx, clinic, first, apart=True)))
    return visit.page(
        "alert_month.html",
        sheets=sheets,
        first=first,
        before=first - timedelta(days=1),
        after=(first + timedelta(days=32)).replace(day=1),
        tiers=[tier for tier in Tier if tier > Tier.NONE],
        minutes=_minutes,
        calendar=visit.calendar,
    )


def _require_contact(tx: Tx, visit: Visit) -> set[Kind]:
    kinds = {one.kind for one in contacts.of_staff(tx, visit.account.id)}
    if not kinds:
        raise PageError(404)
    return kinds


def _month(visit: Visit) -> date:
    try:
        return date.fromisoformat(f"{visit.request.query_params.get('of', '')}-01")
    except ValueError:
        return visit.calendar.today.replace(day=1)


def _minutes(time: timedelta | None) -> int | None:
    return None if time is None else round(time.total_seconds() / 60)


def _back(visit: Visit, notice: str) -> Response:
    return RedirectResponse(f"{HOME}/{_alert_id(visit)}?notice={notice}", 303)


def _notice(visit: Visit) -> str | None:
    return _NOTICES.get(visit.request.query_params.get("notice", ""))


def _alert_id(visit: Visit) -> str:
    alert_id: str = visit.request.path_params["alert_id"]
    return alert_id
