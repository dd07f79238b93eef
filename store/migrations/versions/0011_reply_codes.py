"""Offers with a digit of their own, and a second yes; answers to texts are counted."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("offers", sa.Column("reply_code", sa.Integer()))
    op.add_column("offers", sa.Column("asked_at", sa.BigInteger()))
    op.add_column("offers", sa.Column("yes_at", sa.BigInteger()))
    op.add_column("subscriptions", sa.Column("answers_since", sa.BigInteger()))
    op.add_column("subscriptions", sa.Column("answers_count", sa.Integer()))
