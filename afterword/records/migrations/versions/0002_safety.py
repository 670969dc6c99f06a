"""Alerts, their events, contacts and notices."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# An alert that is deleted with its patient takes its events along: it is gone before them.
_SQLITE = (
    """CREATE TRIGGER alert_event_no_update BEFORE UPDATE ON alert_event
    BEGIN SELECT RAISE(ABORT, 'alert_event is append-only'); END""",
    """CREATE TRIGGER alert_event_no_delete BEFORE DELETE ON alert_event
    WHEN EXISTS (SELECT 1 FROM alert WHERE id = OLD.alert_id)
    BEGIN SELECT RAISE(ABORT, 'alert_event is append-only'); END""",
)
_POSTGRESQL = (
    """CREATE FUNCTION alert_event_kept() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF NOT EXISTS (SELECT 1 FROM alert WHERE id = OLD.alert_id) THEN
                RETURN OLD;
            END IF;
        END IF;
        RAISE EXCEPTION 'alert_event is append-only';
    END $$""",
    """CREATE TRIGGER alert_event_kept BEFORE UPDATE OR DELETE ON alert_event
    FOR EACH ROW EXECUTE FUNCTION alert_event_kept()""",
    """CREATE TRIGGER alert_event_not_emptied BEFORE TRUNCATE ON alert_event
    FOR EACH STATEMENT EXECUTE FUNCTION alert_event_kept()""",
)


def upgrade() -> None:
    _add_to_clinic()
    _create_contact()
    _create_alert()
    _create_alert_event()
    _create_mail()
    for statement in _SQLITE if _on_sqlite() else _POSTGRESQL:
        op.execute(statement)


def downgrade() -> None:
    for table in ("mail", "alert_event", "alert", "contact"):
        op.drop_table(table)
    if not _on_sqlite():
        op.execute("DROP FUNCTION alert_event_kept")
    for column in ("forward_concerns", "duty_hours", "country"):
        op.drop_column("clinic", column)


def _on_sqlite() -> bool:
    return op.get_bind().dialect.name == "sqlite"


def _add_to_clinic() -> None:
    op.add_column(
        "clinic", sa.Column("country", sa.String(length=8), server_default="", nullable=False)
    )
    op.add_column("clinic", sa.Column("duty_hours", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "clinic",
        sa.Column("forward_concerns", sa.String(length=8), server_default="ask", nullable=False),
    )


def _create_contact() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinic_id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=True),
        sa.Column("sealed_name", sa.LargeBinary(), nullable=False),
        sa.Column("sealed_email", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        _key("contact"),
        _parent("contact", "clinic_id", "clinic"),
        _parent("contact", "staff_id", "staff"),
    )
    op.create_index(op.f("ix_contact_clinic_id"), "contact", ["clinic_id"])


def _create_alert() -> None:
    op.create_table(
        "alert",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinic_id", sa.String(length=32), nullable=False),
        sa.Column("reflection_id", sa.String(length=32), nullable=False),
        sa.Column("patient_id", sa.String(length=32), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=False),
        sa.Column("route", sa.String(length=12), nullable=False),
        sa.Column("tier", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("open_key", sa.String(length=64), nullable=True),
        sa.Column("patient_choice", sa.String(length=12), nullable=True),
        sa.Column("channel", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("hidden_from", sa.String(length=32), nullable=True),
        sa.Column("sealed_detail", sa.LargeBinary(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.String(length=32), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.String(length=32), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=True),
        sa.Column("sealed_note", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        _key("alert"),
        sa.UniqueConstraint("open_key", name=op.f("uq_alert_open_key")),
        _parent("alert", "clinic_id", "clinic"),
        _parent("alert", "reflection_id", "reflection", cascade=True),
        _parent("alert", "patient_id", "patient", cascade=True),
        *(
            _parent("alert", column, "staff")
            for column in ("staff_id", "hidden_from", "acknowledged_by", "closed_by")
        ),
    )
    op.create_index(op.f("ix_alert_state_due_at"), "alert", ["state", "due_at"])
    op.create_index(op.f("ix_alert_clinic_id_opened_at"), "alert", ["clinic_id", "opened_at"])
    op.create_index(op.f("ix_alert_reflection_id"), "alert", ["reflection_id"])


def _create_alert_event() -> None:
    op.create_table(
        "alert_event",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("alert_id", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("staff_id", sa.String(length=32), nullable=True),
        sa.Column("detail", sa.String(length=40), nullable=False),
        _key("alert_event"),
        sa.UniqueConstraint("alert_id", "seq", name=op.f("uq_alert_event_alert_id_seq")),
        _parent("alert_event", "alert_id", "alert", cascade=True),
        _parent("alert_event", "staff_id", "staff"),
    )


def _create_mail() -> None:
    op.create_table(
        "mail",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinic_id", sa.String(length=32), nullable=False),
        sa.Column("alert_id", sa.String(length=32), nullable=False),
        sa.Column("contact_id", sa.String(length=32), nullable=False),
        sa.Column("template", sa.String(length=20), nullable=False),
        sa.Column("step", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("available_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        _key("mail"),
        sa.UniqueConstraint(
            "alert_id",
            "contact_id",
            "template",
            "step",
            name=op.f("uq_mail_alert_id_contact_id_template_step"),
        ),
        _parent("mail", "clinic_id", "clinic"),
        _parent("mail", "alert_id", "alert", cascade=True),
        _parent("mail", "contact_id", "contact"),
    )
    op.create_index(op.f("ix_mail_state_available_at"), "mail", ["state", "available_at"])


def _key(table: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{table}"))


def _parent(
    table: str, column: str, parent: str, *, cascade: bool = False
) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        [column],
        [f"{parent}.id"],
        name=op.f(f"fk_{table}_{column}"),
        ondelete="CASCADE" if cascade else None,
    )
