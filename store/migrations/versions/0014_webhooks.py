"""Events for the operator's own systems are read by endpoint and due time."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_OURS = sa.text("kind = 'webhook'")


def upgrade() -> None:
    columns = ["smsc", "state", "due_at", "id"]
    op.create_index("outbox_webhooks", "outbox", columns, sqlite_where=_OURS, postgresql_where=_OURS)
