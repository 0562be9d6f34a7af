"""The database: one engine, one way to change anything (a transaction), one place that wakes.

SQLite (one process) and PostgreSQL (several) behave alike to the rooms above: a transaction
is serialised against others that touch the same rows, `Transaction.announce` runs subscribers
inside it, and committed work wakes the workers.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime

import structlog
from sqlalchemy.exc import DBAPIError

from continuitybot.clock import Clock
from continuitybot.store.engines import Engine, engine_at
from continuitybot.store.faults import database_fault, may_pass
from continuitybot.store.memory import Memory
from continuitybot.store.tenure import Tenure
from continuitybot.store.transaction import Change, Transaction

log = structlog.get_logger(__name__)

Subscriber = Callable[[Transaction, Change], Awaitable[None]]
CommitListener = Callable[[Sequence[Change]], None]


class Database:
    """The one door to stored state: `Database.at(url, clock)`; `store.migrate` makes its tables."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self.instance = uuid.uuid4().hex[:12]
        self.subscribers: list[tuple[str, Subscriber]] = []
        self.memory = Memory()
        self.wake = asyncio.Event()
        self.on_wake: list[Callable[[datetime], None]] = []
        """Told of each commit that enqueued something, with the earliest due time."""
        self.tenure = Tenure()
        self._commit_listeners: list[CommitListener] = []
        self._one_writer = asyncio.Lock() if self.single_process else None

    @classmethod
    def at(cls, url: str, clock: Clock) -> Database:
        """The database at `sqlite:///file` or `postgresql://…`."""
        return cls(engine_at(url), clock)

    @property
    def single_process(self) -> bool:
        """True on SQLite, which one process has to itself."""
        return bool(self.engine.sync_engine.dialect.name == "sqlite")

    async def close(self) -> None:
        await self.engine.dispose()

    def subscribe(self, what_prefix: str, subscriber: Subscriber) -> None:
        """Call `subscriber(tx, change)` inside the transaction of every such change."""
        self.subscribers.append((what_prefix, subscriber))

    def on_commit(self, listener: CommitListener) -> Callable[[], None]:
        """Call `listener(changes)` after each commit that announced any; returns the way out."""
        self._commit_listeners.append(listener)
        return lambda: self._commit_listeners.remove(listener)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Everything inside happens, or nothing does. Never call the outside in here.

        Raises: Transient when the database is locked, full or away.
        """
        if self._one_writer is None:
            async with self._changing() as tx:
                yield tx
        else:
            async with self._one_writer, self._changing() as tx:
                yield tx
        self._committed(tx)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """A look at the database as it stood at one moment; it waits for no writer."""
        async with self._begin(read_only=True) as tx:
            yield tx

    @asynccontextmanager
    async def _changing(self) -> AsyncIterator[Transaction]:
        tx: Transaction | None = None
        try:
            async with self._begin(read_only=False) as tx:
                yield tx
                await tx.finish()
        except BaseException:
            if tx is not None:
                tx.memory.undone()
            raise
        tx.memory.committed()

    @asynccontextmanager
    async def _begin(self, *, read_only: bool) -> AsyncIterator[Transaction]:
        try:
            async with self.engine.begin(read_only=read_only) as connection:
                yield Transaction(connection, self)
        except DBAPIError as error:
            if not may_pass(error):
                raise
            raise database_fault(str(error.orig)) from error

    def _committed(self, tx: Transaction) -> None:
        if tx.earliest_due is not None:
            self.wake.set()
            for enqueued in self.on_wake:
                enqueued(tx.earliest_due)
        for context, changes in tx.chapters:
            for listener in tuple(self._commit_listeners) if changes else ():
                try:
                    context.run(listener, changes)
                except Exception:  # what is committed is committed, whoever could not hear it
                    log.exception("database.listener_broke")
