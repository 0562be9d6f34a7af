"""The migrations make exactly the tables that the rooms declare, on both databases."""

from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection

import continuitybot.app.bot
from continuitybot.store import Database
from continuitybot.store.migrate import migrate
from continuitybot.store.tables import metadata


def differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def test_an_empty_database_is_migrated_to_the_tables_of_every_room(
    any_database: Database,
) -> None:
    assert continuitybot.app.bot, "every room declares its tables when it is imported"
    async with any_database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(any_database: Database) -> None:
    async with any_database.transaction() as tx:
        await tx.next_ref("INC")
    await migrate(any_database)
    async with any_database.transaction() as tx:
        assert await tx.next_ref("INC") == "INC-2"


async def test_instances_that_start_together_migrate_once(empty_urls) -> None:
    ...
