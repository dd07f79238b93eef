"""What became of an order step by step, the yes that it was made with, and what reconciling with statements found."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("orders_created", "orders", ["created_at", "key"])
    _story()
    _reconciliation()


def _story() -> None:
    op.create_table(
        "order_steps",
        sa.Column("position", sa.Integer, primary_key=True),
        sa.Column("order_key", sa.String(44), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("state", sa.String(12), nullable=False),
        sa.Column("sent", sa.Boolean, nullable=False),
        sa.Column("asked", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(40)),
        sa.Column("detail", sa.Text),
        sa.Column("reference", sa.String(120)),
    )
    op.create_index("order_steps_order", "order_steps", ["order_key", "position"])
    op.create_table(
        "order_answers",
        sa.Column("order_key", sa.String(44), primary_key=True),
        sa.Column("reference", sa.String(80), nullable=False),
        sa.Column("session", sa.String(128), nullable=False),
        sa.Column("shown", sa.Text, nullable=False),
        sa.Column("said", sa.Text, nullable=False),
        sa.Column("caller", sa.String(60), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
    )


def _reconciliation() -> None:
    op.create_table(
        "order_settlements",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("order_key", sa.String(44), nullable=False),
        sa.Column("discrepancy_id", sa.String(30)),
        sa.Column("decision", sa.String(8), nullable=False),
        sa.Column("reference", sa.String(120), nullable=False),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("author", sa.String(60), nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("done_at", sa.BigInteger),
        sa.Column("outcome", sa.String(40)),
    )
    waiting = sa.text("done_at IS NULL")
    op.create_index(
        "order_settlements_waiting", "order_settlements", ["id"], sqlite_where=waiting, postgresql_where=waiting
    )
    op.create_table(
        "reconciliations",
        sa.Column("id", sa.String(26), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("starts_at", sa.BigInteger, nullable=False),
        sa.Column("ends_at", sa.BigInteger, nullable=False),
        sa.Column("statement", sa.String(200), nullable=False),
        sa.Column("author", sa.String(60), nullable=False),
        sa.Column("begun_at", sa.BigInteger, nullable=False),
        sa.Column("ended_at", sa.BigInteger),
        sa.Column("orders", sa.Integer, nullable=False),
        sa.Column("charges", sa.Integer, nullable=False),
        sa.Column("agreed", sa.Integer, nullable=False),
        sa.Column("unanswered", sa.Integer, nullable=False),
        sa.Column("left_out", sa.Integer, nullable=False),
    )
    op.create_table(
        "discrepancies",
        sa.Column("id", sa.String(30), primary_key=True),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("mark", sa.String(120), nullable=False, unique=True),
        sa.Column("order_key", sa.String(44)),
        sa.Column("msisdn", sa.String(15), nullable=False),
        sa.Column("evidence", sa.Text, nullable=False),
        sa.Column("found_by", sa.String(26), nullable=False),
        sa.Column("seen_by", sa.String(26), nullable=False),
        sa.Column("found_at", sa.BigInteger, nullable=False),
        sa.Column("settled_at", sa.BigInteger),
        sa.Column("settlement", sa.String(8)),
        sa.Column("author", sa.String(60)),
        sa.Column("note", sa.Text),
    )
    op.create_index("discrepancies_seen", "discrepancies", ["seen_by", "id"])
    standing = sa.text("settled_at IS NULL")
    op.create_index(
        "discrepancies_standing", "discrepancies", ["kind"], sqlite_where=standing, postgresql_where=standing
    )
