"""A data key for each patient, concerns apart, the audit chain, handovers, broken glass."""

from datetime import datetime

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SQLITE = (
    """CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END""",
    """CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
    BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION audit_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'audit is append-only';
    END $$""",
    """CREATE TRIGGER audit_kept BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_kept()""",
    """CREATE TRIGGER audit_not_emptied BEFORE TRUNCATE ON audit
    FOR EACH STATEMENT EXECUTE FUNCTION audit_kept()""",
)
_TABLES = ("broken_glass", "handover", "audit", "concern", "patient_key")


def upgrade() -> None:
    _create_keys()
    _create_audit()
    _create_grants()
    # Notices to privacy contacts are about no alert.
    with op.batch_alter_table("mail") as mail:
        mail.alter_column("alert_id", existing_type=sa.String(length=32), nullable=True)
    for statement in _SQLITE if _on_sqlite() else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    op.execute("DELETE FROM mail WHERE alert_id IS NULL")
    with op.batch_alter_table("mail") as mail:
        mail.alter_column("alert_id", existing_type=sa.String(length=32), nullable=False)
    for table in _TABLES:
        op.drop_table(table)
    if not _on_sqlite():
        op.execute("DROP FUNCTION audit_kept")


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _create_keys() -> None:
    op.create_table(
        "patient_key",
        _id("patient_id"),
        sa.Column("purpose", sa.String(length=12), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        _time("created_at"),
        sa.PrimaryKeyConstraint("patient_id", "purpose", "version", name=op.f("pk_patient_key")),
        _parent("patient_key", "patient_id", "patient", cascade=True),
    )
    op.create_table(
        "concern",
        _id("alert_id"),
        sa.Column("sealed_detail", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("alert_id", name=op.f("pk_concern")),
        _parent("concern", "alert_id", "alert", cascade=True),
    )


def _create_audit() -> None:
    words = {
        "actor_kind": 12,
        "actor_id": 64,
        "action": 40,
        "purpose": 40,
        "outcome": 12,
        "object_kind": 20,
        "object_id": 64,
    }
    op.create_table(
        "audit",
        sa.Column(
            "seq",
            sa.BigInteger().with_variant(sa.Integer(), "sqlite"),
            autoincrement=False,
            nullable=False,
        ),
        _time("at"),
        *(sa.Column(name, sa.String(length=size), nullable=False) for name, size in words.items()),
        sa.Column("patient_id", sa.String(length=32), nullable=True),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("seq", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_patient_id_seq"), "audit", ["patient_id", "seq"])
    op.create_index(op.f("ix_audit_actor_id_seq"), "audit", ["actor_id", "seq"])


def _create_grants() -> None:
    op.create_table(
        "handover",
        *(_id(name) for name in ("id", "reflection_id", "from_staff_id", "to_staff_id")),
        _time("created_at"),
        _time("ends_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_handover")),
        _parent("handover", "reflection_id", "reflection", cascade=True),
        _parent("handover", "from_staff_id", "staff"),
        _parent("handover", "to_staff_id", "staff"),
    )
    op.create_index(op.f("ix_handover_to_staff_id"), "handover", ["to_staff_id"])
    op.create_index(op.f("ix_handover_reflection_id"), "handover", ["reflection_id"])
    op.create_table(
        "broken_glass",
        *(_id(name) for name in ("id", "staff_id", "patient_id")),
        sa.Column("sealed_reason", sa.LargeBinary(), nullable=False),
        _time("opened_at"),
        _time("ends_at"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_broken_glass")),
        _parent("broken_glass", "staff_id", "staff"),
        _parent("broken_glass", "patient_id", "patient", cascade=True),
    )
    op.create_index(
        op.f("ix_broken_glass_staff_id_patient_id"), "broken_glass", ["staff_id", "patient_id"]
    )


def _id(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.String(length=32), nullable=False)


def _time(name: str) -> sa.Column[datetime]:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=False)


def _parent(
    table: str, column: str, parent: str, *, cascade: bool = False
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{parent}.id"],
        name=op.f(f"fk_{table}_{column}"),
        ondelete="CASCADE" if cascade else None,
    )
