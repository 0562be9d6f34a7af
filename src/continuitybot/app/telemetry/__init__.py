"""What others see of the bot at work: figures, lines of the log, traces."""

from __future__ import annotations

import asyncio
import contextlib

from prometheus_client import generate_latest

from continuitybot import log
from continuitybot.app.telemetry.journal import Journal
from continuitybot.app.telemetry.loop_lag import LoopLag
from continuitybot.app.telemetry.metrics import Metrics
from continuitybot.app.telemetry.standing import Standing
from continuitybot.store import Database, Watcher

__all__ = ["Telemetry"]


class Telemetry:
    """Listens to one bot. `watcher` is for its workers, `figures` for whoever scrapes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._metrics = Metrics()
        self.registry = self._metrics.registry
        self._standing = Standing(database, self.registry)
        self._lag = LoopLag(self.registry)
        self._measuring: asyncio.Task[None] | None = None
        self.watcher: Watcher = self._metrics
        database.on_commit(self._metrics.heard)
        database.on_commit(Journal(database.clock).heard)

    async def figures(self) -> bytes:
        """Every figure in the text format of Prometheus."""
        await self._standing.refresh()
        return generate_latest(self.registry)

    def start(self) -> None:
        """Name the instance in every line from here on, and begin to measure."""
        log.always(instance=self._database.instance)
        self._measuring = asyncio.create_task(self._lag.measure(), name="event-loop-lag")

    async def stop(self) -> None:
        """Measure no more."""
        if self._measuring is not None:
            self._measuring.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._measuring
