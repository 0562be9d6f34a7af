"""How each kind of database is connected to, so that both behave alike to the rooms above.

SQLite is a library, not a server: a statement takes microseconds, and handing it to a thread and
back takes a hundred times as long. So statements are executed where they stand, and only what
waits for the disk, the commit of a change, goes to a thread. PostgreSQL is spoken to by asyncpg.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from typing import Any, Protocol, TypeVar

from sqlalchemy import Connection as SyncConnection
from sqlalchemy import CursorResult, Dialect, Executable, RootTransaction, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import QueuePool

from continuitybot.store.faults import database_fault
from continuitybot.store.tables import to_json

T = TypeVar("T")

READ_ONLY = "continuity_read_only"
"""Execution option of a connection that only looks."""

_PATIENCE = 10.0
"""Seconds that a change waits for another process which is changing the same SQLite file."""

_TRUSTED = 1.0
"""Seconds for which a pooled connection is taken to be alive without asking the server."""


class Connection(Protocol):
    """One open transaction."""

    @property
    def dialect(self) -> Dialect:
        """What kind of database it is."""
        ...

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        """Run one statement, or one for each of several sets of parameters."""
        ...


class Engine(Protocol):
    """A database that can be connected to; `sync_engine` is what listeners are attached to."""

    @property
    def sync_engine(self) -> Any:
        """SQLAlchemy's engine."""
        ...

    def begin(self, *, read_only: bool = False) -> Any:
        """An async context manager: a transaction that commits unless its body raises.

        Raises Transient when there is no connection to be had.
        """
        ...

    async def run_sync(self, work: Callable[[SyncConnection], T]) -> T:
        """What `work` makes of a transaction, with SQLAlchemy's synchronous interface."""
        ...

    async def dispose(self) -> None:
        """Close every connection."""
        ...


def engine_at(url: str) -> Engine:
    """An engine for `sqlite:///FILE` or `postgresql://…`. Raises ValueError for any other."""
    if url.startswith("sqlite"):
        return SqliteEngine(url)
    scheme, _, rest = url.partition("://")
    if not is_shared(url):
        raise ValueError(f"{scheme}: a database is sqlite:///FILE or postgresql://…")
    return PostgresEngine(f"postgresql+asyncpg://{rest}")


def is_shared(url: str) -> bool:
    """Whether several instances may work on this database: it is PostgreSQL."""
    return url.partition("://")[0].split("+")[0] in {"postgresql", "postgres"}


class _InPlace:
    """A synchronous connection whose statements are executed where they stand."""

    def __init__(self, connection: SyncConnection) -> None:
        self._connection = connection

    @property
    def dialect(self) -> Dialect:
        return self._connection.dialect

    async def execute(self, statement: Executable, parameters: Any = None) -> CursorResult[Any]:
        return self._connection.execute(statement, parameters)


class SqliteEngine:
    """A file: any number of readers, and one writer at a time."""

    def __init__(self, url: str) -> None:
        self.sync_engine = create_engine(
            url,
            poolclass=QueuePool,
            pool_size=0,  # no limit: whoever waited for a connection would stop the loop
            connect_args={"timeout": 0.01, "check_same_thread": False},
            json_serializer=to_json,
        )
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="sqlite-commit")
        event.listen(self.sync_engine, "connect", _prepare)

    @asynccontextmanager
    async def begin(self, *, read_only: bool = False) -> AsyncIterator[Connection]:
        with self._connect() as connection:
            transaction = connection.begin()
            if read_only:
                connection.execution_options(**{READ_ONLY: True})
                connection.exec_driver_sql("BEGIN")
                yield _InPlace(connection)
            else:
                await _begin_change(connection)
                yield _InPlace(connection)
                await self._commit(transaction)

    async def run_sync(self, work: Callable[[SyncConnection], T]) -> T:
        with self._connect() as connection, connection.begin():
            await _begin_change(connection)
            return work(connection)

    async def dispose(self) -> None:
        self.sync_engine.dispose()
        self._disk.shutdown()

    def _connect(self) -> SyncConnection:
        try:
            return self.sync_engine.connect()
        except DBAPIError as error:
            raise database_fault(str(error.orig)) from error

    async def _commit(self, transaction: RootTransaction) -> None:
        done = asyncio.get_running_loop().run_in_executor(self._disk, transaction.commit)
        try:
            await asyncio.shield(done)
        except asyncio.CancelledError:
            await asyncio.wait({done})  # the connection is still in use
            raise


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions are begun here, not by the driver
    cursor = connection.cursor()
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


async def _begin_change(connection: SyncConnection) -> None:
    """Take the file's write lock; another process may have it for a while."""
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() > until:
                raise
        await asyncio.sleep(0.02)


class PostgresEngine:
    """A server, by asyncpg."""

    def __init__(self, url: str) -> None:
        self._engine: AsyncEngine = create_async_engine(
            url,
            pool_size=8,
            max_overflow=8,
            json_serializer=to_json,
            connect_args={
                "server_settings": {
                    "idle_in_transaction_session_timeout": "5000",
                    "lock_timeout": "8000",
                },
                "timeout": 10,
                "command_timeout": 30,
            },
        )
        event.listen(self.sync_engine, "connect", _remember)
        event.listen(self.sync_engine, "checkout", self._make_sure)
        event.listen(self.sync_engine, "checkin", _remember)

    @property
    def sync_engine(self) -> Any:
        return self._engine.sync_engine

    @asynccontextmanager
    async def begin(self, *, read_only: bool = False) -> AsyncIterator[Connection]:
        connection = await self._connect()
        try:
            if read_only:
                await connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            async with connection.begin():
                yield connection
        finally:
            await connection.close()

    async def run_sync(self, work: Callable[[SyncConnection], T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def dispose(self) -> None:
        await self._engine.dispose()

    async def _connect(self) -> AsyncConnection:
        try:
            return await self._engine.connect()
        except DBAPIError as error:
            raise database_fault(str(error.orig)) from error
        except (OSError, PoolExhausted) as error:
            raise database_fault(str(error)) from error

    def _make_sure(self, connection: Any, record: Any, _proxy: object) -> None:
        """Replace a connection that was left alone for a while and has died since."""
        if time.monotonic() - record.info["used"] < _TRUSTED:
            return
        try:
            self.sync_engine.dialect.do_ping(connection)
        except self.sync_engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def _remember(_connection: object, record: Any) -> None:
    record.info["used"] = time.monotonic()
