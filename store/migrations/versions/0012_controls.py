"""What an operator has stopped; what a text is about and part of; texts that wait are read by rank and due time."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_WAITING = sa.text("state IN ('queued', 'sending', 'deferred')")


def upgrade() -> None:
    op.create_table(
        "controls",
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("value", sa.String(60), nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger),
        sa.Column("author", sa.String(60), nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("kind", "value", "starts_at"),
    )
    op.add_column("outbox", sa.Column("about", sa.String(20)))
    op.add_column("outbox", sa.Column("campaign", sa.String(40)))
    part_of, columns = sa.text("campaign IS NOT NULL"), ["campaign", "state", "due_at"]
    op.create_index("outbox_campaign", "outbox", columns, sqlite_where=part_of, postgresql_where=part_of)
    op.drop_index("outbox_waiting", "outbox")
    columns = ["kind", "priority", "due_at", "id"]
    op.create_index("outbox_waiting", "outbox", columns, sqlite_where=_WAITING, postgresql_where=_WAITING)
