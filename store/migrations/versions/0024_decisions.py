"""What was decided and on what, and the states of the ranking that learns."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("subscription_id", sa.String(26), nullable=False),
        sa.Column("offers", sa.String(16), nullable=False),
        sa.Column("state", sa.String(26)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("models", sa.Text),
        sa.Column("inputs", sa.LargeBinary, nullable=False),
        sa.Column("outputs", sa.LargeBinary, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "decision_offers",
        sa.Column("digest", sa.String(16), primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_table(
        "ranking_states",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("learned", sa.Integer, nullable=False),
        sa.Column("answered_at", sa.BigInteger, nullable=False),
        sa.Column("offer", sa.String(40), nullable=False),
        sa.Column("settings", sa.Text, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    settled = sa.text("settled_at IS NOT NULL")
    op.create_index("offers_settled", "offers", ["settled_at", "id"], sqlite_where=settled, postgresql_where=settled)
