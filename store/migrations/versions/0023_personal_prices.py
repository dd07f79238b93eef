"""Who may leave, prices that are one person's for a while, and what of the budget each offer below the list takes."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "churn_risks",
        sa.Column("subscription_id", sa.String(26), primary_key=True),
        sa.Column("probability", sa.Float, nullable=False),
        sa.Column("origin", sa.String(80), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_table(
        "personal_prices",
        sa.Column("subscription_id", sa.String(26), nullable=False),
        sa.Column("bundle", sa.String(80), nullable=False),
        sa.Column("window", sa.Integer, nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("listed", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("begins_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("subscription_id", "bundle", "window"),
    )
    op.create_table(
        "incentives",
        sa.Column("offer", sa.String(40), primary_key=True),
        sa.Column("subscription_id", sa.String(26), nullable=False),
        sa.Column("period", sa.String(7), nullable=False),
        sa.Column("amount", sa.BigInteger, nullable=False),
        sa.Column("currency", sa.String(3), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    op.create_index("incentives_period", "incentives", ["period"])
    op.create_index("incentives_subscription", "incentives", ["subscription_id"])
