"""What an admin sets for the clinic: what patients are told of it, hours of duty, who is told."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlalchemy import select

from afterword.access.policy import Action
from afterword.problems import DataProblem
from afterword.records import contacts, models, people, views
from afterword.records.alert_views import Contact, ContactProblem
from afterword.records.doors import by_admin
from afterword.records.store import Tx
from afterword.safety.clock import Hours

LONGEST_NAME, LONGEST_TEXT, LONGEST_ADDRESS = 200, 600, 300
_PHONE = re.compile(r"[+(]?[0-9][0-9 ()/.-]{1,62}")
_ORIGIN = re.compile(r"https?://[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:[0-9]{1,5})?")


class ClinicRefused(Exception):
    """A setting that is not kept. `code` names the field that it is about."""

    def __init__(self, code: str) -> None:
        super().__init__(f"The clinic was not changed ({code}).")
        self.code = code


@dataclass(frozen=True)
class Details:
    """What patients are told of the clinic, and how it works; all of it as it was typed."""

    name: str
    timezone: str
    country: str
    phone: str
    urgent_phone: str
    urgent_text: str
    website: str
    embed_origins: str
    forward_concerns: str


@dataclass(frozen=True)
class Desk:
    """All that an admin sees of the clinic. `staff` are those whose account is in use."""

    clinic: views.Clinic
    contacts: tuple[Contact, ...]
    missing: tuple[ContactProblem, ...]
    staff: tuple[views.Person, ...]


@by_admin(Action.MANAGE_CLINIC, "clinic_id")
def desk(tx: Tx, clinic_id: str) -> Desk:
    """The settings of a clinic, and what is missing for alerts to reach somebody."""
    row = tx.session.get_one(models.Clinic, clinic_id)
    members = tx.session.scalars(
        select(models.Staff).where(
            models.Staff.clinic_id == clinic_id, models.Staff.disabled_at.is_(None)
        )
    )
    staff = [people.staff_view(tx, one) for one in members]
    return Desk(
        people.clinic_view(row),
        tuple(contacts.of_clinic(tx, clinic_id)),
        tuple(contacts.problems_at(tx, clinic_id)),
        tuple(sorted(staff, key=lambda one: (one.name.casefold(), one.id))),
    )


@by_admin(Action.MANAGE_CLINIC, "clinic_id")
def change(tx: Tx, clinic_id: str, details: Details) -> None:
    """Keeps new details; they count from the next page that is opened. Raises ClinicRefused."""
    kept = _checked(details)
    row = tx.session.get_one(models.Clinic, clinic_id)
    for name, value in vars(kept).items():
        setattr(row, name, value)


@by_admin(Action.MANAGE_CLINIC, "clinic_id")
def change_hours(tx: Tx, clinic_id: str, duty_hours: str) -> None:
    """Keeps new hours of duty, as `safety.clock.Hours.of` reads them. Raises ClinicRefused."""
    row = tx.session.get_one(models.Clinic, clinic_id)
    try:
        Hours.of(duty_hours, row.timezone)
    except DataProblem as problem:
        raise ClinicRefused(str(next(iter(problem.path), "hours"))) from None
    row.duty_hours = duty_hours


def check_contact(name: str, email: str) -> None:
    """Whether a mail to this contact can leave. Raises ClinicRefused."""
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise ClinicRefused("contact_name")
    if not people.is_address(email):
        raise ClinicRefused("contact_email")


def _checked(given: Details) -> Details:
    """What is kept, without the spaces around it. The first field that does not fit is named."""
    plain = {name: " ".join(str(value).split()) for name, value in vars(given).items()}
    plain["urgent_text"] = given.urgent_text.strip().replace("\r\n", "\n")
    plain["embed_origins"] = plain["embed_origins"].lower().replace(",", " ")
    kept = Details(**plain)
    fits = {
        "name": 0 < len(kept.name) <= LONGEST_NAME,
        "timezone": _is_zone(kept.timezone),
        "phone": bool(_PHONE.fullmatch(kept.phone)),
        "urgent_phone": bool(_PHONE.fullmatch(kept.urgent_phone)),
        "urgent_text": 0 < len(kept.urgent_text) <= LONGEST_TEXT,
        "website": not kept.website or _is_address(kept.website),
        "embed_origins": all(map(_ORIGIN.fullmatch, kept.embed_origins.split())),
        "forward_concerns": kept.forward_concerns in (people.ASK, people.ALWAYS),
    }
    for field, right in fits.items():
        if not right:
            raise ClinicRefused(field)
    return kept


def _is_zone(name: str) -> bool:
    try:
        return bool(ZoneInfo(name).key)
    except (ValueError, OSError, LookupError):
        return False


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and " " not in value
        and len(value) <= LONGEST_ADDRESS
    )
