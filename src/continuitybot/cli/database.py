"""The database of the settings, for commands that work without the running bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from continuitybot.clock import SystemClock
from continuitybot.settings import Settings, database_url
from continuitybot.store import Database
from continuitybot.store.migrate import migrate


@asynccontextmanager
async def open_database(config: Path, settings: Settings) -> AsyncIterator[Database]:
    """The database, with the tables of this version; closed at the end."""
    database = Database.at(database_url(settings, config.parent), SystemClock())
    try:
        await migrate(database)
        yield database
    finally:
        await database.close()
