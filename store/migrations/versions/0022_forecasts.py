"""Forecasts whose outcome is not known yet, and what was learnt from those that were."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "forecasts",
        sa.Column("subscription_id", sa.String(26), nullable=False),
        sa.Column("bundle_id", sa.String(80), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("segment", sa.String(40), nullable=False),
        sa.Column("remaining", sa.BigInteger, nullable=False),
        sa.Column("p10", sa.Float, nullable=False),
        sa.Column("p90", sa.Float, nullable=False),
        sa.Column("made_at", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.PrimaryKeyConstraint("subscription_id", "bundle_id"),
    )
    op.create_index("forecasts_due_at", "forecasts", ["due_at"])
    op.create_table(
        "forecast_offsets",
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("segment", sa.String(40), nullable=False),
        sa.Column("p10", sa.Float, nullable=False),
        sa.Column("p90", sa.Float, nullable=False),
        sa.Column("seen", sa.Integer, nullable=False),
        sa.Column("learnt_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("model", "segment"),
    )
