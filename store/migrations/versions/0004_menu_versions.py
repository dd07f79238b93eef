"""Versions of menus, and which of them each turn was taken in."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "menu_revisions",
        sa.Column("menu", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("version", sa.String(length=12), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("shortcuts", sa.Text(), nullable=False),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("menu", "number"),
        sa.UniqueConstraint("menu", "version", name="menu_revisions_once"),
    )
    op.create_table(
        "menu_publications",
        sa.Column("menu", sa.String(length=40), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("restores", sa.Integer()),
        sa.Column("author", sa.String(length=60), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("menu", "number"),
    )
    op.add_column("turns", sa.Column("menu", sa.String(length=40)))
    op.add_column("turns", sa.Column("version", sa.String(length=12)))
    op.add_column("turns", sa.Column("arm", sa.String(length=20)))
