"""Second factors, recovery codes, steps of a sign-in, invitations of staff.

Sessions from before are not taken over: they were opened by a password alone.
"""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_NEW = ("staff_invitation", "recovery_code", "factor", "sign_in_step")


def upgrade() -> None:
    op.drop_table("staff_session")
    _create_sessions()
    _create_factors()
    _create_invitations()


def downgrade() -> None:
    for table in _NEW:
        op.drop_table(table)
    op.drop_table("staff_session")
    op.create_table(
        "staff_session",
        _hash("token_hash"),
        _id("staff_id"),
        _time("created_at"),
        _time("last_seen_at"),
        *_keys("staff_session", "token_hash"),
    )


def _create_sessions() -> None:
    op.create_table(
        "staff_session",
        _hash("token_hash"),
        _id("id"),
        _id("staff_id"),
        sa.Column("stage", sa.String(length=8), nullable=False),
        sa.Column("browser", sa.String(length=40), nullable=False),
        sa.Column("challenge", sa.LargeBinary(), nullable=True),
        _time("created_at"),
        _time("last_seen_at"),
        _time("fresh_at", nullable=True),
        sa.UniqueConstraint("id", name=op.f("uq_staff_session_id")),
        *_keys("staff_session", "token_hash"),
    )
    op.create_index(op.f("ix_staff_session_staff_id"), "staff_session", ["staff_id"])
    op.create_table(
        "sign_in_step",
        _hash("token_hash"),
        _hash("account"),
        sa.Column("staff_id", sa.String(length=32), nullable=True),
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        _time("expires_at"),
        *_keys("sign_in_step", "token_hash"),
    )


def _create_factors() -> None:
    op.create_table(
        "factor",
        _id("id"),
        _id("staff_id"),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("sealed_secret", sa.LargeBinary(), nullable=True),
        sa.Column("last_counter", sa.BigInteger(), nullable=True),
        sa.Column("credential", sa.LargeBinary(), nullable=True),
        sa.Column("credential_hash", sa.String(length=64), nullable=True),
        sa.Column("public_key", sa.LargeBinary(), nullable=True),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        _time("created_at"),
        _time("used_at", nullable=True),
        sa.UniqueConstraint("credential_hash", name=op.f("uq_factor_credential_hash")),
        *_keys("factor", "id"),
    )
    op.create_index(op.f("ix_factor_staff_id"), "factor", ["staff_id"])
    op.create_table(
        "recovery_code",
        _hash("code_hash"),
        _id("staff_id"),
        _time("used_at", nullable=True),
        *_keys("recovery_code", "code_hash"),
    )
    op.create_index(op.f("ix_recovery_code_staff_id"), "recovery_code", ["staff_id"])


def _create_invitations() -> None:
    op.create_table(
        "staff_invitation",
        _hash("token_hash"),
        _id("staff_id"),
        sa.Column("keeps_password", sa.Boolean(), nullable=False),
        _time("expires_at"),
        _time("used_at", nullable=True),
        *_keys("staff_invitation", "token_hash"),
    )
    op.create_index(op.f("ix_staff_invitation_staff_id"), "staff_invitation", ["staff_id"])


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=32), nullable=False)


def _hash(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=64), nullable=False)


def _time(name: str, *, nullable: bool = False) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _keys(table: str, primary: str) -> tuple[sa.PrimaryKeyConstraint, sa.ForeignKeyConstraint]:
    return (
        sa.PrimaryKeyConstraint(primary, name=op.f(f"pk_{table}")),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff.id"], name=op.f(f"fk_{table}_staff_id"), ondelete="CASCADE"
        ),
    )
