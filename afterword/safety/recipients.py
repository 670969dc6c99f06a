"""Who is told of an alert. A concern about a clinician never reaches that clinician. Pure."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from enum import StrEnum

from afterword.safety.finding import Route


class Kind(StrEnum):
    """What a contact is there for."""

    DUTY = "duty"
    BACKUP = "backup"
    SAFEGUARDING = "safeguarding"
    PRIVACY = "privacy"
    """Told when a record is opened in an emergency; of alerts never."""


@dataclass(frozen=True)
class Recipient:
    """A contact, without name and address; `staff_id` when they have an account."""

    id: str
    kind: Kind
    staff_id: str | None = None


@dataclass(frozen=True)
class Case:
    """What decides who may know of an alert.

    `treating` are all who have treated the patient: a concern may be about any of them.
    `hidden_from` is the clinician of the session while there is a concern about them.
    """

    route: Route
    treating: frozenset[str]
    hidden_from: str | None = None


def may_know(recipient: Recipient, case: Case) -> bool:
    """Whether this contact may see the alert or a notice of it, now or later."""
    if recipient.kind is Kind.PRIVACY:
        return False
    if case.route is Route.SAFEGUARDING:
        return recipient.kind is Kind.SAFEGUARDING and recipient.staff_id not in case.treating
    if recipient.kind is Kind.SAFEGUARDING:
        return False
    return recipient.staff_id is None or recipient.staff_id != case.hidden_from


def recipients(contacts: Iterable[Recipient], case: Case, *, backup: bool) -> tuple[Recipient, ...]:
    """Who is told now, each once, in the order of the contacts.

    Backup is told on escalation, and at once where nobody is on duty.
    """
    eligible = [one for one in contacts if may_know(one, case)]
    first = [one for one in eligible if one.kind is not Kind.BACKUP]
    told = {one.staff_id or one.id: one for one in reversed(eligible if backup else first)}
    return tuple(reversed(told.values())) or tuple(eligible)


def uncovered(contacts: Iterable[Recipient], treated_by: Iterable[Set[str]]) -> frozenset[str]:
    """Clinicians with patients whose concern about them could be told to nobody.

    `treated_by` holds, for each patient, all who treat them.
    """
    telling = [one.staff_id for one in contacts if one.kind is Kind.SAFEGUARDING]
    return frozenset(
        staff_id
        for treating in treated_by
        if all(one in treating for one in telling)
        for staff_id in treating
    )
