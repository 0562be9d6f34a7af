"""A connection to PostgreSQL that waits for nobody: neither for the pool nor long for a lock."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from sqlalchemy import CursorResult, Executable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine
from sqlalchemy.pool import NullPool

from continuitybot.store.engines import Engine

_PATIENCE = 4.0
"""Seconds for which a statement, or making the connection, may take."""


class Line:
    """One connection, made when it is first needed; each statement is its own transaction."""

    def __init__(self, engine: Engine) -> None:
        self._url = engine.sync_engine.url
        self._connection: AsyncConnection | None = None

    async def execute(self, *statements: Executable) -> list[CursorResult[Any]]:
        """The result of each. Raises whatever SQLAlchemy, or the network, does."""
        connection = await self._connected()
        return [await connection.execute(statement) for statement in statements]

    async def driver(self) -> Any:
        """The connection as asyncpg knows it."""
        return (await (await self._connected()).get_raw_connection()).driver_connection

    async def hang_up(self) -> None:
        """Close it; the next statement makes a new one."""
        if self._connection is not None:
            connection, self._connection = self._connection, None
            with suppress(DBAPIError, OSError):
                await connection.invalidate()
                await connection.close()

    async def _connected(self) -> AsyncConnection:
        if self._connection is None:
            engine = create_async_engine(
                self._url,
                poolclass=NullPool,
                isolation_level="AUTOCOMMIT",
                connect_args={
                    "server_settings": {"lock_timeout": "2000"},
                    "timeout": _PATIENCE,
                    "command_timeout": _PATIENCE,
                },
            )
            self._connection = await engine.connect()
        return self._connection


def in_short(error: BaseException) -> str:
    """The first line of an error of the database or the network."""
    return (str(error) or type(error).__name__).partition("\n")[0]
