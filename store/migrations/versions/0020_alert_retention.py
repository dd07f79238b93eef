"""Alerts are found by their age, so that old ones can be forgotten."""

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("alerts_at", "alerts", ["at"])
