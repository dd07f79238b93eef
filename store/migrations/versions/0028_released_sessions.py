"""When the network told that it had closed a session."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turns", sa.Column("released", sa.BigInteger))
