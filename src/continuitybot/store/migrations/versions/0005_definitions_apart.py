"""The definition of a run in a column of its own: it is written once, the rest at every step.

Revision ID: 0005
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

from continuitybot.store.tables import Json

revision = "0005"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Move each definition out of its run's document."""
    with op.batch_alter_table("runs") as batch:
        batch.add_column(sa.Column("definition", Json, nullable=False, server_default="{}"))
    runs = sa.table(
        "runs", sa.column("ref"), sa.column("definition", Json), sa.column("document", Json)
    )
    connection = op.get_bind()
    for ref, document in connection.execute(sa.select(runs.c.ref, runs.c.document)).all():
        definition = document.pop("definition")
        connection.execute(
            sa.update(runs)
            .where(runs.c.ref == ref)
            .values(definition=definition, document=document)
        )
