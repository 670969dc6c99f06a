"""Tables. Columns named `sealed_*` hold AES-GCM values bound to their row; see `vault`."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import TypeDecorator


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC time on every database; SQLite alone would forget the zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("times are stored with a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment: datetime = value
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {datetime: UtcDateTime, bytes: LargeBinary}  # noqa: RUF012


Id = String(32)
# SQLite only counts up by itself on a plain INTEGER key.
CountingId = BigInteger().with_variant(Integer, "sqlite")


class Clinic(Base):
    __tablename__ = "clinic"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(64))
    phone: Mapped[str] = mapped_column(String(64))
    urgent_phone: Mapped[str] = mapped_column(String(64))
    urgent_text: Mapped[str] = mapped_column(Text)
    website: Mapped[str] = mapped_column(String(300))
    embed_origins: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(String(8), server_default="")
    # JSON as `safety.clock.Hours` reads it; empty means that nobody is ever on duty.
    duty_hours: Mapped[str] = mapped_column(Text, server_default="")
    # Concerns about a clinician: "ask" the patient before they are passed on, or "always".
    forward_concerns: Mapped[str] = mapped_column(String(8), server_default="ask")
    created_at: Mapped[datetime]


class Staff(Base):
    __tablename__ = "staff"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    role: Mapped[str] = mapped_column(String(20))
    # A keyed hash finds the account at sign-in without keeping the address in clear.
    email_hash: Mapped[str] = mapped_column(String(64), unique=True)
    sealed_name: Mapped[bytes]
    # For notices about the account itself; empty until the person signs in with it.
    sealed_email: Mapped[bytes | None]
    password_hash: Mapped[str] = mapped_column(String(200))
    disabled_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Patient(Base):
    __tablename__ = "patient"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    sealed_name: Mapped[bytes]
    language: Mapped[str] = mapped_column(String(12))
    # JSON: the packs of questions that a clinician has chosen.
    packs: Mapped[str] = mapped_column(Text, server_default="[]")
    created_at: Mapped[datetime]


class Caseload(Base):
    __tablename__ = "caseload"
    __table_args__ = (UniqueConstraint("staff_id", "patient_id", "starts_on"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    starts_on: Mapped[date]
    ends_on: Mapped[date | None]


class Goal(Base):
    __tablename__ = "goal"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    sealed_text: Mapped[bytes]
    agreed_on: Mapped[date]
    retired_on: Mapped[date | None]


class Appointment(Base):
    __tablename__ = "appointment"
    __table_args__ = (Index(None, "staff_id", "starts_at"), Index(None, "patient_id", "starts_at"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    status: Mapped[str] = mapped_column(String(12))


class Reflection(Base):
    """One patient's answers about one appointment. `revision` grows with each visible change."""

    __tablename__ = "reflection"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    appointment_id: Mapped[str] = mapped_column(
        ForeignKey("appointment.id", ondelete="CASCADE"), unique=True
    )
    conversation: Mapped[str] = mapped_column(Id, unique=True)
    # The model that it began with and finishes on; empty before the first turn.
    model: Mapped[str] = mapped_column(String(32), server_default="")
    instrument: Mapped[str] = mapped_column(String(64))
    instrument_version: Mapped[int]
    language: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    sharing: Mapped[str | None] = mapped_column(String(12))
    revision: Mapped[int]
    # What the patient's page has said that it has.
    seen_revision: Mapped[int]
    started_at: Mapped[datetime | None]
    shared_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Invitation(Base):
    __tablename__ = "invitation"

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    reflection_id: Mapped[str] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]


class Answer(Base):
    __tablename__ = "answer"
    __table_args__ = (UniqueConstraint("reflection_id", "question"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    reflection_id: Mapped[str] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    question: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(12))
    value: Mapped[str | None] = mapped_column(String(64))
    sealed_words: Mapped[bytes | None]
    visibility: Mapped[str] = mapped_column(String(12))
    version: Mapped[int]
    message_id: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class AnswerVersion(Base):
    """What an answer was before the patient corrected it; gone with the answer."""

    __tablename__ = "answer_version"
    __table_args__ = (UniqueConstraint("answer_id", "version"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    answer_id: Mapped[str] = mapped_column(ForeignKey("answer.id", ondelete="CASCADE"))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    value: Mapped[str | None] = mapped_column(String(64))
    sealed_words: Mapped[bytes | None]
    replaced_at: Mapped[datetime]


class Reading(Base):
    """That a clinician opened a digest, and when they said that they have read it."""

    __tablename__ = "reading"
    __table_args__ = (UniqueConstraint("reflection_id", "staff_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    reflection_id: Mapped[str] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    opened_at: Mapped[datetime]
    read_at: Mapped[datetime | None]


class Inbox(Base):
    """A patient's message, kept before anything is done with it."""

    __tablename__ = "inbox"
    __table_args__ = (
        UniqueConstraint("reflection_id", "client_id"),
        Index(None, "state", "available_at"),
    )

    id: Mapped[int] = mapped_column(CountingId, primary_key=True, autoincrement=True)
    reflection_id: Mapped[str] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    client_id: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(12))
    sealed_body: Mapped[bytes]
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int]
    # Not to be taken before this time: a lease while it is worked on, a pause after a failure.
    available_at: Mapped[datetime]
    revision: Mapped[int]
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Outbox(Base):
    """What goes out: the assistant's lines to the page; mail and messages use it later."""

    __tablename__ = "outbox"
    __table_args__ = (UniqueConstraint("inbox_id", "seq"), Index(None, "kind", "created_at"))

    id: Mapped[int] = mapped_column(CountingId, primary_key=True, autoincrement=True)
    reflection_id: Mapped[str] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    inbox_id: Mapped[int] = mapped_column(ForeignKey("inbox.id", ondelete="CASCADE"))
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    sealed_body: Mapped[bytes]
    revision: Mapped[int]
    created_at: Mapped[datetime]


class Contact(Base):
    """Whom a clinic has told of alerts. A removed one stays: notices and events name it."""

    __tablename__ = "contact"
    __table_args__ = (Index(None, "clinic_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    kind: Mapped[str] = mapped_column(String(12))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    sealed_name: Mapped[bytes]
    sealed_email: Mapped[bytes]
    position: Mapped[int]
    created_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class Alert(Base):
    """That a patient's words may need a person of the clinic, and what became of it."""

    __tablename__ = "alert"
    __table_args__ = (
        Index(None, "state", "due_at"),
        Index(None, "clinic_id", "opened_at"),
        Index(None, "reflection_id"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    reflection_id: Mapped[str] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    # The clinician of the session, also when they may not know of it.
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    route: Mapped[str] = mapped_column(String(12))
    tier: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(12))
    # One of a route at a time: `reflection:route` until it is closed.
    open_key: Mapped[str | None] = mapped_column(String(64), unique=True)
    patient_choice: Mapped[str | None] = mapped_column(String(12))
    channel: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(12))
    hidden_from: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    sealed_detail: Mapped[bytes]
    opened_at: Mapped[datetime]
    # When the clock acts next.
    due_at: Mapped[datetime | None]
    step: Mapped[int]
    acknowledged_at: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    outcome: Mapped[str | None] = mapped_column(String(20))
    sealed_note: Mapped[bytes | None]
    updated_at: Mapped[datetime]


class AlertEvent(Base):
    """What happened to an alert. Triggers of the database let nobody change or remove one.

    The ids are random: gaps between counted ones would tell of alerts that one may not see.
    """

    __tablename__ = "alert_event"
    __table_args__ = (UniqueConstraint("alert_id", "seq"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    alert_id: Mapped[str] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"))
    seq: Mapped[int]
    at: Mapped[datetime]
    kind: Mapped[str] = mapped_column(String(20))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    # A code, never words of anybody.
    detail: Mapped[str] = mapped_column(String(40))


class Mail(Base):
    """A notice, without content; the address is looked up when it is sent.

    It is to a contact, or to a member of staff about their own account.
    """

    __tablename__ = "mail"
    __table_args__ = (
        UniqueConstraint("alert_id", "contact_id", "template", "step"),
        Index(None, "state", "available_at"),
    )

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    # Empty for a notice that is about no alert.
    alert_id: Mapped[str | None] = mapped_column(ForeignKey("alert.id", ondelete="CASCADE"))
    contact_id: Mapped[str | None] = mapped_column(ForeignKey("contact.id"))
    staff_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    template: Mapped[str] = mapped_column(String(20))
    step: Mapped[int]
    state: Mapped[str] = mapped_column(String(12))
    attempts: Mapped[int]
    # Not to be taken before this time: a lease while it is sent, a pause after a failure.
    available_at: Mapped[datetime]
    created_at: Mapped[datetime]
    sent_at: Mapped[datetime | None]
