"""Figures for Prometheus, counted as things happen.

Labels are words of which there are few: kinds, actions, states, and the names of checks. Never a
reference, a person or a number.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from continuitybot.store import Change, Effect

_LATENCIES = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120)
_QUICK = (0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_STEPS = (0.01, 0.05, 0.25, 1, 5, 15, 60, 300, 900, 3600, 14400, 86400)
_ENDED_RUNS = {f"run.{state}": state for state in ("finished", "failed", "cancelled")}


class Metrics:
    """Counters and histograms, kept by listening to committed changes and to workers."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._make_figures_of_changes()
        self._make_figures_of_effects()

    def _make_figures_of_changes(self) -> None:
        self._changes = self._counter("changes", "Changes announced.", "what")
        self._failing = Gauge(
            "continuitybot_check_failing",
            "1 while a check is failing.",
            ["check"],
            registry=self.registry,
        )
        self._latency = self._histogram(
            "check_latency_seconds", "Time of successful probes.", _LATENCIES, "check"
        )
        self._runs_ended = self._counter("runs_ended", "Runs that have ended.", "state")
        self._steps = self._counter("steps", "Steps that have ended.", "action", "state")
        self._step_seconds = self._histogram(
            "step_duration_seconds", "From a step's begin to its end.", _STEPS, "action"
        )
        self._step_retries = self._counter(
            "step_retries", "Further tries of steps that had failed.", "action"
        )

    def _make_figures_of_effects(self) -> None:
        self._effects = self._counter(
            "effects", "Effects performed, by what came of them.", "kind", "outcome"
        )
        self._perform_seconds = self._histogram(
            "effect_perform_seconds", "Time of performing an effect.", _QUICK, "kind"
        )
        self._lag = self._histogram(
            "effect_lag_seconds", "From when an effect was due to when it began.", _QUICK, "kind"
        )
        self._retries = self._counter(
            "effect_retries", "Effects put back after a fault that may pass.", "kind"
        )
        self._lost = self._counter(
            "leases_lost", "Outcomes refused because another worker holds the effect.", "kind"
        )
        self._taken_over = self._counter(
            "leases_taken_over", "Effects found begun by a worker that did not end them.", "kind"
        )

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(f"continuitybot_{name}", meaning, labels, registry=self.registry)

    def _histogram(
        self, name: str, meaning: str, buckets: Sequence[float], *labels: str
    ) -> Histogram:
        return Histogram(
            f"continuitybot_{name}", meaning, labels, buckets=buckets, registry=self.registry
        )

    # ---------------------------------------------------------------- changes

    def heard(self, changes: Sequence[Change]) -> None:
        """Count what has been committed."""
        for change in changes:
            self._changes.labels(change.what).inc()
            if change.what == "run.advanced":
                self._count_step(change)
            elif change.what in _ENDED_RUNS:
                self._runs_ended.labels(_ENDED_RUNS[change.what]).inc()
            elif change.what in {"check.failing", "check.healthy"}:
                self._failing.labels(change.ref).set(change.what == "check.failing")
            elif change.what == "check.observed" and change.data.get("latency") is not None:
                self._latency.labels(change.ref).observe(change.data["latency"])

    def _count_step(self, change: Change) -> None:
        data = change.data
        if data["is_retry"]:
            self._step_retries.labels(data["action"]).inc()
        if not data["ended"]:
            return
        self._steps.labels(data["action"], data["state"]).inc()
        if data["started"]:
            took = datetime.fromisoformat(data["ended"]) - datetime.fromisoformat(data["started"])
            self._step_seconds.labels(data["action"]).observe(took.total_seconds())

    # ---------------------------------------------------------------- effects

    def began(self, effect: Effect, lag: timedelta, taken_over: bool) -> None:
        self._lag.labels(effect.kind).observe(max(0.0, lag.total_seconds()))
        if taken_over:
            self._taken_over.labels(effect.kind).inc()

    def ended(self, effect: Effect, state: str, seconds: float) -> None:
        self._perform_seconds.labels(effect.kind).observe(seconds)
        if state != "waiting":
            self._effects.labels(effect.kind, state).inc()

    def retried(self, effect: Effect, reason: str) -> None:
        self._retries.labels(effect.kind).inc()

    def fenced(self, effect: Effect) -> None:
        self._lost.labels(effect.kind).inc()
