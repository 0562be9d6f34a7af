"""What the duties of continuity share: being woken, and hearing what came of an effect."""

from __future__ import annotations

from collections.abc import Callable

import structlog

from continuitybot.continuity.carry_out import Clerk
from continuitybot.continuity.model import Decision, Event, OutOfTurn
from continuitybot.store import Effect, Outcome, Succeeded, Transaction

log = structlog.get_logger(__name__)


async def woken(_effect: Effect) -> Outcome:
    """The performance of a timer: there is nothing to do outside."""
    return Succeeded()


async def heard(
    clerk: Clerk, tx: Transaction, effect: Effect, decision_on: Callable[[Event], Decision]
) -> None:
    """Carry out what follows from an outcome; one that comes too late leads to nothing."""
    try:
        await clerk.follow(tx, effect.ref, decision_on)
    except OutOfTurn as late:
        log.info("continuity.too_late", effect=effect.key, reason=late.text)
