"""Bundles that are known, and when their end is to be told; when a SIM was last another."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_DUE = ("tell_expiry_at", "tell_depletion_at")


def upgrade() -> None:
    op.create_table(
        "bundles",
        sa.Column("subscription_id", sa.String(26), nullable=False),
        sa.Column("bundle_id", sa.String(80), nullable=False),
        sa.Column("unit", sa.String(8), nullable=False),
        sa.Column("remaining", sa.BigInteger, nullable=False),
        sa.Column("initial", sa.BigInteger),
        sa.Column("activated_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("product", sa.String(80), nullable=False),
        sa.Column("traits", sa.Text, nullable=False),
        sa.Column("seen_at", sa.BigInteger, nullable=False),
        sa.Column("tell_expiry_at", sa.BigInteger),
        sa.Column("tell_depletion_at", sa.BigInteger),
        sa.Column("told_expiry_at", sa.BigInteger),
        sa.Column("told_depletion_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("subscription_id", "bundle_id"),
    )
    for due in _DUE:
        there = sa.text(f"{due} IS NOT NULL")
        op.create_index(f"bundles_{due}", "bundles", [due], sqlite_where=there, postgresql_where=there)
    op.add_column("subscriptions", sa.Column("sim_swapped_at", sa.BigInteger))
