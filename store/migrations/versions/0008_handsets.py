"""What kind of phone a person has, where the operator tells: the choice of channel looks at it."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("subscriptions", sa.Column("handset", sa.String(8)))
