"""Retraining: messages not understood, data versions, models, jobs, who serves, wordings."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_TABLES = (
    *("training_job", "trained_model", "data_change", "wording", "serving"),
    *("misheard", "data_version", "turn_count", "replica", "misheard_word"),
)


def upgrade() -> None:
    op.create_table(
        "misheard_word",
        sa.Column("word_hash", sa.String(length=64), nullable=False),
        sa.Column("owner_hash", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("word_hash", "owner_hash", name=op.f("pk_misheard_word")),
    )
    op.create_index(op.f("ix_misheard_word_owner_hash"), "misheard_word", ["owner_hash"])
    op.create_table(
        "replica",
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("url", sa.String(length=100), nullable=False),
        sa.Column("ready_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("model", name=op.f("pk_replica")),
    )
    op.create_table(
        "turn_count",
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("hour", sa.DateTime(timezone=True), nullable=False),
        sa.Column("turns", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("misses", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("model", "hour", name=op.f("pk_turn_count")),
    )
    op.create_table(
        "data_version",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinic_id", sa.String(length=32), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("parent_id", sa.String(length=32), nullable=True),
        sa.Column("author_id", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["author_id"], ["staff.id"], name=op.f("fk_data_version_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["clinic_id"], ["clinic.id"], name=op.f("fk_data_version_clinic_id")
        ),
        sa.ForeignKeyConstraint(
            ["parent_id"], ["data_version.id"], name=op.f("fk_data_version_parent_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_version")),
        sa.UniqueConstraint("clinic_id", "number", name=op.f("uq_data_version_clinic_id_number")),
    )
    op.create_table(
        "misheard",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinic_id", sa.String(length=32), nullable=False),
        sa.Column("owner_hash", sa.String(length=64), nullable=False),
        sa.Column("week", sa.Date(), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("question", sa.String(length=64), nullable=False),
        sa.Column("reason", sa.String(length=12), nullable=False),
        sa.Column("did", sa.String(length=64), nullable=False),
        sa.Column("guesses", sa.Text(), nullable=False),
        sa.Column("model", sa.String(length=32), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=True),
        sa.Column("labelled_by", sa.String(length=32), nullable=True),
        sa.Column("confirmed_by", sa.String(length=32), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_misheard_clinic_id")),
        sa.ForeignKeyConstraint(
            ["confirmed_by"], ["staff.id"], name=op.f("fk_misheard_confirmed_by")
        ),
        sa.ForeignKeyConstraint(
            ["labelled_by"], ["staff.id"], name=op.f("fk_misheard_labelled_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_misheard")),
    )
    op.create_index(op.f("ix_misheard_clinic_id_state"), "misheard", ["clinic_id", "state"])
    op.create_index(op.f("ix_misheard_owner_hash"), "misheard", ["owner_hash"])
    op.create_table(
        "serving",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("live", sa.String(length=32), nullable=False),
        sa.Column("previous", sa.String(length=32), nullable=False),
        sa.Column("candidate", sa.String(length=32), nullable=False),
        sa.Column("watch_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=32), nullable=True),
        sa.Column("notice", sa.String(length=20), server_default="", nullable=False),
        sa.Column("notice_model", sa.String(length=32), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["changed_by"], ["staff.id"], name=op.f("fk_serving_changed_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_serving")),
    )
    op.create_table(
        "wording",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("clinic_id", sa.String(length=32), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("author_id", sa.String(length=32), nullable=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["staff.id"], name=op.f("fk_wording_author_id")),
        sa.ForeignKeyConstraint(["clinic_id"], ["clinic.id"], name=op.f("fk_wording_clinic_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wording")),
        sa.UniqueConstraint(
            "clinic_id",
            "language",
            "key",
            "number",
            name=op.f("uq_wording_clinic_id_language_key_number"),
        ),
    )
    op.create_table(
        "data_change",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("language", sa.String(length=12), nullable=False),
        sa.Column("label", sa.String(length=64), nullable=False),
        sa.Column("was", sa.String(length=64), nullable=False),
        sa.Column("sealed_text", sa.LargeBinary(), nullable=False),
        sa.Column("owner_hash", sa.String(length=64), nullable=False),
        sa.Column("misheard_id", sa.String(length=32), nullable=True),
        sa.ForeignKeyConstraint(
            ["misheard_id"],
            ["misheard.id"],
            name=op.f("fk_data_change_misheard_id"),
            ondelete="SET NULL",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"],
            ["data_version.id"],
            name=op.f("fk_data_change_version_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_data_change")),
        sa.UniqueConstraint(
            "version_id", "position", name=op.f("uq_data_change_version_id_position")
        ),
    )
    op.create_index(op.f("ix_data_change_owner_hash"), "data_change", ["owner_hash"])
    op.create_table(
        "trained_model",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("trained_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("promoted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("promoted_by", sa.String(length=32), nullable=True),
        sa.Column("tainted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["promoted_by"], ["staff.id"], name=op.f("fk_trained_model_promoted_by")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["data_version.id"], name=op.f("fk_trained_model_version_id")
        ),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_trained_model")),
    )
    op.create_index(op.f("ix_trained_model_state"), "trained_model", ["state"])
    op.create_table(
        "training_job",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=12), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("version_id", sa.String(length=32), nullable=True),
        sa.Column("model", sa.String(length=32), nullable=True),
        sa.Column("asked_by", sa.String(length=32), nullable=True),
        sa.Column("step", sa.String(length=40), nullable=False),
        sa.Column("at", sa.Integer(), nullable=False),
        sa.Column("of", sa.Integer(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("wants_cancel", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("beat_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["asked_by"], ["staff.id"], name=op.f("fk_training_job_asked_by")),
        sa.ForeignKeyConstraint(
            ["version_id"], ["data_version.id"], name=op.f("fk_training_job_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_job")),
    )
    op.create_index(
        op.f("ix_training_job_state_created_at"), "training_job", ["state", "created_at"]
    )
    op.add_column(
        "reflection", sa.Column("model", sa.String(length=32), server_default="", nullable=False)
    )


def downgrade() -> None:
    op.drop_column("reflection", "model")
    for table in _TABLES:
        op.drop_table(table)
