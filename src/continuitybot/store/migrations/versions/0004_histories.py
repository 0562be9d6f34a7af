"""What has happened to a run, kept with it."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Runs that are there already have no history; theirs begins with their next event."""
    with op.batch_alter_table("runs", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("history", sa.Text(), server_default=sa.text("''"), nullable=False)
        )
