"""Figures of how things stand, read from the database when they are asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from prometheus_client import CollectorRegistry, Gauge
from sqlalchemy import case, func, select

from continuitybot.errors import Transient
from continuitybot.runbooks.census import OPEN_RUNS, Census
from continuitybot.runbooks.waiting import WAITS
from continuitybot.store import Database, effects

_KEPT = timedelta(seconds=5)
"""However often they are asked for, the database is asked once in this time."""


_ready_since = case((effects.c.created > effects.c.due, effects.c.created), else_=effects.c.due)
"""Something urgent is enqueued with a due time before its making."""


class Standing:
    """Open runs, what their steps wait for, and the queue of effects. The same on every instance.

    While the database is away these figures are missing, and `continuitybot_database_up` is 0.
    """

    def __init__(self, database: Database, registry: CollectorRegistry) -> None:
        self._database = database
        self._census = Census(database)
        self._one_reader = asyncio.Lock()
        self._stale_at = database.clock.now()

        def gauge(name: str, meaning: str, *labels: str) -> Gauge:
            return Gauge(f"continuitybot_{name}", meaning, labels, registry=registry)

        self._up = gauge("database_up", "1 when the database answered the last scrape.")
        self._runs = gauge("runs", "Open runs.", "state")
        self._waiting = gauge("steps_waiting", "Steps that wait, by what for.", "waits_for")
        self._due = gauge("effects_due", "Effects that are due and not begun.", "kind")
        self._oldest = gauge(
            "effects_oldest_due_age_seconds", "How long the oldest of them has been due.", "kind"
        )

    async def refresh(self) -> None:
        """Bring the figures up to date, unless they were just now."""
        async with self._one_reader:
            now = self._database.clock.now()
            if now < self._stale_at:
                return
            self._stale_at = now + _KEPT
            try:
                runs, waiting = await self._census.count()
                queue = await self._queue()
            except Transient:
                self._clear()
                return
            self._up.set(1)
            _fill(self._runs, {state: runs.get(state, 0) for state in OPEN_RUNS})
            _fill(self._waiting, {what: waiting.get(what, 0) for what in WAITS})
            _fill(self._due, {kind: count for kind, (count, _age) in queue.items()})
            _fill(self._oldest, {kind: age for kind, (_count, age) in queue.items()})

    async def _queue(self) -> Mapping[str, tuple[int, float]]:
        """Of each kind of effect: how many are due, and since how many seconds the oldest."""
        async with self._database.reading() as tx:
            rows = await tx.rows(
                select(
                    effects.c.kind,
                    func.count().label("number"),
                    func.min(_ready_since).label("oldest"),
                )
                .where(effects.c.state == "waiting", effects.c.due <= tx.now)
                .group_by(effects.c.kind)
            )
        return {row.kind: (row.number, (tx.now - row.oldest).total_seconds()) for row in rows}

    def _clear(self) -> None:
        self._up.set(0)
        for gauge in (self._runs, self._waiting, self._due, self._oldest):
            gauge.clear()


def _fill(gauge: Gauge, values: Mapping[str, float]) -> None:
    gauge.clear()
    for label, value in values.items():
        gauge.labels(label).set(value)
