"""The instances on one PostgreSQL: who works, who is gone, and whose work is free again.

Each instance is a row and beats: every few seconds it notes that it was seen, on a connection
that waits for nothing else. With the same beat it fences whoever was not seen for too long, which
ends that one's leases, however long they are; and it hears the database's time.

States: `alive`; `stopped` (in order); `fenced` (taken for dead by another). The last two are
final: an instance that finds itself fenced has to end, and whoever starts it again starts a new
one. Leases of an instance that is not alive are ended with every beat of every other, so that a
commit which was on its way while it was fenced leaves nothing behind.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy import (
    Column,
    ColumnElement,
    Executable,
    Integer,
    Interval,
    String,
    Table,
    delete,
    func,
    insert,
    literal,
    select,
    update,
)
from sqlalchemy.exc import DBAPIError

from continuitybot import __version__
from continuitybot.clock import steady
from continuitybot.errors import Transient
from continuitybot.store.bell import RING, Bell
from continuitybot.store.database import Database
from continuitybot.store.database_clock import DatabaseClock
from continuitybot.store.effects import effects
from continuitybot.store.line import Line, in_short
from continuitybot.store.tables import UtcTime, metadata
from continuitybot.store.transaction import Transaction

_REMEMBERED = timedelta(days=7)

instances = Table(
    "instances",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("host", String(255), nullable=False),
    Column("process", Integer, nullable=False),
    Column("version", String(40), nullable=False),
    Column("started", UtcTime, nullable=False),
    Column("seen", UtcTime, nullable=False),
    Column("state", String(12), nullable=False),
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Pace:
    """Seconds: between beats, sure of its own leases after one, not seen before it is fenced.

    `sure_for` ends well before `fenced_after`: what was begun while sure has that long to leave.
    """

    beat: float = 5.0
    sure_for: float = 15.0
    fenced_after: float = 20.0


@dataclass(frozen=True)
class Instance:
    """One running process, as the others see it."""

    id: str
    host: str
    process: int
    version: str
    started: datetime
    seen: datetime


class Instances:
    """This instance among those of its database.

    Only on a database that goes by its own clock (`DatabaseClock`): on SQLite there are no others,
    and on the moved clock of a test a beat means nothing.
    """

    def __init__(self, database: Database, pace: Pace | None = None) -> None:
        self._database = database
        self._pace = pace or Pace()
        self._line = Line(database.engine)
        self._bell = Bell(database)
        self._task: asyncio.Task[None] | None = None
        self.fenced = asyncio.Event()
        """Set when another instance has taken over: this one has to end."""

    async def join(self) -> None:
        """Be one of them, before any work is taken. Raises Transient when the database is away."""
        clock = self._database.clock
        if not isinstance(clock, DatabaseClock):
            return
        try:
            await self._line.execute(_forget(), _registration(self._database.instance))
            await self._beat(clock)
        except (DBAPIError, OSError) as error:
            await self._line.hang_up()
            raise Transient(
                f"The database did not take this instance: {in_short(error)}."
            ) from error
        self._task = asyncio.create_task(self._go_on(clock), name="beat")
        self._bell.start()

    async def leave(self) -> None:
        """End in order: whatever is left is free for the others at once."""
        if self._task is None:
            return
        await self._bell.stop()
        self._task.cancel()
        await asyncio.wait([self._task])
        self._task = None
        await self._line.hang_up()  # the last beat may have been cut short on it
        with suppress(DBAPIError, OSError):  # otherwise they fence it
            await self._line.execute(_stopping(self._database.instance), _end_leases(), RING)
        await self._line.hang_up()

    async def _go_on(self, clock: DatabaseClock) -> None:
        while not self.fenced.is_set():
            await asyncio.sleep(self._pace.beat)
            try:
                await self._beat(clock)
            except Exception as error:  # whatever it is, the next beat tries anew
                log.warning("instance.beat_missed", reason=in_short(error))
                await self._line.hang_up()

    async def _beat(self, clock: DatabaseClock) -> None:
        asked = steady()
        (found,) = await self._line.execute(_seen(self._database.instance))
        moment = found.scalar_one_or_none()
        if moment is None:
            return self._ended()
        clock.hear(moment, asked)
        self._database.tenure.lasts_until(asked + self._pace.sure_for)
        fenced, freed = await self._line.execute(_fence(self._pace.fenced_after), _end_leases())
        for gone in fenced.scalars():
            log.warning("instance.fenced_another", gone=gone)
        if freed.rowcount:
            self._database.wake.set()
            await self._line.execute(RING)

    def _ended(self) -> None:
        self._database.tenure.lasts_until(0.0)
        self.fenced.set()
        log.error(
            "instance.fenced",
            reason="Another instance took over the work of this one: it was not seen for more "
            f"than {self._pace.fenced_after:g} s, frozen or cut off from the database. It ends; "
            "what restarts it starts a new instance.",
        )


async def present(tx: Transaction) -> Sequence[Instance]:
    """Every instance that is alive, the oldest first; none on SQLite."""
    alive = select(instances).where(instances.c.state == "alive").order_by(instances.c.started)
    return [
        Instance(row.id, row.host, row.process, row.version, row.started, row.seen)
        for row in await tx.rows(alive)
    ]


def _now() -> ColumnElement[datetime]:
    return func.clock_timestamp(type_=UtcTime)


def _ago(time: timedelta) -> ColumnElement[datetime]:
    return _now() - literal(time, Interval)


def _registration(own: str) -> Executable:
    return insert(instances).values(
        id=own,
        host=socket.gethostname(),
        process=os.getpid(),
        version=__version__,
        started=_now(),
        seen=_now(),
        state="alive",
    )


def _forget() -> Executable:
    gone = (instances.c.state != "alive") & (instances.c.seen < _ago(_REMEMBERED))
    return delete(instances).where(gone)


def _seen(own: str) -> Executable:
    """Note that this instance lives; the database's time, or nothing when it was fenced."""
    ours = (instances.c.id == own) & (instances.c.state == "alive")
    return update(instances).where(ours).values(seen=_now()).returning(instances.c.seen)


def _fence(seconds: float) -> Executable:
    silent = instances.c.seen < _ago(timedelta(seconds=seconds))
    gone = (instances.c.state == "alive") & silent
    return update(instances).where(gone).values(state="fenced").returning(instances.c.id)


def _stopping(own: str) -> Executable:
    ours = (instances.c.id == own) & (instances.c.state == "alive")
    return update(instances).where(ours).values(state="stopped")


def _end_leases() -> Executable:
    """Free what instances hold that are not alive."""
    gone = select(instances.c.id).where(instances.c.state != "alive")
    held = (effects.c.state == "leased") & (effects.c.leased_until > _now())
    return update(effects).where(held, effects.c.owner.in_(gone)).values(leased_until=_now())
