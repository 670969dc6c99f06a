"""What the records room hands out about alerts, contacts and notices: plain values, never rows."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from afterword.records.views import Person
from afterword.safety.clock import AlertState
from afterword.safety.finding import Category, Route, Tier
from afterword.safety.recipients import Kind


@dataclass(frozen=True)
class Contact:
    """Whom a clinic has told of alerts; `staff_id` when they have an account here."""

    id: str
    kind: Kind
    name: str
    email: str
    staff_id: str | None
    position: int


@dataclass(frozen=True)
class ContactProblem:
    """What is missing for alerts to reach somebody; `text` is a sentence for whoever runs it."""

    clinic_id: str
    code: str
    text: str


@dataclass(frozen=True)
class Told:
    """Who has a notice, by kind of contact: what may be said to the patient, and nothing more.

    `staffed`: one of them is on duty now. `by`: when somebody has looked at it at the latest.
    """

    names: tuple[str, ...] = ()
    staffed: bool = False
    by: datetime | None = None


@dataclass(frozen=True)
class Raised:
    """What became of an incident: a new alert, or more for the one that is open."""

    alert_id: str
    tier: Tier
    new: bool
    higher: bool
    new_evidence: bool
    told: Told
    state: AlertState


@dataclass(frozen=True)
class Words:
    """What the patient wrote, and when."""

    text: str
    at: datetime


@dataclass(frozen=True)
class AlertEvent:
    """One line of what happened; `by` is the name of a member of staff."""

    at: datetime
    kind: str
    by: str | None
    detail: str


@dataclass(frozen=True)
class Delivery:
    """A notice to one kind of contact, and how far it got."""

    kind: Kind
    state: str
    at: datetime


@dataclass(frozen=True)
class AlertView:
    """An alert as those may see it who are there for it.

    `withheld`: some of the patient's words are kept for others. `erased`: the patient has
    deleted what they wrote.
    """

    id: str
    reflection_id: str
    route: Route
    tier: Tier
    state: AlertState
    patient: Person
    clinician: Person
    channel: str
    language: str
    categories: tuple[Category, ...]
    evidence: tuple[str, ...]
    version: str
    words: tuple[Words, ...]
    withheld: bool
    erased: bool
    patient_choice: str | None
    opened_at: datetime
    due_at: datetime | None
    overdue: bool
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None
    note: str | None
    events: tuple[AlertEvent, ...]
    deliveries: tuple[Delivery, ...]


@dataclass(frozen=True)
class AlertTag:
    """The safety notice in the digest of the session's clinician.

    `words` are empty where nobody had to be told and the patient has not shared.
    """

    at: datetime
    tier: Tier
    state: AlertState
    categories: tuple[Category, ...]
    words: tuple[Words, ...]
    patient_choice: str | None
    outcome: str | None


@dataclass(frozen=True)
class Mail:
    """A notice that is to be sent now. It says that there is something, never what it is."""

    id: str
    template: str
    urgent: bool
    name: str
    address: str
    clinic: str
    attempts: int
    clinic_id: str = ""


@dataclass(frozen=True)
class Sheet:
    """One month of a clinic's alerts, without identities.

    Times are from telling staff to the first acknowledgement; `false_alarms` is the share of
    those that staff have closed.
    """

    month: date
    by_tier: dict[Tier, int]
    acknowledged_p50: timedelta | None
    acknowledged_p95: timedelta | None
    overdue: int
    false_alarms: float | None
