"""Tables of retraining: messages that were not understood, what was taught, models, who serves."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from afterword.records.models import Base, Id


class Misheard(Base):
    """A message that was not understood, without names and detached from who wrote it.

    `owner_hash` is keyed: it leads nowhere by itself, and lets an erased patient's words be found.
    """

    __tablename__ = "misheard"
    __table_args__ = (Index(None, "clinic_id", "state"), Index(None, "owner_hash"))

    # Random: the order of rows must not tell when a message came.
    id: Mapped[str] = mapped_column(Id, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    owner_hash: Mapped[str] = mapped_column(String(64))
    # The Monday of its week, and no nearer.
    week: Mapped[date]
    language: Mapped[str] = mapped_column(String(12))
    # What was open: the id of an item, or `review`; never an open question.
    question: Mapped[str] = mapped_column(String(64))
    reason: Mapped[str] = mapped_column(String(12))
    # What the assistant did, as a code.
    did: Mapped[str] = mapped_column(String(64))
    # JSON: [[intent, confidence], ...], the likeliest first.
    guesses: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(String(32))
    sealed_text: Mapped[bytes]
    state: Mapped[str] = mapped_column(String(12))
    label: Mapped[str | None] = mapped_column(String(64))
    labelled_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    # Of a second person, where the label touches safety.
    confirmed_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    decided_at: Mapped[datetime | None]


class MisheardWord(Base):
    """That a word came from a person, both as keyed hashes: how many people use it."""

    __tablename__ = "misheard_word"
    __table_args__ = (Index(None, "owner_hash"),)

    word_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    owner_hash: Mapped[str] = mapped_column(String(64), primary_key=True)


class DataVersion(Base):
    """A version of the training data: the shipped lines with the changes of all versions so far.

    One that has no `number` is the draft that changes are collected in.
    """

    __tablename__ = "data_version"
    __table_args__ = (UniqueConstraint("clinic_id", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    number: Mapped[int | None]
    parent_id: Mapped[str | None] = mapped_column(ForeignKey("data_version.id"))
    author_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class DataChange(Base):
    """One line added, moved to another label, or removed in a version."""

    __tablename__ = "data_change"
    __table_args__ = (UniqueConstraint("version_id", "position"), Index(None, "owner_hash"))

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    version_id: Mapped[str] = mapped_column(ForeignKey("data_version.id", ondelete="CASCADE"))
    position: Mapped[int]
    # add, move or remove
    kind: Mapped[str] = mapped_column(String(12))
    language: Mapped[str] = mapped_column(String(12))
    label: Mapped[str] = mapped_column(String(64))
    # Where a moved or removed line stood.
    was: Mapped[str] = mapped_column(String(64))
    sealed_text: Mapped[bytes]
    # Empty for a line that somebody of the staff thought of.
    owner_hash: Mapped[str] = mapped_column(String(64))
    misheard_id: Mapped[str | None] = mapped_column(ForeignKey("misheard.id", ondelete="SET NULL"))


class TrainedModel(Base):
    """A model of the registry: what it was trained on, what it measured, what became of it."""

    __tablename__ = "trained_model"
    __table_args__ = (Index(None, "state"),)

    # The fingerprint; the archive is `<name>.tar.gz`.
    name: Mapped[str] = mapped_column(String(32), primary_key=True)
    # Empty for the data as shipped.
    version_id: Mapped[str | None] = mapped_column(ForeignKey("data_version.id"))
    # ready, refused, live, former or removed
    state: Mapped[str] = mapped_column(String(12))
    # JSON: metrics, comparison with what was live, and the gates; see `afterword.training`.
    report: Mapped[str] = mapped_column(Text)
    trained_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]
    promoted_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    # It holds words of somebody who was erased since: train anew.
    tainted_at: Mapped[datetime | None]


class TrainingJob(Base):
    """Work of the trainer, one at a time: to train and compare, or to promote."""

    __tablename__ = "training_job"
    __table_args__ = (Index(None, "state", "created_at"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    kind: Mapped[str] = mapped_column(String(12))
    # queued, running, done, failed or cancelled
    state: Mapped[str] = mapped_column(String(12))
    version_id: Mapped[str | None] = mapped_column(ForeignKey("data_version.id"))
    model: Mapped[str | None] = mapped_column(String(32))
    asked_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    # A code of the step it is at, which of how many, and how far in it (0 to 100).
    step: Mapped[str] = mapped_column(String(40))
    at: Mapped[int]
    of: Mapped[int]
    percent: Mapped[int]
    # JSON: a code of why it ended and what goes with it; never a message of a patient.
    outcome: Mapped[str] = mapped_column(Text)
    wants_cancel: Mapped[bool]
    created_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    # Of the trainer that has it; older than a lease means that it died.
    beat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]


class Serving(Base):
    """Which model new reflections get. There is one row, with the id 1."""

    __tablename__ = "serving"

    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    live: Mapped[str] = mapped_column(String(32))
    # What was live before, kept warm for a roll-back; empty: none.
    previous: Mapped[str] = mapped_column(String(32))
    # Started for a promotion that is under way; empty: none.
    candidate: Mapped[str] = mapped_column(String(32))
    watch_until: Mapped[datetime | None]
    changed_at: Mapped[datetime]
    changed_by: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    # A code of what happened without anybody asking for it, and to which model; empty: nothing did.
    notice: Mapped[str] = mapped_column(String(20), server_default="")
    notice_model: Mapped[str] = mapped_column(String(32), server_default="")


class Replica(Base):
    """A Rasa process of ours: which model it serves, and where on this machine."""

    __tablename__ = "replica"

    model: Mapped[str] = mapped_column(String(32), primary_key=True)
    url: Mapped[str] = mapped_column(String(100))
    ready_at: Mapped[datetime | None]


class TurnCount(Base):
    """How turns went with a model, in an hour: what the watch after a promotion looks at."""

    __tablename__ = "turn_count"

    model: Mapped[str] = mapped_column(String(32), primary_key=True)
    hour: Mapped[datetime] = mapped_column(primary_key=True)
    turns: Mapped[int]
    failures: Mapped[int]
    misses: Mapped[int]


class Wording(Base):
    """A text that the clinic changed, a row each time; the newest holds, an empty one resets."""

    __tablename__ = "wording"
    __table_args__ = (UniqueConstraint("clinic_id", "language", "key", "number"),)

    id: Mapped[str] = mapped_column(Id, primary_key=True)
    clinic_id: Mapped[str] = mapped_column(ForeignKey("clinic.id"))
    language: Mapped[str] = mapped_column(String(12))
    # `section.name` of a catalogue, or `instrument/item/part` of a question set.
    key: Mapped[str] = mapped_column(String(120))
    # Counts all changes of a clinic, whatever the text.
    number: Mapped[int]
    text: Mapped[str] = mapped_column(Text)
    author_id: Mapped[str | None] = mapped_column(ForeignKey("staff.id"))
    reason: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
