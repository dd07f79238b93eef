"""Revisions of menus are held against a digest of what was written; those of before have none."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("menu_revisions", sa.Column("digest", sa.String(64)))
