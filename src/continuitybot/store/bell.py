"""The bell between instances: what one has enqueued, the others hear of within milliseconds.

PostgreSQL's NOTIFY, on a connection of its own and outside of every transaction, because commits
that notify wait for one another. Whatever happens while the bell is being rung is told by the next
ring. Nothing depends on it: the workers' sweep finds what a lost ring did not tell.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import structlog
from sqlalchemy import func, select

from continuitybot.store.database import Database
from continuitybot.store.line import Line, in_short

_CHANNEL = "continuitybot"
_NEAR = timedelta(seconds=5)
"""What is due later than this, the sweep of every instance finds in time."""
_BETWEEN_RINGS = 0.02
_BEFORE_RECONNECTING = 1.0

RING = select(func.pg_notify(_CHANNEL, ""))

log = structlog.get_logger(__name__)


class Bell:
    """Rings when this instance has enqueued something, and wakes it when another one rings."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._line = Line(database.engine)
        self._to_ring = asyncio.Event()
        self._own_process = 0
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Listen and ring until stopped."""
        self._database.on_wake.append(self._enqueued)
        self._task = asyncio.create_task(self._run(), name="bell")

    async def stop(self) -> None:
        """Hear and ring no more."""
        if self._task is not None:
            self._database.on_wake.remove(self._enqueued)
            self._task.cancel()
            await asyncio.wait([self._task])
            self._task = None
        await self._line.hang_up()

    def _enqueued(self, due: datetime) -> None:
        if due <= self._database.clock.now() + _NEAR:
            self._to_ring.set()

    async def _run(self) -> None:
        while True:
            try:
                await self._listen()
                await self._ring()
            except Exception as error:  # whatever it is, a new connection is tried
                log.warning("bell.lost", reason=in_short(error))
            await self._line.hang_up()
            await asyncio.sleep(_BEFORE_RECONNECTING)

    async def _listen(self) -> None:
        driver = await self._line.driver()
        self._own_process = driver.get_server_pid()
        await driver.add_listener(_CHANNEL, self._heard)
        driver.add_termination_listener(lambda _: self._to_ring.set())  # so that the loss is seen
        self._database.wake.set()  # by whatever was rung while nobody listened

    async def _ring(self) -> None:
        while True:
            await self._to_ring.wait()
            self._to_ring.clear()
            await self._line.execute(RING)
            await asyncio.sleep(_BETWEEN_RINGS)

    def _heard(self, _connection: object, process: int, _channel: str, _payload: object) -> None:
        if process != self._own_process:
            self._database.wake.set()
