"""The migrations make exactly the tables that the rooms declare, on both databases."""

from __future__ import annotations

import asyncio

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

import continuitybot.app.bot
from continuitybot.store import Database
from continuitybot.store.migrate import migrate
from continuitybot.store.tables import metadata
from rig.clock import MovedClock
from rig.databases import opened


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": True}
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_a_migrated_database_has_the_tables_of_every_room(any_database: Database) -> None:
    assert continuitybot.app.bot, "its import makes every room declare its tables"
    assert await any_database.engine.run_sync(differences) == []


async def test_migrating_again_keeps_what_is_there(any_database: Database) -> None:
    async with any_database.transaction() as tx:
        assert await tx.next_ref("INC") == "INC-1"
    await migrate(any_database)
    async with any_database.transaction() as tx:
        assert await tx.next_ref("INC") == "INC-2"


async def test_instances_that_start_at_once_migrate_once(
    postgresql_url: str, clock: MovedClock
) -> None:
    one, other = (opened(postgresql_url, clock) for _ in range(2))
    async with one.transaction() as tx:
        await tx.execute(text("DROP SCHEMA public CASCADE"))
        await tx.execute(text("CREATE SCHEMA public"))
    await asyncio.gather(migrate(one), migrate(other))
    async with other.transaction() as tx:
        assert await tx.next_ref("INC") == "INC-1"
    for database in (one, other):
        await database.close()
