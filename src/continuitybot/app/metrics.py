"""Figures for Prometheus, counted from what the rooms announce."""

from __future__ import annotations

from collections.abc import Sequence

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from continuitybot.store import Change, Database

_LATENCIES = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)


class Metrics:
    """Counters and gauges, kept by listening to committed changes."""

    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self._changes = Counter(
            "continuitybot_changes", "Changes announced.", ["what"], registry=self.registry
        )
        self._failing = Gauge(
            "continuitybot_check_failing",
            "1 while a check is failing.",
            ["check"],
            registry=self.registry,
        )
        self._latency = Histogram(
            "continuitybot_check_latency_seconds",
            "Time of successful probes.",
            ["check"],
            buckets=_LATENCIES,
            registry=self.registry,
        )
        database.on_commit(self._count)

    def _count(self, changes: Sequence[Change]) -> None:
        for change in changes:
            self._changes.labels(change.what).inc()
            if change.what in {"check.failing", "check.healthy"}:
                self._failing.labels(change.ref).set(change.what == "check.failing")
            elif change.what == "check.observed" and change.data.get("latency") is not None:
                self._latency.labels(change.ref).observe(change.data["latency"])
