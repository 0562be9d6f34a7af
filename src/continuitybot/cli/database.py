"""The database of the settings, for commands that work without the running bot."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from continuitybot.settings import Settings, database_url
from continuitybot.store import Database
from continuitybot.store.database_clock import agree, clock_for
from continuitybot.store.migrate import migrate


@asynccontextmanager
async def open_database(config: Path, settings: Settings) -> AsyncIterator[Database]:
    """The database, with the tables of this version; closed at the end."""
    url = database_url(settings, config.parent)
    database = Database.at(url, clock_for(url))
    try:
        await migrate(database)
        await agree(database)
        yield database
    finally:
        await database.close()
