"""Spans to a collector, over OTLP/HTTP: the one module that knows OpenTelemetry's SDK.

The SDK's processor keeps up to 2,048 spans and sends them from a thread of its own every two
seconds; a collector that is away costs spans, and nothing else.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Sequence
from datetime import datetime

import httpx
import structlog
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased
from opentelemetry.sdk.util.instrumentation import InstrumentationScope
from opentelemetry.trace import Link, SpanContext, Status, StatusCode, TraceFlags

from continuitybot import __version__
from continuitybot.app.telemetry.tracing.span import Place, Span
from continuitybot.settings.tracing import TracingSettings

log = structlog.get_logger(__name__)

_TIMEOUT = 5
_LAST_WORDS = 2.0
_QUEUE, _BATCH, _EVERY_MS = 2048, 512, 2000
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


class OtlpExporter:
    """Sends spans to the collector of the settings. Raises Refused when a header cannot be read."""

    def __init__(self, settings: TracingSettings, instance: str) -> None:
        logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)  # we say it once, ourselves
        self._url = settings.endpoint.rstrip("/").removesuffix("/v1/traces") + "/v1/traces"
        self._headers = {name: secret.read() for name, secret in settings.headers.items()}
        self._sampler = TraceIdRatioBased(settings.sample_ratio)
        self._scope = InstrumentationScope("continuitybot", __version__)
        self._resource = Resource({
            "service.name": settings.service_name,
            "service.version": __version__,
            "service.instance.id": instance,
        })  # fmt: skip
        sender = OTLPSpanExporter(
            self._url,
            headers=self._headers,
            timeout=_TIMEOUT,
            compression=Compression.Gzip,
        )
        self._processor = BatchSpanProcessor(
            _SaidOnce(sender, self._url),
            max_queue_size=_QUEUE,
            schedule_delay_millis=_EVERY_MS,
            max_export_batch_size=_BATCH,
            export_timeout_millis=_TIMEOUT * 1000,
        )

    def send(self, span: Span) -> None:
        """Put one span into the queue, if its trace is in the sample."""
        place = span.place
        verdict = self._sampler.should_sample(None, place.trace, span.name)
        if verdict.decision is Decision.RECORD_AND_SAMPLE:
            self._processor.on_end(self._readable(span))

    async def trouble(self) -> str:
        """Ask the collector, with a request that has no span in it."""
        headers = {**self._headers, "Content-Type": "application/x-protobuf"}
        try:
            async with httpx.AsyncClient(timeout=_TIMEOUT) as client:
                answer = await client.post(self._url, headers=headers, content=b"")
        except httpx.HTTPError as error:
            reason = str(error) or type(error).__name__
            return f"{self._url} cannot be reached: {reason}. See tracing.endpoint."
        if answer.status_code in {401, 403}:
            return f"{self._url} answered {answer.status_code}. See tracing.headers."
        if not answer.is_success:
            return (
                f"{self._url} answered {answer.status_code}: is it a collector of OTLP over HTTP?"
            )
        return ""

    async def close(self) -> None:
        """Send what waits. A collector that is away is given up on: its thread ends with us."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()

        def shut_down() -> None:
            self._processor.shutdown()  # type: ignore[no-untyped-call]  # SDK
            if not loop.is_closed():
                loop.call_soon_threadsafe(ended.set)

        threading.Thread(target=shut_down, name="tracing-last-words", daemon=True).start()
        try:
            await asyncio.wait_for(ended.wait(), _LAST_WORDS)
        except TimeoutError:
            log.warning("tracing.last_spans_lost", collector=self._url)

    def _readable(self, span: Span) -> ReadableSpan:
        parent = _context(Place(span.place.trace, span.parent)) if span.parent else None
        status = Status(StatusCode.ERROR, span.error) if span.error else Status(StatusCode.OK)
        return ReadableSpan(
            span.name,
            context=_context(span.place),
            parent=parent,
            resource=self._resource,
            attributes=span.attributes,
            links=[Link(_context(place)) for place in span.links],
            status=status,
            start_time=_nanoseconds(span.start),
            end_time=_nanoseconds(span.end),
            instrumentation_scope=self._scope,
        )


class _SaidOnce(SpanExporter):
    """Says once that spans are not taken, and once that they are again."""

    def __init__(self, sender: SpanExporter, url: str) -> None:
        self._sender = sender
        self._url = url
        self._is_away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._sender.export(spans)
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self._is_away:
            log.warning("tracing.not_taken", collector=self._url, remedy="`doctor` says why")
        elif self._is_away and not is_away:
            log.info("tracing.taken_again", collector=self._url)
        self._is_away = is_away
        return result

    def shutdown(self) -> None:
        self._sender.shutdown()


def _context(place: Place) -> SpanContext:
    return SpanContext(place.trace, place.span, is_remote=False, trace_flags=_SAMPLED)


def _nanoseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1_000_000) * 1000
