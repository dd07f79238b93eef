"""SIMs are found by their number too, so that they go with whoever held it."""

from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("imsis_msisdn", "imsis", ["msisdn"])
