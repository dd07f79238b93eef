"""An order that is not settled is what is to be done: it needs no row in the outbox beside it."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_UNSETTLED = sa.text("settled_at IS NULL")


def upgrade() -> None:
    op.create_index("orders_unsettled", "orders", ["created_at"], sqlite_where=_UNSETTLED, postgresql_where=_UNSETTLED)
    op.execute("DELETE FROM outbox WHERE kind = 'purchase'")
