"""Time as a thing that is passed in, so that tests can move it."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where everything outside pure code gets its time from."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Return when this clock has moved on by `seconds`."""
        ...


def steady() -> float:
    """Seconds that nobody sets: they run on while the process is frozen or the machine sleeps."""
    return time.clock_gettime(_STEADY)


# Linux's CLOCK_MONOTONIC stands still while the machine is suspended, CLOCK_BOOTTIME does not.
_STEADY = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))
