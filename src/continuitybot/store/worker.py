"""Workers: lease due effects, perform them, record what came of it. One mechanism for all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Literal

import structlog
from sqlalchemy import or_, select, update

from continuitybot.clock import Clock
from continuitybot.errors import ContinuityError, OutcomeUnknown, Transient, Unreadable
from continuitybot.store.database import Database, Transaction
from continuitybot.store.effects import Again, Effect, Failed, Outcome, Succeeded, Unknown, effects

_SWEEP = 5.0
"""Seconds after which a worker looks for work although nothing told it to."""
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
    OutcomeUnknown. `record` stores what follows, in the transaction that ends the effect.
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


class Workers:
    """Performs what is due, up to `limit` things at a time, until stopped."""

    def __init__(
        self, database: Database, duties: Iterable[Duty], clock: Clock, limit: int = 32
    ) -> None:
        self._database = database
        self._clock = clock
        self._limit = limit
        self._duties: dict[str, Duty] = {}
        for duty in duties:
            if duty.kind in self._duties:
                raise ValueError(f"two duties perform {duty.kind!r}")
            self._duties[duty.kind] = duty
        self._running: set[asyncio.Task[None]] = set()
        self._slot_free = asyncio.Event()
        self.last_turn = clock.now()
        self.trouble = ""
        """What kept the last outcome from being stored; "" when it was stored."""

    async def run(self) -> None:
        """Work for ever; a database that is away for a while only delays it."""
        while True:
            self._database.wake.clear()
            try:
                begun = await self._begin_due()
                pause = 0.0 if begun else await self._until_next_due()
                self.last_turn = self._clock.now()
            except Transient as error:
                log.warning("workers.database_away", reason=str(error))
                self.trouble = str(error)
                begun, pause = 0, 1.0
            if begun == 0:
                await self._wait(pause)

    async def run_due(self) -> int:
        """Perform everything that is due now, and what that leads to; how many there were."""
        total = 0
        while begun := await self._begin_due():
            total += begun
            while self._running:
                await asyncio.wait(self._running)
        return total

    async def stop(self) -> None:
        """Let what is being performed come to its end for a few seconds, then leave it."""
        if self._running:
            await asyncio.wait(self._running, timeout=5)
        for task in self._running:
            task.cancel()

    async def release_own_leases(self) -> None:
        """On SQLite: whatever was being performed when the process died is interrupted now."""
        if self._database.single_process:
            async with self._database.transaction() as tx:
                await tx.execute(
                    update(effects).where(effects.c.state == "leased").values(leased_until=tx.now)
                )

    async def _until_next_due(self) -> float:
        if len(self._running) >= self._limit:
            return _SWEEP
        due = await self._database.next_due(self._duties)
        if due is None:
            return _SWEEP
        return min(_SWEEP, max(0.01, (due - self._clock.now()).total_seconds()))

    async def _wait(self, seconds: float) -> None:
        self._slot_free.clear()
        waits = [
            asyncio.ensure_future(self._clock.sleep(seconds)),
            asyncio.ensure_future(self._database.wake.wait()),
        ]
        if len(self._running) >= self._limit:
            waits.append(asyncio.ensure_future(self._slot_free.wait()))
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    async def _begin_due(self) -> int:
        free = self._limit - len(self._running)
        leased = await self._lease(free) if free > 0 else []
        for effect, interrupted in leased:
            task = asyncio.create_task(self._perform(effect, interrupted), name=effect.key)
            self._running.add(task)
            task.add_done_callback(self._ended)
        return len(leased)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slot_free.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("workers.record_failed", effect=task.get_name(), exc_info=error)

    async def _lease(self, count: int) -> list[tuple[Effect, bool]]:
        async with self._database.transaction() as tx:
            free_or_abandoned = or_(
                (effects.c.state == "waiting") & (effects.c.due <= tx.now),
                (effects.c.state == "leased") & (effects.c.leased_until <= tx.now),
            )
            found = await tx.rows(
                select(effects)
                .where(free_or_abandoned, effects.c.kind.in_(self._duties))
                .order_by(effects.c.due, effects.c.key)
                .limit(count)
                .with_for_update(skip_locked=True)
            )
            leased = []
            for row in found:
                duty = self._duties[row.kind]
                effect = Effect(
                    key=row.key,
                    kind=row.kind,
                    payload=row.payload,
                    due=row.due,
                    ref=row.ref,
                    attempts=row.attempts + 1,
                    token=row.token + 1,
                )
                await tx.execute(
                    update(effects)
                    .where(effects.c.key == row.key)
                    .values(
                        state="leased",
                        owner=self._database.instance,
                        token=effect.token,
                        attempts=effect.attempts,
                        leased_until=tx.now + duty.lease,
                    )
                )
                leased.append((effect, row.state == "leased"))
        return leased

    async def _perform(self, effect: Effect, interrupted: bool) -> None:
        duty = self._duties[effect.kind]
        outcome = await self._outcome(duty, effect, interrupted)
        for pause in (0.05, 0.2, 1.0, 3.0):
            try:
                return await self._store(duty, effect, outcome)
            except Transient as error:
                log.warning("workers.database_away", effect=effect.key, reason=str(error))
                self.trouble = str(error)
                await asyncio.sleep(pause)
        await self._store(duty, effect, outcome)

    async def _store(self, duty: Duty, effect: Effect, outcome: Outcome | Again) -> None:
        async with self._database.transaction() as tx:
            if isinstance(outcome, Again):
                await _put_back(tx, effect, outcome)
            elif await _end(tx, effect, outcome):
                await duty.record(tx, effect, outcome)
        self.trouble = ""

    async def _outcome(self, duty: Duty, effect: Effect, interrupted: bool) -> Outcome | Again:
        try:
            async with asyncio.timeout(duty.lease.total_seconds() * 0.9):
                if interrupted and duty.after_crash == "ask":
                    return Unknown("The bot stopped while this was under way.")
                if interrupted and duty.after_crash == "reconcile" and duty.reconcile is not None:
                    known = await duty.reconcile(effect)
                    if known is not None:
                        return known
                self._database.tenure.confirm()
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
            log.exception("workers.effect_broke", effect=effect.key, kind=effect.kind)
            reason = f"{type(error).__name__} in {effect.kind}; the log has the details."
            return Failed(reason, "bug") if duty.after_crash == "redo" else Unknown(reason)


async def _put_back(tx: Transaction, effect: Effect, again: Again) -> None:
    due = tx.now + timedelta(seconds=again.seconds)
    await _move(
        tx,
        effect,
        state="waiting",
        owner="",
        due=due,
        payload=effect.payload if again.payload is None else again.payload,
        attempts=effect.attempts if again.is_retry else 0,
        note=again.reason,
    )
    tx.earliest_due = due


async def _end(tx: Transaction, effect: Effect, outcome: Outcome) -> bool:
    state, note = _ending(outcome)
    return await _move(tx, effect, state=state, ended=tx.now, note=note)


async def _move(tx: Transaction, effect: Effect, **values: Any) -> bool:
    """Change an effect's row if it is still ours; False when another took it over."""
    ours = (
        (effects.c.key == effect.key)
        & (effects.c.token == effect.token)
        & (effects.c.state == "leased")
    )
    moved = bool((await tx.execute(update(effects).where(ours).values(values))).rowcount)
    if not moved:
        log.warning("workers.fenced", effect=effect.key)
    return moved


def _ending(outcome: Outcome) -> tuple[str, str]:
    match outcome:
        case Succeeded():
            return "done", ""
        case Failed(reason=reason):
            return "failed", reason
        case Unknown(reason=reason):
            return "unknown", reason


def _again_or_failed(duty: Duty, effect: Effect, error: Transient) -> Again | Failed:
    if isinstance(error, Unreadable):
        log.error("workers.left_alone", effect=effect.key, reason=str(error))
        return Again(_LEFT_ALONE, str(error))
    if effect.attempts >= duty.attempts:
        return Failed(f"{error.text} Given up after {effect.attempts} tries.", error.code)
    pause = error.retry_after
    if pause is None:
        pause = min(60.0, 2.0 ** (effect.attempts - 1))
    return Again(pause, str(error), is_retry=True)
