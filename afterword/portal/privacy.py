"""Opening a record in an emergency, and the privacy contact's page of who read what."""

from starlette.responses import RedirectResponse, Response

from afterword.access.policy import Action
from afterword.portal.appointment import digest_page
from afterword.portal.visits import PageError, Visit
from afterword.records import audit, glass
from afterword.records.audit import Read
from afterword.records.glass import LONGEST_REASON, SHORTEST_REASON, GlassHolds

EMERGENCY, PRIVACY = "/portal/emergency", "/portal/privacy"
DONE = frozenset({*(action.code for action in Action), "sign_in", "enrol"})
"""What rows of the audit tell of, as far as there are words for it."""
_LONGEST_NAME = 200
_ON_ONE_PAGE = 100


def ask(visit: Visit) -> Response:
    """The form: a name and a reason. Nobody is listed."""
    return _form(visit)


def break_glass(visit: Visit) -> Response:
    name, reason = visit.form.get("name", "")[:_LONGEST_NAME], visit.form.get("reason", "")
    with visit.portal.records.begin(by=visit.actor, purpose="emergency") as tx:
        found = glass.break_glass(tx, visit.account.id, name=name, reason=reason)
    if isinstance(found, GlassHolds):
        return _form(visit, 422, error=f"emergency_refused_{found.code}")
    return RedirectResponse(f"{EMERGENCY}/{found}", 303)


def latest(visit: Visit) -> Response:
    """The newest shared digest of a patient whose record was opened."""
    patient_id = visit.request.path_params["patient_id"]
    with visit.portal.records.read(by=visit.actor, purpose="emergency") as tx:
        found = glass.latest(tx, visit.account.id, patient_id)
    if found is None:
        return visit.page("emergency_nothing.html", back=EMERGENCY)
    source, ends_at = found
    until = visit.calendar.moment(ends_at)
    watermark = visit.portal.say("emergency_watermark", time=until)
    return digest_page(visit, source, visit.maker.of_one(source), watermark=watermark)


def show(visit: Visit) -> Response:
    """Emergencies, and the audit: of all, of one patient or of one member of staff."""
    asked = visit.request.query_params
    patient, staff = asked.get("patient", ""), asked.get("staff", "")
    before = asked.get("before", "")
    with visit.portal.records.read(by=visit.actor, purpose="privacy") as tx:
        broken = glass.events(tx, visit.account.clinic.id)
        if patient:
            rows = audit.of_patient(tx, patient)
        elif staff:
            rows = audit.of_staff(tx, staff)
        else:
            rows = audit.of_clinic(
                tx,
                visit.account.clinic.id,
                before=_number(before) if before else None,
                limit=_ON_ONE_PAGE + 1,
            )
        names = audit.names_in(tx, visit.account.clinic.id, rows)
    return visit.page(
        "privacy.html",
        broken=broken,
        rows=rows if patient or staff else rows[:_ON_ONE_PAGE],
        names=names,
        known=DONE,
        filtered=bool(patient or staff),
        older=_older(rows) if not (patient or staff) else None,
        calendar=visit.calendar,
    )


def _older(rows: list[Read]) -> int | None:
    """Where the next page goes on; one row more than fits was asked for."""
    return rows[_ON_ONE_PAGE - 1].seq if len(rows) > _ON_ONE_PAGE else None


def _number(value: str) -> int:
    if not value.isascii() or not value.isdigit() or len(value) > 18:
        raise PageError(404)
    return int(value)


def _form(visit: Visit, status: int = 200, *, error: str | None = None) -> Response:
    return visit.page(
        "emergency.html",
        status,
        error=error,
        # What was typed in a hurry is not to be typed again.
        given=visit.form,
        shortest=SHORTEST_REASON,
        longest=LONGEST_REASON,
        minutes=int(glass.LIFE.total_seconds() // 60),
    )
