"""The clinic's patients, for admins: names, who treats whom, appointments, links. No answer."""

from collections.abc import Callable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from starlette.responses import RedirectResponse, Response

from afterword import locales
from afterword.portal.visits import Visit
from afterword.records import schedule
from afterword.records.schedule import ScheduleRefused
from afterword.records.store import Tx

PATIENTS = "/portal/admin/patients"
_PURPOSE = "schedule"
_LONGEST_NAME = 200


def show(visit: Visit) -> Response:
    return _list(visit)


def add(visit: Visit) -> Response:
    """A new patient, and then their page."""
    name, language = visit.form.get("name", ""), visit.form.get("language", "")
    try:
        if len(name) > _LONGEST_NAME or language not in locales.languages():
            raise ScheduleRefused("name")
        with visit.portal.records.begin(by=visit.actor, purpose=_PURPOSE) as tx:
            made = schedule.add_patient(tx, visit.account.clinic.id, name=name, language=language)
    except ScheduleRefused as refused:
        return _list(visit, 422, error=f"schedule_refused_{refused.code}")
    return RedirectResponse(f"{PATIENTS}/{made}", 303)


def one(visit: Visit) -> Response:
    return _chart(visit)


def assign(visit: Visit) -> Response:
    def change(tx: Tx, patient_id: str) -> None:
        starts, ends = _day(visit, "from"), _day(visit, "until")
        if starts is None or (ends is None and visit.form.get("until", "")):
            raise ScheduleRefused("dates")
        schedule.assign(tx, patient_id, visit.form.get("staff", ""), starts, ends)

    return _change(visit, change)


def end(visit: Visit) -> Response:
    return _change(
        visit, lambda tx, who: schedule.end_assignment(tx, who, visit.form.get("staff", ""))
    )


def book(visit: Visit) -> Response:
    def change(tx: Tx, patient_id: str) -> None:
        schedule.book(tx, patient_id, visit.form.get("staff", ""), _time(visit))

    return _change(visit, change)


def cancel(visit: Visit) -> Response:
    return _change(
        visit, lambda tx, who: schedule.cancel(tx, who, visit.form.get("appointment", ""))
    )


def link(visit: Visit) -> Response:
    """The patient's link for an appointment that is over. It is shown this once."""
    asked, made = visit.maker.asked, []

    def change(tx: Tx, patient_id: str) -> None:
        made.append(
            schedule.link_for(
                tx,
                patient_id,
                visit.form.get("appointment", ""),
                instrument=asked.id,
                version=asked.version,
            )
        )

    response = _change(visit, change)
    return _chart(visit, link=f"{visit.portal.settings.base_url}/f/{made[0]}") if made else response


def _change(visit: Visit, change: Callable[[Tx, str], None]) -> Response:
    try:
        with visit.portal.records.begin(by=visit.actor, purpose=_PURPOSE) as tx:
            change(tx, _patient_id(visit))
    except ScheduleRefused as refused:
        return _chart(visit, 422, error=f"schedule_refused_{refused.code}")
    return RedirectResponse(f"{PATIENTS}/{_patient_id(visit)}?notice=saved", 303)


def _list(visit: Visit, status: int = 200, *, error: str | None = None) -> Response:
    with visit.portal.records.read(by=visit.actor, purpose=_PURPOSE) as tx:
        found = schedule.patients(tx, visit.account.clinic.id)
    return visit.page(
        "patients.html", status, patients=found, languages=locales.languages(), error=error
    )


def _chart(
    visit: Visit, status: int = 200, *, error: str | None = None, link: str | None = None
) -> Response:
    with visit.portal.records.read(by=visit.actor, purpose=_PURPOSE) as tx:
        chart = schedule.chart(tx, _patient_id(visit))
        clinicians = schedule.clinicians(tx, visit.account.clinic.id)
    return visit.page(
        "patient.html",
        status,
        chart=chart,
        clinicians=clinicians,
        page=f"{PATIENTS}/{chart.patient.id}",
        today=visit.calendar.today,
        calendar=visit.calendar,
        error=error,
        link=link,
        notice="schedule_saved" if visit.saved else None,
    )


def _day(visit: Visit, field: str) -> date | None:
    try:
        return date.fromisoformat(visit.form.get(field, ""))
    except ValueError:
        return None


def _time(visit: Visit) -> datetime:
    """The time that was given, on the clinic's clocks. Raises ScheduleRefused."""
    try:
        given = datetime.fromisoformat(visit.form.get("at", ""))
    except ValueError:
        raise ScheduleRefused("dates") from None
    return given.replace(tzinfo=ZoneInfo(visit.account.clinic.timezone))


def _patient_id(visit: Visit) -> str:
    patient_id: str = visit.request.path_params["patient_id"]
    return patient_id


CHANGES = {"assign": assign, "end": end, "book": book, "cancel": cancel, "link": link}
"""What stands on the page of one patient, by the last part of its path."""
