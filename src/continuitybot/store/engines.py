"""How each kind of database is connected to, so that both behave alike."""

from __future__ import annotations

from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

READ_ONLY = "continuity_read_only"
"""Execution option of a connection that only looks."""


def engine_at(url: str) -> AsyncEngine:
    """An engine for `sqlite:///FILE` or `postgresql://…`. Raises ValueError for any other."""
    if url.startswith("sqlite"):
        return _sqlite_engine("sqlite+aiosqlite" + url.removeprefix("sqlite"))
    scheme, _, rest = url.partition("://")
    if not is_shared(url):
        raise ValueError(f"{scheme}: a database is sqlite:///FILE or postgresql://…")
    return create_async_engine(
        f"postgresql+asyncpg://{rest}",
        pool_size=8,
        max_overflow=8,
        pool_pre_ping=True,
        connect_args={
            "server_settings": {"idle_in_transaction_session_timeout": "5000"},
            "timeout": 10,
            "command_timeout": 30,
        },
    )


def is_shared(url: str) -> bool:
    """Whether several instances may work on this database: it is PostgreSQL."""
    return url.partition("://")[0].split("+")[0] in {"postgresql", "postgres"}


def _sqlite_engine(url: str) -> AsyncEngine:
    engine = create_async_engine(url, connect_args={"timeout": 10})

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Any) -> None:
        read_only = connection.get_execution_options().get(READ_ONLY, False)
        connection.exec_driver_sql("BEGIN" if read_only else "BEGIN IMMEDIATE")

    return engine
