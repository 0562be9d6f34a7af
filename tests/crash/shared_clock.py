"""One moved clock for several processes: whoever dies takes no time with it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from multiprocessing.context import ForkServerContext

_START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


class SharedClock:
    """Stands still until `advance`, in every process that was given it."""

    def __init__(self, processes: ForkServerContext) -> None:
        self._microseconds = processes.RawValue("q", 0)

    def now(self) -> datetime:
        return _START + timedelta(microseconds=self._microseconds.value)

    async def sleep(self, seconds: float) -> None:
        # Another process moves the clock, and memory wakes nobody.
        until = self.now() + timedelta(seconds=seconds)
        while self.now() < until:  # noqa: ASYNC110 - see above
            await asyncio.sleep(0.01)

    def advance_to(self, moment: datetime) -> None:
        """It is `moment` now, for everybody."""
        self._microseconds.value = (moment - _START) // timedelta(microseconds=1)
