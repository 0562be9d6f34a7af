"""The migrations make exactly the tables that the rooms declare, on both databases."""

from __future__ import annotations

import ast
import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

import continuitybot.app.bot
from continuitybot.store import Database
from continuitybot.store import migrate as migrations
from continuitybot.store.migrate import migrate
from continuitybot.store.tables import metadata
from rig.clock import MovedClock
from rig.databases import opened

_VERSIONS = Path(migrations.__file__).parent / "migrations" / "versions"


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


async def test_tables_of_a_newer_version_are_left_as_they_are(any_database: Database) -> None:
    async with any_database.transaction() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await migrate(any_database)
    async with any_database.transaction() as tx:
        assert await tx.next_ref("INC") == "INC-1"
        found = await tx.execute(text("SELECT version_num FROM alembic_version"))
        assert found.scalar_one() == "9999"


# The last one before versions could work side by side: 0.1.0 cannot read what it moves.
_NOT_BESIDE_OLDER = {"0005_definitions_apart"}
_ADDITIVE = {"create_table", "create_index", "add_column"}
_HARMLESS = {"f", "batch_alter_table"}


def _faults(upgrade: ast.FunctionDef) -> Iterator[str]:
    """What a migration does that an older version, still at work, would stumble over."""
    for call in [node for node in ast.walk(upgrade) if isinstance(node, ast.Call)]:
        written = ast.unparse(call)
        match call.func:
            case ast.Attribute(ast.Name("op" | "batch_op" | "batch"), name):
                unknown = name not in _ADDITIVE | _HARMLESS
                if unknown or (name == "add_column" and not _old_code_can_write(written)):
                    yield written


def _old_code_can_write(column: str) -> bool:
    return "server_default=" in column or "nullable=False" not in column


@pytest.mark.parametrize(
    "file",
    sorted(file for file in _VERSIONS.glob("0*.py") if file.stem not in _NOT_BESIDE_OLDER),
    ids=lambda file: file.stem,
)
def test_a_migration_only_adds_so_that_an_older_version_goes_on_working(file: Path) -> None:
    (upgrade,) = (
        node
        for node in ast.parse(file.read_text(encoding="utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name == "upgrade"
    )
    assert list(_faults(upgrade)) == []


@pytest.mark.parametrize(
    "line",
    [
        "op.drop_table('effects')",
        "op.alter_column('effects', 'due', new_column_name='at')",
        "batch_op.drop_column('due')",
        "op.add_column('effects', sa.Column('why', sa.Text(), nullable=False))",
    ],
)
def test_a_migration_that_does_more_than_add_is_found(line: str) -> None:
    (upgrade,) = ast.parse(f"def upgrade():\n    {line}").body
    assert isinstance(upgrade, ast.FunctionDef)
    assert list(_faults(upgrade)) == [line]
