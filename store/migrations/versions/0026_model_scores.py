"""What models said, to be compared with what came of it."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "model_scores",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("subscription_id", sa.String(26), nullable=False),
        sa.Column("reference", sa.String(80), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.Column("champion", sa.String(64), nullable=False),
        sa.Column("champion_said", sa.Text, nullable=False),
        sa.Column("challenger", sa.String(64)),
        sa.Column("challenger_said", sa.Text),
        sa.Column("known_at", sa.BigInteger),
        sa.Column("actual", sa.Float),
    )
    not_known = sa.text("known_at IS NULL")
    op.create_index("model_scores_open", "model_scores", ["until"], sqlite_where=not_known, postgresql_where=not_known)
    op.create_index("model_scores_kind", "model_scores", ["kind", "id"])
