"""What was found out about each charging system."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "ocs_traits",
        sa.Column("ocs", sa.String(200), primary_key=True),
        sa.Column("trait", sa.String(40), primary_key=True),
        sa.Column("order_key", sa.String(64), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
