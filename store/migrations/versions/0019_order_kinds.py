"""Orders of several kinds: beside purchases and refunds advances, vouchers, transfers and switches."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("orders", sa.Column("kind", sa.String(14), nullable=False, server_default="purchase"))
    op.add_column("orders", sa.Column("credit_amount", sa.BigInteger))
    op.add_column("orders", sa.Column("pin", sa.String(40)))
    op.execute("UPDATE orders SET kind = 'refund' WHERE gives_back IS NOT NULL")
