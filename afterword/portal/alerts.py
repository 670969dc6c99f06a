"""Alerts for duty and safeguarding contacts: the list, one alert, and the month in numbers.

Whoever is no contact, and whoever may not know of an alert, gets the page for what does not exist.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from starlette.responses import RedirectResponse, Response

from afterword.portal import access
from afterword.portal.visits import PageError, Visit
from afterword.portal.wording import Say
from afterword.records import alert_desk, alert_sheet, contacts
from afterword.records.alert_views import AlertEvent, AlertView
from afterword.records.store import Tx
from afterword.safety.clock import AlertState
from afterword.safety.finding import Route, Tier
from afterword.safety.recipients import Kind

REASONS = ("not_about_patient", "figure_of_speech", "past", "exercise", "other")
"""Why an alert was none; they go to whoever keeps the rules, never into training by themselves."""
_CLOSED_SHOWN = timedelta(days=14)
_FIRST_MONTH = date(2020, 1, 1)
_NOTICES = {"seen": "alert_saved_seen", "closed": "alert_saved_closed", "late": "alert_late"}


@dataclass(frozen=True)
class Line:
    """What happened to an alert, or how far a notice got; `by` is a member of staff."""

    at: datetime
    text: str
    by: str | None = None


def show(visit: Visit) -> Response:
    """All that this contact is there for: what nobody has seen comes first."""
    with visit.portal.records.read(by=visit.actor, purpose="alerts") as tx:
        found = alert_desk.for_staff(
            tx, visit.account.id, closed_since=visit.calendar.now - _CLOSED_SHOWN
        )
    return visit.page(
        "alerts.html",
        open_alerts=[
            *(one for one in found if one.state is AlertState.OPEN),
            *(one for one in found if one.state is AlertState.ACKNOWLEDGED),
        ],
        closed=[one for one in found if one.state is AlertState.CLOSED],
        calendar=visit.calendar,
    )


def one(visit: Visit) -> Response:
    """One alert with the patient's words and all that happened."""
    with visit.portal.records.read(by=visit.actor, purpose="alerts") as tx:
        alert = _required(tx, visit)
    say = visit.portal.say
    outcome, note = _ending(say, alert)
    return visit.page(
        "alert.html",
        alert=alert,
        concern=alert.route is Route.SAFEGUARDING,
        outcome=outcome,
        note=note,
        history=history(say, alert),
        outcomes=alert_desk.OUTCOMES,
        reasons=REASONS,
        calendar=visit.calendar,
        notice=_NOTICES.get(visit.request.query_params.get("notice", "")),
    )


def acknowledge(visit: Visit) -> Response:
    """*I have seen this*: the clock stops, and the contact takes it on."""
    with visit.portal.records.begin(by=visit.actor, purpose="alerts") as tx:
        done = alert_desk.acknowledge(tx, visit.account.id, _alert_id(visit))
    return _back(visit, "seen" if done else "late")


def close(visit: Visit) -> Response:
    """Ends an alert with what came of it, or as a false alarm with a reason."""
    given, note = visit.form.get("outcome", ""), visit.form.get("note", "").strip()
    reason = given.removeprefix(f"{alert_desk.FALSE_ALARM}.")
    staff_id, alert_id = visit.account.id, _alert_id(visit)
    with visit.portal.records.begin(by=visit.actor, purpose="alerts") as tx:
        _required(tx, visit)
        if given in alert_desk.OUTCOMES:
            done = alert_desk.close(tx, staff_id, alert_id, given, note)
        elif reason != given and reason in REASONS:
            # The reason stands in the first line; what was written comes below it.
            done = alert_desk.false_alarm(tx, staff_id, alert_id, f"{reason}\n{note}".strip())
        else:
            raise PageError(403)
    return _back(visit, "closed" if done else "late")


def month(visit: Visit) -> Response:
    """The month in numbers; what is kept from a clinician is counted apart."""
    first = _month(visit)
    clinic_id = visit.account.clinic.id
    sheets = []
    with visit.portal.records.read(by=visit.actor, purpose="alerts") as tx:
        kinds = {one.kind for one in contacts.of_staff(tx, visit.account.id)}
        if kinds & {Kind.DUTY, Kind.BACKUP}:
            sheets.append(("sheet_duty", alert_sheet.monthly(tx, clinic_id, first)))
        # Whoever has patients could read from a number that there is a concern about them.
        if Kind.SAFEGUARDING in kinds and not visit.treats:
            sheets.append(("sheet_apart", alert_sheet.monthly(tx, clinic_id, first, apart=True)))
    after = (first + timedelta(days=31)).replace(day=1)
    return visit.page(
        "alert_month.html",
        sheets=sheets,
        first=first,
        before=f"{first - timedelta(days=1):%Y-%m}" if first > _FIRST_MONTH else None,
        after=f"{after:%Y-%m}" if after <= visit.calendar.today else None,
        tiers=[tier for tier in Tier if tier > Tier.NONE],
        minutes=_minutes,
        calendar=visit.calendar,
    )


def history(say: Say, alert: AlertView) -> list[Line]:
    """Events and notices in one list, oldest first."""
    lines = [Line(event.at, _event(say, event), event.by) for event in alert.events]
    for sent in alert.deliveries:
        to = say(f"contact_{sent.kind}")
        lines.append(Line(sent.at, say(f"mail_{sent.state}", contact=to)))
    return sorted(lines, key=lambda line: line.at)


def _event(say: Say, event: AlertEvent) -> str:
    chose = say(f"tag_chose_{event.detail}") if event.kind == "patient_chose" else ""
    return say(f"event_{event.kind}", choice=chose)


def _ending(say: Say, alert: AlertView) -> tuple[str, str]:
    """What came of it, and the note; both empty while it is not closed."""
    if alert.outcome is None:
        return "", ""
    note = alert.note or ""
    if alert.outcome != alert_desk.FALSE_ALARM:
        return say(f"outcome_{alert.outcome}"), note
    reason, _, rest = note.partition("\n")
    said = say("outcome_false_alarm")
    return f"{said}: {say(f'reason_{reason}')}" if reason in REASONS else said, rest


def _required(tx: Tx, visit: Visit) -> AlertView:
    return alert_desk.one_for(tx, visit.account.id, _alert_id(visit))


def _month(visit: Visit) -> date:
    """The month that is asked for; this one when it is none of ours."""
    present = visit.calendar.today.replace(day=1)
    try:
        asked = date.fromisoformat(f"{visit.request.query_params.get('of', '')}-01")
    except ValueError:
        return present
    return asked if _FIRST_MONTH <= asked <= present else present


def _minutes(time: timedelta) -> int:
    return round(time.total_seconds() / 60)


def _back(visit: Visit, notice: str) -> Response:
    return RedirectResponse(f"{access.SAFETY}/{_alert_id(visit)}?notice={notice}", 303)


def _alert_id(visit: Visit) -> str:
    alert_id: str = visit.request.path_params["alert_id"]
    return alert_id
