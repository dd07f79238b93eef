"""A network's session id may come again: each turn says with which turn its dialogue began."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("turns", sa.Column("opened", sa.Integer))
