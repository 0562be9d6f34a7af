"""The time of the database, known without asking it: what several instances agree on."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from sqlalchemy import func, select

from continuitybot.clock import Clock, SystemClock, steady
from continuitybot.store.database import Database
from continuitybot.store.engines import is_shared
from continuitybot.store.tables import UtcTime

_SLOW = 1.0
"""Seconds of a round trip after which its answer says too little about now."""


class DatabaseClock:
    """The database's time when it was last heard, and the seconds that have passed since.

    Until it was heard for the first time, it is the machine's own clock. After that nobody who
    sets the machine's clock, and no time server, moves it.
    """

    def __init__(self) -> None:
        self._heard: tuple[float, datetime] | None = None

    def now(self) -> datetime:
        if self._heard is None:
            return SystemClock().now()
        at, moment = self._heard
        return moment + timedelta(seconds=steady() - at)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))

    def hear(self, moment: datetime, asked: float) -> None:
        """The database, asked at that moment of `clock.steady`, has just said what time it is."""
        answered = steady()
        if self._heard is None or answered - asked < _SLOW:
            self._heard = ((asked + answered) / 2, moment)


def clock_for(url: str) -> Clock:
    """The clock that decides about a database: on PostgreSQL its own, once `agree` has asked."""
    return DatabaseClock() if is_shared(url) else SystemClock()


async def agree(database: Database) -> None:
    """Have the database's clock ask the time for the first time; other clocks need not."""
    if isinstance(database.clock, DatabaseClock):
        async with database.reading() as tx:
            asked = steady()
            told = await tx.execute(select(func.clock_timestamp(type_=UtcTime)))
            database.clock.hear(told.scalar_one(), asked)
