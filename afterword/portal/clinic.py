"""The clinic itself, for admins: what patients are told of it, hours of duty, who is told."""

from collections.abc import Callable
from functools import cache
from zoneinfo import available_timezones

from starlette.responses import RedirectResponse, Response

from afterword.helpfiles import load_help
from afterword.portal import opening
from afterword.portal.opening import Unreadable
from afterword.portal.visits import Form, PageError, Visit
from afterword.problems import DataProblem
from afterword.records import clinics, contacts, people
from afterword.records.clinics import ClinicRefused, Desk, Details
from afterword.records.contacts import ContactRefused, NewContact
from afterword.records.store import Tx
from afterword.safety.clock import DAYS, Hours
from afterword.safety.recipients import Kind

CLINIC = "/portal/admin/clinic"
_DETAILS = tuple(Details.__dataclass_fields__)


@cache
def countries() -> dict[str, str]:
    """The countries that there are help lines for, by code."""
    found = {one.code: one.name["en"] for one in load_help().countries}
    return dict(sorted(found.items(), key=lambda one: one[1]))


def show(visit: Visit) -> Response:
    return _page(visit)


def details(visit: Visit) -> Response:
    def change(tx: Tx, clinic_id: str) -> None:
        given = Details(**{name: visit.form.get(name, "") for name in _DETAILS})
        if given.country not in countries():
            raise ClinicRefused("country")
        clinics.change(tx, clinic_id, given)

    return _change(visit, "clinic details", change)


def hours(visit: Visit) -> Response:
    def change(tx: Tx, clinic_id: str) -> None:
        try:
            clinics.change_hours(tx, clinic_id, opening.read(visit.form))
        except Unreadable as unreadable:
            raise ClinicRefused(unreadable.field) from None

    return _change(visit, "hours of duty", change)


def add(visit: Visit) -> Response:
    """One contact, or two at once who stand in for each other."""

    def change(tx: Tx, clinic_id: str) -> None:
        contacts.add_contacts(tx, clinic_id, _new(visit.form))

    return _change(visit, "contacts", change)


def remove(visit: Visit) -> Response:
    def change(tx: Tx, _clinic_id: str) -> None:
        contacts.remove_contact(tx, visit.form.get("contact", ""))

    return _change(visit, "contacts", change)


def _new(form: Form) -> list[NewContact]:
    kind = form.get("contact_kind", "")
    if kind not in list(Kind):
        raise ClinicRefused("contact_kind")
    found = []
    for suffix in ("", "2"):
        name, email, account = (
            form.get(f"contact_{field}{suffix}", "") for field in ("name", "email", "staff")
        )
        if suffix and not name.strip() + email.strip():
            break
        clinics.check_contact(name, email)
        found.append(NewContact(Kind(kind), " ".join(name.split()), email, account or None))
    return found


def _change(visit: Visit, purpose: str, change: Callable[[Tx, str], None]) -> Response:
    try:
        with visit.portal.records.begin(by=visit.actor, purpose=purpose) as tx:
            change(tx, visit.account.clinic.id)
    except (ClinicRefused, ContactRefused) as refused:
        return _page(visit, 422, error=refused.code)
    except LookupError:
        raise PageError(404) from None
    return RedirectResponse(f"{CLINIC}?notice=saved", 303)


def _page(visit: Visit, status: int = 200, *, error: str | None = None) -> Response:
    with visit.portal.records.read(by=visit.actor, purpose="clinic") as tx:
        desk = clinics.desk(tx, visit.account.clinic.id)
    return visit.page(
        "clinic.html",
        status,
        desk=desk,
        # What was typed and not taken is still there to be corrected.
        given=_kept(desk) | (visit.form if error else {}),
        days=dict(zip(DAYS, visit.portal.say("weekdays").split(), strict=True)),
        kinds=list(Kind),
        countries=countries(),
        zones=sorted(available_timezones()),
        choices=(people.ASK, people.ALWAYS),
        terms=visit.portal.settings.terms,
        error=error,
        notice="clinic_saved" if visit.saved else None,
    )


def _kept(desk: Desk) -> dict[str, str]:
    clinic = desk.clinic
    found = {name: getattr(clinic, name) for name in _DETAILS if name != "embed_origins"}
    try:
        words = opening.words_of(Hours.of(clinic.duty_hours, clinic.timezone))
    except DataProblem:
        words = {}
    return found | {"embed_origins": "\n".join(clinic.embed_origins)} | words


CHANGES = {"details": details, "hours": hours, "contact": add, "remove": remove}
"""What stands on the page, by the last part of its path."""
