"""What the patient's page has of the conversation: lines of safety that nobody fetched are told."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "reflection", sa.Column("seen_revision", sa.Integer(), server_default="0", nullable=False)
    )
    # What was said before this version counts as seen: nobody is alarmed by an update.
    op.execute("UPDATE reflection SET seen_revision = revision")
    op.create_index(op.f("ix_outbox_kind_created_at"), "outbox", ["kind", "created_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_outbox_kind_created_at"), "outbox")
    op.drop_column("reflection", "seen_revision")
