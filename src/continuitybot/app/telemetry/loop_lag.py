"""How late the event loop is: what every other task of this process waits, too."""

from __future__ import annotations

import asyncio

from prometheus_client import CollectorRegistry, Histogram

_EVERY = 0.25
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class LoopLag:
    """Sleeps, and compares. By the machine's time: a clock that is moved has no lag."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._lag = Histogram(
            "continuitybot_event_loop_lag_seconds",
            "How late the event loop wakes a task.",
            buckets=_BUCKETS,
            registry=registry,
        )

    async def measure(self) -> None:
        """Measure for ever."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _EVERY
            await asyncio.sleep(_EVERY)
            self._lag.observe(max(0.0, loop.time() - due))
