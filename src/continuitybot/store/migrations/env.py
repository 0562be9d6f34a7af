"""Alembic's entrance: migrations run on a connection that `store.migrate` hands in."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlalchemy import JSON

from continuitybot.store.tables import UtcTime, metadata


def render_item(kind: str, item: Any, autogen: AutogenContext) -> str | Literal[False]:
    """Write our own column types by their names, when a new migration is drafted."""
    if kind == "type" and isinstance(item, UtcTime | JSON):
        name = "UtcTime" if isinstance(item, UtcTime) else "Json"
        autogen.imports.add(f"from continuitybot.store.tables import {name}")
        return "UtcTime()" if name == "UtcTime" else "Json"
    return False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
