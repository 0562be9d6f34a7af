"""The database: one engine, one way to change anything (a transaction), one place that wakes.

SQLite (one process) and PostgreSQL (several) behave alike to the rooms above: a transaction
is serialised against others that touch the same rows, `Transaction.announce` runs subscribers
inside it, and committed work wakes the workers.
"""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    CursorResult,
    Executable,
    Integer,
    Row,
    String,
    Table,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolExhausted
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from continuitybot.clock import Clock
from continuitybot.errors import Transient
from continuitybot.store.effects import Effect, effects
from continuitybot.store.engines import READ_ONLY, engine_at
from continuitybot.store.tables import metadata
from continuitybot.store.tenure import Tenure

sequences = Table(
    "sequences",
    metadata,
    Column("prefix", String(20), primary_key=True),
    Column("last", Integer, nullable=False),
)


@dataclass(frozen=True)
class Change:
    """Something that happened to an object, said once for everybody who cares.

    `ref` is the object (`EVT-3`, or a check's name), `what` is `<room noun>.<past participle>`
    (`event.activated`, `check.failing`), `text` one sentence for a timeline, `data` plain JSON.
    """

    ref: str
    what: str
    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)


Subscriber = Callable[["Transaction", Change], Awaitable[None]]
CommitListener = Callable[[Sequence[Change]], None]


class Transaction:
    """One atomic change of the database, at one moment."""

    def __init__(self, connection: AsyncConnection, database: Database) -> None:
        self._connection = connection
        self._database = database
        self.now: datetime = database.clock.now()
        self.changes: list[Change] = []
        self.earliest_due: datetime | None = None

    async def execute(self, statement: Executable, *args: Any) -> CursorResult[Any]:
        """Run one SQLAlchemy Core statement."""
        return await self._connection.execute(statement, *args)

    async def rows(self, statement: Executable) -> Sequence[Row[Any]]:
        """All rows of a select."""
        return (await self._connection.execute(statement)).all()

    async def row(self, statement: Executable) -> Row[Any] | None:
        """The first row of a select, or None."""
        return (await self._connection.execute(statement)).first()

    def insert_once(self, table: Table, **values: Any) -> Executable:
        """An insert that does nothing when a row of that key is there already."""
        dialect = postgresql if self._connection.dialect.name == "postgresql" else sqlite
        statement: Executable = dialect.insert(table).values(**values).on_conflict_do_nothing()
        return statement

    async def next_ref(self, prefix: str) -> str:
        """The next reference of a series: `INC-7` follows `INC-6`."""
        await self.execute(self.insert_once(sequences, prefix=prefix, last=0))
        statement = (
            update(sequences)
            .where(sequences.c.prefix == prefix)
            .values(last=sequences.c.last + 1)
            .returning(sequences.c.last)
        )
        return f"{prefix}-{(await self.execute(statement)).scalar_one()}"

    async def enqueue(self, effect: Effect) -> bool:
        """Store an effect to be performed at its due time; False when its key was there."""
        due = effect.due or self.now
        added = await self.execute(
            self.insert_once(
                effects,
                key=effect.key,
                kind=effect.kind,
                ref=effect.ref,
                payload=effect.payload,
                due=due,
                state="waiting",
                attempts=0,
                owner="",
                token=0,
                created=self.now,
                note="",
            )
        )
        if self.earliest_due is None or due < self.earliest_due:
            self.earliest_due = due
        return bool(added.rowcount)

    async def cancel_effects(self, *, ref: str = "", key: str = "") -> int:
        """Withdraw what waits under a key or a reference; what is being performed goes on."""
        statement = update(effects).where(effects.c.state == "waiting")
        statement = statement.where(effects.c.key == key if key else effects.c.ref == ref)
        done = await self.execute(statement.values(state="cancelled", ended=self.now))
        return int(done.rowcount)

    async def announce(self, change: Change) -> None:
        """Tell every subscriber, inside this transaction: all of it happens, or none."""
        self.changes.append(change)
        for prefix, subscriber in self._database.subscribers:
            if change.what.startswith(prefix):
                await subscriber(self, change)


class Database:
    """The one door to stored state: `Database.at(url, clock)`; `store.migrate` makes its tables."""

    def __init__(self, engine: AsyncEngine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self.instance = uuid.uuid4().hex[:12]
        self.subscribers: list[tuple[str, Subscriber]] = []
        self.wake = asyncio.Event()
        self.on_wake: list[Callable[[datetime], None]] = []
        """Told of each commit that enqueued something, with the earliest due time."""
        self.tenure = Tenure()
        self._commit_listeners: list[CommitListener] = []
        self._one_moment: dict[str, Any] = (
            {READ_ONLY: True}
            if self.single_process
            else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        self._one_writer = asyncio.Lock() if self.single_process else None

    @classmethod
    def at(cls, url: str, clock: Clock) -> Database:
        """The database at `sqlite:///file` or `postgresql://…`."""
        return cls(engine_at(url), clock)

    @property
    def single_process(self) -> bool:
        """True on SQLite, which one process has to itself."""
        return self.engine.dialect.name == "sqlite"

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
            async with self._begin() as tx:
                yield tx
        else:
            async with self._one_writer, self._begin() as tx:
                yield tx
        self._committed(tx)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """A look at the database as it stood at one moment; it waits for no writer."""
        async with self._begin(**self._one_moment) as tx:
            yield tx

    @asynccontextmanager
    async def _begin(self, **options: Any) -> AsyncIterator[Transaction]:
        try:
            async with AsyncExitStack() as stack:
                connection = await self._connect(stack)
                await connection.execution_options(**options)
                await stack.enter_async_context(connection.begin())
                yield Transaction(connection, self)
        except DBAPIError as error:
            if not _may_pass(error):
                raise
            raise _database_fault(str(error.orig)) from error

    async def _connect(self, stack: AsyncExitStack) -> AsyncConnection:
        try:
            return await stack.enter_async_context(self.engine.connect())
        except DBAPIError as error:
            raise _database_fault(str(error.orig)) from error
        except (OSError, PoolExhausted) as error:
            raise _database_fault(str(error)) from error

    def _committed(self, tx: Transaction) -> None:
        if tx.earliest_due is not None:
            self.wake.set()
            for enqueued in self.on_wake:
                enqueued(tx.earliest_due)
        if tx.changes:
            for listener in tuple(self._commit_listeners):
                listener(tx.changes)

    async def next_due(self, kinds: Collection[str]) -> datetime | None:
        """When the next waiting effect of these kinds is due, or the lease of one runs out."""
        ours = effects.c.kind.in_(kinds)
        async with self.reading() as tx:
            waiting = await tx.row(
                select(effects.c.due)
                .where(effects.c.state == "waiting", ours)
                .order_by(effects.c.due)
                .limit(1)
            )
            leased = await tx.row(
                select(effects.c.leased_until)
                .where(effects.c.state == "leased", ours)
                .order_by(effects.c.leased_until)
                .limit(1)
            )
        moments = [row[0] for row in (waiting, leased) if row is not None]
        return min(moments) if moments else None


def _may_pass(error: DBAPIError) -> bool:
    """Whether the fault is the database's state; otherwise the statement itself is wrong."""
    # asyncpg's own errors come unsorted: a deadlock, a lost connection, a full disk.
    state = getattr(error.orig, "sqlstate", None) or ""
    return (
        isinstance(error, OperationalError | InterfaceError)
        or error.connection_invalidated
        or state[:2] in {"08", "40", "53", "55", "57", "58"}
    )


def _database_fault(text: str) -> Transient:
    cause = next(iter(text.splitlines()), "it is away")
    remedies = {
        "locked": "Another process holds the file; stop it, or use PostgreSQL for several.",
        "full": "The disk is full; free some space, nothing that was confirmed is lost.",
        "readonly": "The database file or its folder is not writable for this user.",
    }
    remedy = next((text for word, text in remedies.items() if word in cause), "")
    return Transient(f"The database did not take the change: {cause}.", remedy=remedy)
