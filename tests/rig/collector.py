"""A collector of traces: takes OTLP over HTTP on loopback and remembers every span."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from continuitybot.lab.addresses import HOST
from continuitybot.lab.demonstration import free_port

KEY = "the-collectors-key"
_PATIENCE = 20.0


@dataclass(frozen=True)
class Seen:
    """A span as it arrived."""

    name: str
    trace: str
    id: str
    parent: str
    start: int
    end: int
    error: str
    links: list[str]
    facts: dict[str, Any]
    resource: dict[str, Any]

    def fact(self, name: str) -> Any:
        """One of the bot's own attributes."""
        return self.facts.get(f"continuitybot.{name}")


@dataclass
class Collector:
    """Answers with `status`; takes spans when that is 200."""

    url: str
    status: int = 200
    spans: list[Seen] = field(default_factory=list)
    refused: int = 0
    _arrival: asyncio.Event = field(default_factory=asyncio.Event)

    async def take(self, request: web.Request) -> web.Response:
        """The handler of `POST /v1/traces`."""
        status = self.status if request.headers.get("Authorization") == KEY else 401
        if status != 200:
            self.refused += 1
        else:
            message = ExportTraceServiceRequest.FromString(await request.read())
            self.spans += [_seen(one, span) for one in message.resource_spans
                           for scope in one.scope_spans for span in scope.spans]  # fmt: skip
        self._arrival.set()
        return web.Response(status=status, content_type="application/x-protobuf")

    async def gets(self, name: str, **facts: Any) -> Seen:
        """Wait for a span with this name and these facts."""
        async with asyncio.timeout(_PATIENCE):
            while not (found := self.named(name, **facts)):
                self._arrival.clear()
                await self._arrival.wait()
        return found[0]

    async def refuses(self) -> None:
        """Wait until spans were sent in vain."""
        async with asyncio.timeout(_PATIENCE):
            while not self.refused:
                self._arrival.clear()
                await self._arrival.wait()

    def named(self, name: str, **facts: Any) -> list[Seen]:
        """The spans with this name and these facts."""
        return [
            span
            for span in self.spans
            if span.name == name and all(span.fact(key) == value for key, value in facts.items())
        ]


def _seen(one: Any, span: Any) -> Seen:
    return Seen(
        name=span.name,
        trace=span.trace_id.hex(),
        id=span.span_id.hex(),
        parent=span.parent_span_id.hex(),
        start=span.start_time_unix_nano,
        end=span.end_time_unix_nano,
        error=span.status.message,
        links=[link.trace_id.hex() for link in span.links],
        facts=_values(span.attributes),
        resource=_values(one.resource.attributes),
    )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}


@asynccontextmanager
async def open_collector() -> AsyncIterator[Collector]:
    """A collector that listens."""
    port = free_port()
    collector = Collector(f"http://{HOST}:{port}")
    app = web.Application()
    app.router.add_post("/v1/traces", collector.take)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, HOST, port).start()
    try:
        yield collector
    finally:
        await runner.cleanup()
