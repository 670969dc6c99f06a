"""Whom a clinic has told of alerts, and what is missing for anybody to be told."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select

from afterword.access.policy import Action
from afterword.problems import DataProblem
from afterword.records import models, people
from afterword.records.alert_views import Contact, ContactProblem
from afterword.records.doors import by_admin, for_processes, unguarded
from afterword.records.store import Tx, new_id
from afterword.safety.clock import Hours
from afterword.safety.recipients import Kind, Recipient, uncovered


class ContactRefused(Exception):
    """A contact that would make telling unsafe. `code` says why, the message what to do."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True)
class NewContact:
    """A contact as it is entered. The account of a sign-in address is found without `staff_id`."""

    kind: Kind
    name: str
    email: str
    staff_id: str | None = None


@by_admin(Action.MANAGE_CLINIC, "clinic_id")
def add_contact(
    tx: Tx, clinic_id: str, *, kind: str, name: str, email: str, staff_id: str | None = None
) -> str:
    """Returns the new contact's id. `kind` is duty, backup, safeguarding or privacy.

    Raises ContactRefused.
    """
    return add_contacts(tx, clinic_id, [NewContact(Kind(kind), name, email, staff_id)])[0]


@by_admin(Action.MANAGE_CLINIC, "clinic_id")
def add_contacts(tx: Tx, clinic_id: str, new: Sequence[NewContact]) -> list[str]:
    """Adds several at once: two clinicians may stand in for each other. Raises ContactRefused."""
    # Two who add at once would each not see what the other one adds.
    _locked_clinic(tx, clinic_id)
    # What is refused leaves nothing behind, also when the caller goes on.
    with tx.session.begin_nested():
        rows = [_add(tx, clinic_id, one) for one in new]
        safeguarding = {row.staff_id for row in rows if row.kind == Kind.SAFEGUARDING}
        if safeguarding & _alone(tx, clinic_id):
            raise ContactRefused(
                "alone",
                "A concern about this clinician would reach only themselves. "
                "Add another safeguarding contact first, or both together.",
            )
    return [row.id for row in rows]


@by_admin(Action.MANAGE_CLINIC, "contact_id")
def remove_contact(tx: Tx, contact_id: str) -> None:
    """From now on nothing is sent to this contact. Raises ContactRefused and LookupError."""
    row = tx.session.get(models.Contact, contact_id)
    if row is None or row.removed_at is not None:
        raise LookupError("There is no such contact.")
    _locked_clinic(tx, row.clinic_id)
    with tx.session.begin_nested():
        row.removed_at = tx.now
        tx.session.flush()
        left = {one.staff_id for one in recipients_of(tx, row.clinic_id, Kind.SAFEGUARDING)}
        if row.kind == Kind.SAFEGUARDING and left & _alone(tx, row.clinic_id):
            raise ContactRefused(
                "alone_then",
                "Concerns about a clinician would then reach only themselves. "
                "Add another safeguarding contact before this one is removed.",
            )


@by_admin(Action.MANAGE_CLINIC, "clinic_id")
def of_clinic(tx: Tx, clinic_id: str) -> list[Contact]:
    """The present contacts: duty, backup, safeguarding, each in the order of their adding."""
    return [_view(tx, row) for row in _rows(tx, clinic_id)]


def recipients_of(tx: Tx, clinic_id: str, *kinds: Kind) -> list[Recipient]:
    """The present contacts as the rules on telling see them; of all kinds when none is named."""
    return [
        Recipient(row.id, Kind(row.kind), row.staff_id)
        for row in _rows(tx, clinic_id)
        if not kinds or row.kind in kinds
    ]


@unguarded("what an account is a contact for")
def of_staff(tx: Tx, staff_id: str) -> list[Recipient]:
    """All that a member of staff is a contact for."""
    clinic_id = tx.session.scalar(select(models.Staff.clinic_id).where(models.Staff.id == staff_id))
    found = recipients_of(tx, clinic_id) if clinic_id else []
    return [one for one in found if one.staff_id == staff_id]


def treating(tx: Tx, patient_id: str) -> frozenset[str]:
    """All who have ever had this patient on their caseload or in an appointment."""
    on_caseload = select(models.Caseload.staff_id).where(models.Caseload.patient_id == patient_id)
    booked = select(models.Appointment.staff_id).where(models.Appointment.patient_id == patient_id)
    return frozenset(tx.session.scalars(on_caseload.union(booked)))


def hours_of(clinic: models.Clinic) -> Hours:
    """The hours of duty; hours that cannot be read promise nothing."""
    try:
        return Hours.of(clinic.duty_hours, clinic.timezone)
    except DataProblem:
        return Hours(ZoneInfo("UTC"))


@for_processes
def problems_of(tx: Tx) -> list[ContactProblem]:
    """What is missing at each clinic, worst first."""
    clinics = tx.session.scalars(select(models.Clinic).order_by(models.Clinic.name))
    return [
        replace(one, text=f"{clinic.name}: {one.text}")
        for clinic in clinics
        for one in problems_at(tx, clinic.id)
    ]


@by_admin(Action.MANAGE_CLINIC, "clinic_id")
def problems_at(tx: Tx, clinic_id: str) -> list[ContactProblem]:
    """What is missing at one clinic, worst first."""
    clinic = tx.session.get_one(models.Clinic, clinic_id)
    found = (*_missing_people(tx, clinic), *_missing_facts(clinic))
    return [ContactProblem(clinic_id, code, text) for code, text in found]


def _missing_people(tx: Tx, clinic: models.Clinic) -> Iterator[tuple[str, str]]:
    present = recipients_of(tx, clinic.id)
    kinds = {one.kind for one in present}
    if Kind.DUTY not in kinds:
        yield "no_duty", "nobody is told when a patient is in danger. Add a duty contact."
    elif len(clinicians := _only_staff(present)) == 1 and clinicians & _with_patients(tx, clinic):
        yield (
            "duty_is_clinician",
            "the only duty contact has patients, and after a concern about them nobody is told "
            "of danger. Add a second duty or a backup contact.",
        )
    if Kind.SAFEGUARDING not in kinds:
        yield (
            "no_safeguarding",
            "a concern about a clinician reaches nobody. Add a safeguarding contact.",
        )
    for staff_id in sorted(_alone(tx, clinic.id) if Kind.SAFEGUARDING in kinds else ()):
        row = tx.session.get_one(models.Staff, staff_id)
        yield (
            "safeguarding_is_clinician",
            f"a concern about {people.staff_view(tx, row).name} would reach only those who treat "
            "the same patient. Add another safeguarding contact.",
        )
    if Kind.PRIVACY not in kinds:
        yield (
            "no_privacy",
            "nobody is told when a record is opened in an emergency. Add a privacy contact.",
        )


def _missing_facts(clinic: models.Clinic) -> Iterator[tuple[str, str]]:
    try:
        hours = Hours.of(clinic.duty_hours, clinic.timezone)
    except DataProblem as problem:
        yield "hours_unreadable", f"the hours of duty cannot be read ({problem}). Correct them."
    else:
        if not any(hours.week):
            yield "no_hours", "no hours of duty are set, so no patient is told a time. Set them."
    if not clinic.country:
        yield "no_country", "no country is set, so help lines may not fit the place. Set it."


def _only_staff(present: Iterable[Recipient]) -> set[str | None]:
    on_duty = {Kind.DUTY, Kind.BACKUP}
    return {one.staff_id or one.id for one in present if one.kind in on_duty}


def _with_patients(tx: Tx, clinic: models.Clinic) -> frozenset[str]:
    return frozenset(one for treated in _treated(tx, clinic) for one in treated)


def _alone(tx: Tx, clinic_id: str) -> frozenset[str]:
    """Clinicians with a patient whose concern about them could be told to nobody else."""
    clinic = tx.session.get_one(models.Clinic, clinic_id)
    return uncovered(recipients_of(tx, clinic_id, Kind.SAFEGUARDING), _treated(tx, clinic))


def _treated(tx: Tx, clinic: models.Clinic) -> list[set[str]]:
    """For each patient who is on a caseload today: all who have ever had them on theirs."""
    today = tx.now.astimezone(hours_of(clinic).zone).date()
    rows = tx.session.execute(
        select(
            models.Caseload.patient_id,
            models.Caseload.staff_id,
            (models.Caseload.starts_on <= today)
            & or_(models.Caseload.ends_on.is_(None), models.Caseload.ends_on >= today),
        )
        .join(models.Patient, models.Patient.id == models.Caseload.patient_id)
        .where(models.Patient.clinic_id == clinic.id)
    )
    by_patient: defaultdict[str, set[str]] = defaultdict(set)
    current = set()
    for patient_id, staff_id, is_current in rows:
        by_patient[patient_id].add(staff_id)
        if is_current:
            current.add(patient_id)
    return [by_patient[patient_id] for patient_id in sorted(current)]


def _add(tx: Tx, clinic_id: str, new: NewContact) -> models.Contact:
    key = new_id()
    row = models.Contact(
        id=key,
        clinic_id=clinic_id,
        kind=new.kind,
        staff_id=_account(tx, clinic_id, new),
        sealed_name=tx.vault.seal("contact", "name", key, new.name),
        sealed_email=tx.vault.seal("contact", "email", key, new.email.strip()),
        position=_next_position(tx, clinic_id),
        created_at=tx.now,
    )
    tx.session.add(row)
    tx.session.flush()
    return row


def _account(tx: Tx, clinic_id: str, new: NewContact) -> str | None:
    """The account behind a contact: a clinician must not come in as a stranger by their address."""
    by_address = tx.session.scalar(
        select(models.Staff).where(models.Staff.email_hash == people.email_hash(tx, new.email))
    )
    named = tx.session.get(models.Staff, new.staff_id) if new.staff_id else None
    if new.staff_id and (named is None or named.clinic_id != clinic_id):
        raise ContactRefused(
            "account", "This account is not one of the clinic. Choose one of its staff."
        )
    if named and by_address and named.id != by_address.id:
        raise ContactRefused(
            "address",
            "This address is the sign-in of another account. Enter the person's own address.",
        )
    found = named or by_address
    return found.id if found else None


def _next_position(tx: Tx, clinic_id: str) -> int:
    last = select(func.max(models.Contact.position)).where(models.Contact.clinic_id == clinic_id)
    return (tx.session.scalar(last) or 0) + 1


def _rows(tx: Tx, clinic_id: str) -> list[models.Contact]:
    query = (
        select(models.Contact)
        .outerjoin(models.Staff, models.Staff.id == models.Contact.staff_id)
        .where(
            models.Contact.clinic_id == clinic_id,
            models.Contact.removed_at.is_(None),
            models.Staff.disabled_at.is_(None),
        )
        .order_by(models.Contact.position)
    )
    order = list(Kind)
    return sorted(tx.session.scalars(query), key=lambda row: order.index(Kind(row.kind)))


def _locked_clinic(tx: Tx, clinic_id: str) -> models.Clinic:
    query = select(models.Clinic).where(models.Clinic.id == clinic_id)
    if tx.locks_rows:
        query = query.with_for_update(key_share=True)
    row = tx.session.scalar(query)
    if row is None:
        raise LookupError("There is no such clinic.")
    return row


def _view(tx: Tx, row: models.Contact) -> Contact:
    return Contact(
        id=row.id,
        kind=Kind(row.kind),
        name=tx.vault.open("contact", "name", row.id, row.sealed_name),
        email=tx.vault.open("contact", "email", row.id, row.sealed_email),
        staff_id=row.staff_id,
        position=row.position,
    )
