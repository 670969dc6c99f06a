"""What the records room hands out: plain values, never rows."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from afterword.access.actors import Actor
from afterword.reflection.answers import ReflectionState, Sharing


@dataclass(frozen=True)
class Clinic:
    id: str
    name: str
    timezone: str
    phone: str
    urgent_phone: str
    urgent_text: str
    website: str
    embed_origins: tuple[str, ...]
    country: str = ""
    duty_hours: str = ""
    forward_concerns: str = "ask"


@dataclass(frozen=True)
class Person:
    """A member of staff or a patient."""

    id: str
    name: str


@dataclass(frozen=True)
class Goal:
    id: str
    text: str
    agreed_on: date


@dataclass(frozen=True)
class Appointment:
    id: str
    patient: Person
    clinician: Person
    starts_at: datetime
    ends_at: datetime
    status: str


@dataclass(frozen=True)
class Invitation:
    """A link that is valid now: one reflection, and nothing else can be reached with it.

    `asks`: the patient wants the code besides the link. `unlocked`: the code was given a short
    while ago, and by whom.
    """

    reflection_id: str
    clinic: Clinic
    language: str
    expires_at: datetime
    asks: bool = False
    unlocked: str | None = None

    @property
    def actor(self) -> Actor:
        """Who acts in the records when somebody comes with this link."""
        return Actor.link(self.reflection_id)


@dataclass(frozen=True)
class ReadNotice:
    """That a clinician said that they have read it."""

    by: str
    at: datetime


@dataclass(frozen=True)
class Reflection:
    """A reflection as its patient may see it."""

    id: str
    conversation: str
    state: ReflectionState
    sharing: Sharing | None
    instrument: str
    instrument_version: int
    language: str
    revision: int
    appointment_id: str
    patient_id: str
    clinician: Person
    clinic: Clinic
    session_at: datetime
    next_session_at: datetime | None
    started_at: datetime | None
    shared_at: datetime | None
    opened: bool
    read: ReadNotice | None


@dataclass(frozen=True)
class Accepted:
    """A message that is safe in the inbox; `repeat` when it was there before."""

    inbox_id: int
    repeat: bool


@dataclass(frozen=True)
class Claim:
    """A message that a worker may now take to Rasa.

    `url` is where its model is served: empty while nobody has said so for any model, None while
    this one is being started.
    """

    inbox_id: int
    reflection_id: str
    conversation: str
    client_id: str
    kind: str
    body: dict[str, Any]
    attempts: int
    model: str = ""
    url: str | None = ""


@dataclass(frozen=True)
class Message:
    """One line of the conversation, from the patient or from the assistant.

    `order` sorts the conversation; `body` is what was sent or said.
    """

    order: int
    sender: str
    client_id: str | None
    state: str
    body: dict[str, Any]


@dataclass(frozen=True)
class Account:
    """A member of staff who signed in."""

    id: str
    name: str
    role: str
    clinic: Clinic
