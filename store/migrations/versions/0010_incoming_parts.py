"""Parts of long texts from subscribers are kept until their text is whole: each is acknowledged once durable."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "mo_parts",
        sa.Column("text_id", sa.String(26), nullable=False),
        sa.Column("number", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("smsc", sa.String(40), nullable=False),
        sa.Column("source", sa.String(21), nullable=False),
        sa.Column("destination", sa.String(21), nullable=False),
        sa.Column("reference", sa.Integer, nullable=False),
        sa.Column("wide", sa.Boolean, nullable=False),
        sa.Column("total", sa.Integer, nullable=False),
        sa.Column("data_coding", sa.Integer, nullable=False),
        sa.Column("locking", sa.Integer, nullable=False),
        sa.Column("single", sa.Integer, nullable=False),
        sa.Column("octets", sa.LargeBinary, nullable=False),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("text_id", "number"),
    )
