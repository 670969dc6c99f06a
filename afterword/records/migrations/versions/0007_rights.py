"""What patients decide: codes, consent, tombstones, what Rasa is to forget."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_TABLES = ("forgetting", "tombstone", "consent", "consent_text", "unlock", "patient_code")


def upgrade() -> None:
    _create_codes()
    _create_consents()
    _create_marks()


def downgrade() -> None:
    for table in _TABLES:
        op.drop_table(table)


def _create_codes() -> None:
    op.create_table(
        "patient_code",
        _text("patient_id", 32),
        _text("code_hash", 200),
        sa.Column("each_time", sa.Boolean(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        _time("paused_until", nullable=True),
        _time("made_at"),
        sa.PrimaryKeyConstraint("patient_id", name=op.f("pk_patient_code")),
        _of_patient("patient_code"),
    )
    op.create_table(
        "unlock",
        _text("token_hash", 64),
        _text("patient_id", 32),
        _time("expires_at"),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_unlock")),
        _of_patient("unlock"),
    )
    op.create_index(op.f("ix_unlock_patient_id"), "unlock", ["patient_id"])
    op.create_index(op.f("ix_unlock_expires_at"), "unlock", ["expires_at"])


def _create_consents() -> None:
    op.create_table(
        "consent_text",
        _text("hash", 64),
        _text("kind", 12),
        sa.Column("version", sa.Integer(), nullable=False),
        _text("language", 12),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_consent_text")),
    )
    op.create_table(
        "consent",
        _text("id", 32),
        _text("patient_id", 32),
        _text("kind", 12),
        _text("text_hash", 64),
        _text("channel", 12),
        _time("given_at"),
        _time("withdrawn_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        _of_patient("consent"),
        sa.ForeignKeyConstraint(
            ["text_hash"], ["consent_text.hash"], name=op.f("fk_consent_text_hash")
        ),
    )
    op.create_index(op.f("ix_consent_patient_id_kind"), "consent", ["patient_id", "kind"])


def _create_marks() -> None:
    op.create_table(
        "tombstone",
        _text("patient_hash", 64),
        sa.Column("conversations", sa.Text(), nullable=False),
        _time("erased_at"),
        sa.PrimaryKeyConstraint("patient_hash", name=op.f("pk_tombstone")),
    )
    op.create_table(
        "forgetting",
        _text("conversation", 32),
        _time("created_at"),
        _time("available_at"),
        _time("done_at", nullable=True),
        sa.PrimaryKeyConstraint("conversation", name=op.f("pk_forgetting")),
    )
    op.create_index(
        op.f("ix_forgetting_done_at_available_at"), "forgetting", ["done_at", "available_at"]
    )


def _text(name: str, size: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=size), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _of_patient(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["patient_id"],
        ["patient.id"],
        name=op.f(f"fk_{table}_patient_id"),
        ondelete="CASCADE",
    )
