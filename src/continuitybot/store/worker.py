"""Workers: lease due effects, perform them, record what came of it. One mechanism for all."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress

import structlog
from sqlalchemy import update

from continuitybot.clock import Clock
from continuitybot.errors import Transient
from continuitybot.log import about
from continuitybot.store.database import Database
from continuitybot.store.duty import Duty, outcome_of
from continuitybot.store.effects import Again, Effect, Outcome, effects
from continuitybot.store.leasing import Begun, DueEffects, state_after
from continuitybot.store.recording import Recorder
from continuitybot.store.watching import Silent, Watcher, facts_of

_SWEEP = 5.0
"""Seconds after which a worker looks for work although nothing told it to."""

_NOTHING_DUE = 60.0 * 60

_TO_THE_END = 5.0
"""Seconds that a stop waits for what is being performed."""

log = structlog.get_logger(__name__)


class Workers:
    """Performs what is due, up to `limit` things at a time, until stopped."""

    def __init__(
        self,
        database: Database,
        duties: Iterable[Duty],
        clock: Clock,
        limit: int = 32,
        watcher: Watcher | None = None,
    ) -> None:
        self._database = database
        self._watcher = watcher or Silent()
        self._clock = clock
        self._limit = limit
        self._duties: dict[str, Duty] = {}
        for duty in duties:
            if duty.kind in self._duties:
                raise ValueError(f"two duties perform {duty.kind!r}")
            self._duties[duty.kind] = duty
        leases = {kind: duty.lease for kind, duty in self._duties.items()}
        self._due = DueEffects(database.instance, leases)
        self._recorder = Recorder(database, leases, self._spare_slots, self._begin_all)
        self._running: set[asyncio.Task[None]] = set()
        self._slot_free = asyncio.Event()
        self._begun = 0
        self._others_wait = False
        self.last_turn = clock.now()
        self.trouble = ""
        """What kept the last outcome from being stored; "" when it was stored."""

    async def run(self) -> None:
        """Work for ever; a database that is away for a while only delays it."""
        while True:
            self._database.wake.clear()
            try:
                pause = await self._begin_due()
                self.last_turn = self._clock.now()
            except Transient as error:
                log.warning("workers.database_away", reason=str(error))
                self.trouble = str(error)
                pause = 1.0
            if pause > 0:
                await self._wait(min(pause, _SWEEP))

    async def run_due(self) -> int:
        """Perform everything that is due now, and what that leads to; how many there were."""
        before = self._begun
        while True:
            self._database.wake.clear()
            nothing_due = await self._begin_due() > 0
            while self._running:
                await asyncio.wait(self._running, return_when=asyncio.FIRST_COMPLETED)
                if self._others_wait or self._database.wake.is_set():
                    break
            else:
                if nothing_due and not self._database.wake.is_set():
                    return self._begun - before

    async def stop(self) -> None:
        """Let what is being performed come to its end for a few seconds, then leave it."""
        self._others_wait = True  # what ends now leads to nothing that would begin here
        with suppress(TimeoutError):
            async with asyncio.timeout(_TO_THE_END):
                while self._running:
                    await asyncio.wait(self._running)
        for task in self._running:
            task.cancel()
        await self._recorder.drain()

    async def release_own_leases(self) -> None:
        """On SQLite: whatever was being performed when the process died is interrupted now."""
        if self._database.single_process:
            async with self._database.transaction() as tx:
                await tx.execute(
                    update(effects).where(effects.c.state == "leased").values(leased_until=tx.now)
                )

    # ------------------------------------------------------------------ what to begin

    async def _begin_due(self) -> float:
        """Begin what is due, as far as there are slots; seconds until there is more to begin.

        0 means at once, if there are slots.
        """
        free = self._limit - len(self._running)
        if free <= 0:
            self._others_wait = True
            return _SWEEP
        if not self._others_wait and (pause := await self._until_next_due()) > 0:
            return pause
        async with self._database.transaction() as tx:
            leased = await self._due.lease(tx, free)
        self._others_wait = len(leased) == free
        for begun in leased:
            self._begin(begun)
        return 0.0 if leased else 0.05  # another instance has them locked

    async def _until_next_due(self) -> float:
        async with self._database.reading() as tx:
            due = await self._due.next_due(tx)
        if due is None:
            return _NOTHING_DUE
        return max(0.0, (due - self._clock.now()).total_seconds())

    def _spare_slots(self) -> int:
        """How many effects may begin without having waited; -1 when others wait for a slot."""
        return -1 if self._others_wait else self._limit - len(self._running)

    async def _wait(self, seconds: float) -> None:
        self._slot_free.clear()
        waits = [
            asyncio.ensure_future(self._clock.sleep(seconds)),
            asyncio.ensure_future(self._database.wake.wait()),
        ]
        if len(self._running) >= self._limit:
            waits = [waits[0], asyncio.ensure_future(self._slot_free.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()

    # ------------------------------------------------------------------ one effect

    def _begin_all(self, taken: Sequence[Effect]) -> None:
        for effect in taken:
            self._begin(Begun(effect))

    def _begin(self, begun: Begun) -> None:
        self._begun += 1
        task = asyncio.create_task(self._perform(begun), name=begun.effect.key)
        self._running.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        self._slot_free.set()
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("workers.record_failed", effect=task.get_name(), exc_info=error)

    async def _perform(self, begun: Begun) -> None:
        effect, duty = begun.effect, self._duties[begun.effect.kind]
        with about(**facts_of(effect)):
            self._watcher.began(effect, begun.lag, begun.taken_over)
            if begun.taken_over:
                log.info("workers.took_over", attempts=effect.attempts)
            since = time.perf_counter()
            outcome = await outcome_of(
                duty, effect, self._database.tenure.confirm, interrupted=begun.taken_over
            )
            took = time.perf_counter() - since
            is_ours = await self._store(duty, effect, outcome)
            self._tell_watcher(effect, outcome, took, is_ours)

    async def _store(self, duty: Duty, effect: Effect, outcome: Outcome | Again) -> bool:
        for pause in (0.05, 0.2, 1.0, 3.0):
            try:
                return await self._try_to_store(duty, effect, outcome)
            except Transient as error:
                log.warning("workers.database_away", reason=str(error))
                self.trouble = str(error)
                await asyncio.sleep(pause)
        return await self._try_to_store(duty, effect, outcome)

    async def _try_to_store(self, duty: Duty, effect: Effect, outcome: Outcome | Again) -> bool:
        is_ours = await self._recorder.store(duty, effect, outcome)
        self.trouble = ""
        return is_ours

    def _tell_watcher(
        self, effect: Effect, outcome: Outcome | Again, took: float, is_ours: bool
    ) -> None:
        if not is_ours:
            log.warning("workers.fenced")
            self._watcher.fenced(effect)
            return
        if isinstance(outcome, Again) and outcome.is_retry:
            self._watcher.retried(effect, outcome.reason)
        self._watcher.ended(effect, state_after(outcome), took)
