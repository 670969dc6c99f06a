"""Addresses of staff, sealed, and notices to them about their own accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Empty for an older account until the person signs in with the address.
    op.add_column("staff", sa.Column("sealed_email", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("mail") as mail:
        mail.alter_column("contact_id", existing_type=sa.String(length=32), nullable=True)
        mail.add_column(sa.Column("staff_id", sa.String(length=32), nullable=True))
        mail.create_foreign_key(op.f("fk_mail_staff_id"), "staff", ["staff_id"], ["id"])


def downgrade() -> None:
    op.execute("DELETE FROM mail WHERE contact_id IS NULL")
    with op.batch_alter_table("mail") as mail:
        mail.drop_constraint(op.f("fk_mail_staff_id"), type_="foreignkey")
        mail.drop_column("staff_id")
        mail.alter_column("contact_id", existing_type=sa.String(length=32), nullable=False)
    with op.batch_alter_table("staff") as staff:
        staff.drop_column("sealed_email")
