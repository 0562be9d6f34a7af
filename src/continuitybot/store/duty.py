"""A duty: how one kind of effect is performed, and what is true of it after a crash."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal

import structlog

from continuitybot.errors import ContinuityError, OutcomeUnknown, Transient, Unreadable
from continuitybot.store.effects import Again, Effect, Failed, Outcome, Unknown
from continuitybot.store.transaction import Transaction

_LEFT_ALONE = 10.0
"""Seconds for which an effect that this version cannot read is left to newer instances."""

log = structlog.get_logger(__name__)

Perform = Callable[[Effect], Awaitable[Outcome | Again]]
Record = Callable[[Transaction, Effect, Outcome], Awaitable[None]]


async def nothing_follows(_tx: Transaction, _effect: Effect, _outcome: Outcome) -> None:
    """The record of an effect whose outcome leads to nothing further."""


@dataclass(frozen=True)
class Duty:
    """How one kind of effect is performed, and what is true of it after a crash.

    `perform` talks to the outside and must end within `lease`; it returns an outcome, or raises
    Transient (tried again with growing pauses, `attempts` times in all), Permanent, Refused or
    OutcomeUnknown. `record` stores what follows, in the transaction that ends the effect; it may
    be called again when that transaction did not come to its end.
    `after_crash` says what happens to an effect that was begun and never recorded: `redo` (it is
    idempotent), `reconcile` (call `reconcile`, which asks the outside whether it happened: an
    outcome, or None when it surely did not and may be performed), or `ask` (it is unknown).
    """

    kind: str
    perform: Perform
    record: Record = nothing_follows
    after_crash: Literal["redo", "reconcile", "ask"] = "redo"
    reconcile: Callable[[Effect], Awaitable[Outcome | Again | None]] | None = None
    lease: timedelta = timedelta(seconds=60)
    attempts: int = 5


async def outcome_of(
    duty: Duty, effect: Effect, confirm: Callable[[], None], *, interrupted: bool
) -> Outcome | Again:
    """Perform an effect; `interrupted` when somebody began it before and never said the end."""
    try:
        async with asyncio.timeout(duty.lease.total_seconds() * 0.9):
            if interrupted and duty.after_crash == "ask":
                return Unknown("The bot stopped while this was under way.")
            if interrupted and (known := await _known_of(duty, effect)) is not None:
                return known
            confirm()  # that the lease is still ours, directly before the outside is touched
            return await duty.perform(effect)
    except Transient as error:
        return _again_or_failed(duty, effect, error)
    except OutcomeUnknown as error:
        return Unknown(str(error))
    except ContinuityError as error:
        return Failed(str(error), error.code)
    except TimeoutError:
        if duty.after_crash == "redo":
            return _again_or_failed(duty, effect, Transient(f"{effect.kind} took too long."))
        return Unknown(f"{effect.kind} took longer than {duty.lease.total_seconds():.0f} s.")
    except Exception as error:  # a fault of ours must end one effect, not the worker
        log.exception("workers.effect_broke")
        reason = f"{type(error).__name__} in {effect.kind}; the log has the details."
        return Failed(reason, "bug") if duty.after_crash == "redo" else Unknown(reason)


async def _known_of(duty: Duty, effect: Effect) -> Outcome | Again | None:
    """What became of an interrupted try; None when it surely did not happen, or may be redone."""
    if duty.after_crash != "reconcile" or duty.reconcile is None:
        return None
    try:
        known = await duty.reconcile(effect)
    except Transient as error:
        known = _again_or_failed(duty, effect, error)
        if isinstance(known, Failed):
            return Unknown(f"Nobody could be asked whether it happened: {known.reason}")
    return replace(known, in_doubt=True) if isinstance(known, Again) else known


def _again_or_failed(duty: Duty, effect: Effect, error: Transient) -> Again | Failed:
    if isinstance(error, Unreadable):
        log.error("workers.left_alone", reason=str(error))
        return Again(_LEFT_ALONE, str(error))
    if effect.attempts >= duty.attempts:
        return Failed(f"{error.text} Given up after {effect.attempts} tries.", error.code)
    pause = error.retry_after
    if pause is None:
        pause = min(60.0, 2.0 ** (effect.attempts - 1))
    return Again(pause, str(error), is_retry=True)
