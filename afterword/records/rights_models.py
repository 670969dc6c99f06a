"""Tables of what patients decide: their code, what they agreed to, that they were erased."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from afterword.records.models import Base, Id


class PatientCode(Base):
    """The personal code that the clinic gave out, hashed; `each_time` asks for it at every visit.

    Tries are counted here and not in memory: a restart must not give away five more.
    """

    __tablename__ = "patient_code"

    patient_id: Mapped[str] = mapped_column(
        ForeignKey("patient.id", ondelete="CASCADE"), primary_key=True
    )
    code_hash: Mapped[str] = mapped_column(String(200))
    each_time: Mapped[bool]
    tries: Mapped[int]
    paused_until: Mapped[datetime | None]
    made_at: Mapped[datetime]


class Unlock(Base):
    """That the code was given, for a short time. Only the hash of its token is kept."""

    __tablename__ = "unlock"
    __table_args__ = (Index(None, "patient_id"), Index(None, "expires_at"))

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    expires_at: Mapped[datetime]


class ConsentText(Base):
    """The very words that somebody agreed to, by their hash. They hold nothing of a patient."""

    __tablename__ = "consent_text"

    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    version: Mapped[int]
    language: Mapped[str] = mapped_column(String(12))
    text: Mapped[str] = mapped_column(Text)


class Consent(Base):
    """That a patient agreed, to which words, when and where; and that they took it back."""

    __tablename__ = "consent"
    __table_args__ = (Index(None, "patient_id", "kind"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    patient_id: Mapped[str] = mapped_column(ForeignKey("patient.id", ondelete="CASCADE"))
    # "reflection", or "training" for messages that were not understood.
    kind: Mapped[str] = mapped_column(String(12))
    text_hash: Mapped[str] = mapped_column(ForeignKey("consent_text.hash"))
    channel: Mapped[str] = mapped_column(String(12))
    given_at: Mapped[datetime]
    withdrawn_at: Mapped[datetime | None]


class Tombstone(Base):
    """That a patient was erased: a keyed hash, so that a restored backup cannot undo it.

    `conversations` are the random numbers under which Rasa knew them, as JSON.
    """

    __tablename__ = "tombstone"

    patient_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    conversations: Mapped[str] = mapped_column(Text)
    erased_at: Mapped[datetime]


class Forgetting(Base):
    """A conversation that Rasa is to forget, and whether it has. The number says of nobody."""

    __tablename__ = "forgetting"
    __table_args__ = (Index(None, "done_at", "available_at"),)

    conversation: Mapped[str] = mapped_column(Id, primary_key=True)
    created_at: Mapped[datetime]
    # Not to be taken before this time: a lease while it is sent, a pause after a failure.
    available_at: Mapped[datetime]
    done_at: Mapped[datetime | None]
