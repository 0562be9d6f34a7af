"""Bringing a database to this version's tables, by alembic, one instance at a time."""

from __future__ import annotations

from pathlib import Path

import structlog
from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from continuitybot.store.database import Database

_ONE_AT_A_TIME = 4_207_661_911  # any number of ours; PostgreSQL's advisory locks are numbered

log = structlog.get_logger(__name__)


def alembic_config(connection: Connection) -> Config:
    """Alembic's configuration for one open connection."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config


async def migrate(database: Database) -> None:
    """Make or change tables until they are those of this version; nothing when they are.

    Tables of a newer version are left as they are: migrations only add, so that two versions can
    work side by side while one takes the other's place.
    """

    def upgrade(connection: Connection) -> None:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SET LOCAL lock_timeout = 0"))  # another one may take long
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))
        config = alembic_config(connection)
        if _is_newer(connection, config):
            log.warning("database.tables_are_newer", meaning="a newer version has been here")
        else:
            command.upgrade(config, "head")

    await database.engine.run_sync(upgrade)


def _is_newer(connection: Connection, config: Config) -> bool:
    present = MigrationContext.configure(connection).get_current_revision()
    known = {one.revision for one in ScriptDirectory.from_config(config).walk_revisions()}
    return present is not None and present not in known
