"""What others see of the bot at work: figures, lines of the log, traces."""

from __future__ import annotations

import asyncio
import contextlib
from contextlib import AbstractContextManager

from prometheus_client import generate_latest

from continuitybot import calls, log
from continuitybot.app.telemetry.journal import Journal
from continuitybot.app.telemetry.loop_lag import LoopLag
from continuitybot.app.telemetry.metrics import Metrics
from continuitybot.app.telemetry.standing import Standing
from continuitybot.app.telemetry.tracing.span import Exporter
from continuitybot.app.telemetry.tracing.tracer import Tracer
from continuitybot.app.telemetry.watchers import Watchers
from continuitybot.errors import Refused
from continuitybot.settings.tracing import TracingSettings
from continuitybot.store import Database, Watcher

__all__ = ["Telemetry", "exporter_to"]


class Telemetry:
    """Listens to one bot. `watcher` is for its workers, `figures` for whoever scrapes.

    Traces are made when there is an `exporter` for them.
    """

    def __init__(self, database: Database, exporter: Exporter | None = None) -> None:
        self._database = database
        self._metrics = Metrics()
        self.registry = self._metrics.registry
        self._standing = Standing(database, self.registry)
        self._lag = LoopLag(self.registry)
        self._measuring: asyncio.Task[None] | None = None
        self.exporter = exporter
        self._tracer = Tracer(exporter, database.clock) if exporter else None
        tracers = [self._tracer] if self._tracer else []
        watchers = Watchers(
            [self._metrics, *tracers],
            [self._metrics.heard, Journal(database.clock).heard, *(one.heard for one in tracers)],
        )
        database.on_commit(watchers.heard)
        self.watcher: Watcher = watchers

    async def figures(self) -> bytes:
        """Every figure in the text format of Prometheus."""
        await self._standing.refresh()
        return generate_latest(self.registry)

    def verb(self, name: str, platform: str) -> AbstractContextManager[None]:
        """What happens inside was asked for by a person; "" is no verb of ours."""
        if self._tracer is None or not name:
            return contextlib.nullcontext()
        return self._tracer.verb(name, platform)

    def start(self) -> None:
        """Name the instance in every line from here on, and begin to measure and to listen."""
        log.always(instance=self._database.instance)
        if self._tracer is not None:
            calls.listen(self._tracer.called)
        self._measuring = asyncio.create_task(self._lag.measure(), name="event-loop-lag")

    async def stop(self) -> None:
        """Measure no more, and send the last spans."""
        if self._measuring is not None:
            self._measuring.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._measuring
        if self.exporter is not None:
            await self.exporter.close()


def exporter_to(settings: TracingSettings | None, instance: str) -> Exporter | None:
    """The exporter of the settings, if they name one. Raises Refused when it cannot be had."""
    if settings is None:
        return None
    try:
        from continuitybot.app.telemetry.tracing.otlp import OtlpExporter
    except ImportError as error:
        raise Refused(
            "`tracing` is set, and OpenTelemetry is not installed.",
            remedy="pip install 'continuitybot[tracing]', or take the section out.",
        ) from error
    return OtlpExporter(settings, instance)
