"""Turns of dialogues."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "turns",
        sa.Column("dialect", sa.String(length=20), nullable=False),
        sa.Column("session", sa.String(length=128), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("subscription_id", sa.String(length=26), nullable=False),
        sa.Column("digest", sa.String(length=24), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reply", sa.Text(), nullable=False),
        sa.Column("ends", sa.Boolean(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dialect", "session", "position"),
        sqlite_with_rowid=False,
    )
    op.create_index("turns_subscription", "turns", ["subscription_id", "at"], unique=False)
