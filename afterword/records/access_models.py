"""Tables of keys, of who may read what besides the caseload, and of who did."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from afterword.records.models import Base, CountingId, Id


class PatientKey(Base):
    """A patient's data key, wrapped by a key outside the database. Without it nothing opens."""

    __tablename__ = "patient_key"

    patient_id: Mapped[str] = mapped_column(
        ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True
    )
    # "record", or "conduct" for what is said about a clinician's conduct.
    purpose: Mapped[str] = mapped_column(String(12), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    wrapped: Mapped[bytes]
    created_at: Mapped[datetime]


class Concern(Base):
    """The words of a concern about a clinician: apart from the alerts, under a key of their own."""

    __tablename__ = "concern"

    alert_id: Mapped[str] = mapped_column(
        ForeignKey("alert.id", ondelete="CASCADE"), primary_key=True
    )
    sealed_detail: Mapped[bytes]
    sealed_note: Mapped[bytes | None]


class AuditRow(Base):
    """One read, change or denied attempt. Triggers of the database let nobody change or remove one.

    No foreign keys: a row outlives what it is about, and holds ids and codes, never words.
    """

    __tablename__ = "audit"
    __table_args__ = (Index(None, "patient_id", "seq"), Index(None, "actor_id", "seq"))

    # Given by the chain, without gaps: a missing row shows.
    seq: Mapped[int] = mapped_column(CountingId, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_kind: Mapped[str] = mapped_column(String(12))
    actor_id: Mapped[str] = mapped_column(String(64))
    action: Mapped[str] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(String(40))
    outcome: Mapped[str] = mapped_column(String(12))
    object_kind: Mapped[str] = mapped_column(String(20))
    object_id: Mapped[str] = mapped_column(String(64))
    patient_id: Mapped[str | None] = mapped_column(Id)
    link: Mapped[str] = mapped_column(String(64))


class Handover(Base):
    """A reflection that a clinician showed to a supervisor, until it is taken back or ends."""

    __tablename__ = "handover"
    __table_args__ = (Index(None, "to_staff_id"), Index(None, "reflection_id"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    reflection_id: Mapped[str] = mapped_column(ForeignKey("reflection.id", ondelete="CASCADE"))
    from_staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    to_staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    created_at: Mapped[datetime]
    ends_at: Mapped[datetime]


class BrokenGlass(Base):
    """Access in an emergency, with its reason; the privacy contact is told of each."""

    __tablename__ = "broken_glass"
    __table_args__ = (Index(None, "staff_id", "patient_id"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    staff_id: Mapped[str] = mapped_column(ForeignKey("staff.id"))
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    sealed_reason: Mapped[bytes]
    opened_at: Mapped[datetime]
    ends_at: Mapped[datetime]
