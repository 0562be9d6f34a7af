"""When the timers of a run are due: a run names them, and the effects know the moment."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select

from continuitybot.runbooks.model import Purpose, Run
from continuitybot.store import Transaction, effects

_TIMERS = (Purpose.TIMEOUT, Purpose.RETRY, Purpose.MOMENT)


async def due_moments(tx: Transaction, run: Run) -> Mapping[str, datetime]:
    """The moment of each timer that an open step waits for, by the key of its effect."""
    keys = [
        step.waits[purpose]
        for step in (run.steps[id] for id in run.open_steps)
        for purpose in _TIMERS
        if purpose in step.waits
    ]
    if not keys:
        return {}
    rows = await tx.rows(select(effects.c.key, effects.c.due).where(effects.c.key.in_(keys)))
    return {row.key: row.due for row in rows}
