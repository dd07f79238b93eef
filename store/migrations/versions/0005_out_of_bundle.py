"""Charges outside a bundle only by choice; problems that people report, for whoever looks after them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("out_of_bundle", sa.Boolean()))
    op.create_index(
        "audit_reports",
        "audit",
        ["id"],
        unique=False,
        sqlite_where=sa.text("action = 'care.reported'"),
        postgresql_where=sa.text("action = 'care.reported'"),
    )
