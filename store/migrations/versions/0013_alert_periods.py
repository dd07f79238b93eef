"""An alert knows the period of its bundle; who holds a SIM, and what was last told of a 5G policy counter."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.rename_table("alerts", "alerts_before")
    op.create_table(
        "alerts",
        sa.Column("subscription_id", sa.String(26), nullable=False),
        sa.Column("bundle_id", sa.String(80), nullable=False),
        sa.Column("threshold", sa.String(24), nullable=False),
        sa.Column("period", sa.BigInteger, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("outcome", sa.String(40), nullable=False),
        sa.Column("happened_at", sa.BigInteger),
        sa.Column("activated_at", sa.BigInteger),
        sa.Column("expires_at", sa.BigInteger),
        sa.Column("text_key", sa.String(80)),
        sa.PrimaryKeyConstraint("subscription_id", "bundle_id", "threshold", "period"),
    )
    op.execute(
        "INSERT INTO alerts (subscription_id, bundle_id, threshold, period, at, outcome) "
        "SELECT subscription_id, bundle_id, threshold, 0, at, outcome FROM alerts_before"
    )
    op.drop_table("alerts_before")
    op.create_table(
        "imsis",
        sa.Column("imsi", sa.String(15), primary_key=True),
        sa.Column("msisdn", sa.String(15), nullable=False),
        sa.Column("told_at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "policy_counters",
        sa.Column("imsi", sa.String(15), nullable=False),
        sa.Column("counter", sa.String(80), nullable=False),
        sa.Column("status", sa.String(80), nullable=False),
        sa.Column("told_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("imsi", "counter"),
    )
