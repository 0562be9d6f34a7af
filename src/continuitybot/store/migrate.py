"""Bringing a database to this version's tables, by alembic, one instance at a time."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text

from continuitybot.store.database import Database

_ONE_AT_A_TIME = 4_207_661_911  # any number of ours; PostgreSQL's advisory locks are numbered


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for one open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> None:
    """Make or change tables until they are those of this version; nothing when they are."""

    def upgrade(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))  # another one may take long
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
        command.upgrade(alembic_config(connection), "head")

    await database.engine.run_sync(upgrade)
