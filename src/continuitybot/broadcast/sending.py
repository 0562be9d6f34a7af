"""Handing texts to carriers: each once, whatever happens to this process in between.

An effect performs one chunk of deliveries, in turns. A turn notes in one transaction whom it is
about to text (`sending`), hands those texts over, and stores the answers in another. Whatever a
turn finds in `sending` was begun by somebody who never came back: the carrier is asked about it
before anything is sent again. A chunk is done when nothing is to be done about any of its
deliveries: all receipts are in, or overdue and asked for once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from continuitybot.broadcast import store
from continuitybot.broadcast.announcing import announce_deliveries, note_progress
from continuitybot.broadcast.answers import Answer, Found, Report, Rules, Verdict, about, answered
from continuitybot.broadcast.carrier import Carrier
from continuitybot.broadcast.exchange import Exchange
from continuitybot.broadcast.model import UNSENT, Delivery, DeliveryState, moved
from continuitybot.broadcast.turns import CHUNK_SIZE, Turns
from continuitybot.clock import Clock
from continuitybot.people.directory import Directory
from continuitybot.settings.broadcast import CarrierSettings
from continuitybot.store import Again, Database, Duty, Effect, Outcome, Succeeded, Transaction

CHUNK = "sms.chunk"
_PATIENCE = 2.0  # seconds a turn waits for others to end before it lets other work go first


class Sender:
    """Performs chunks of deliveries."""

    def __init__(
        self,
        database: Database,
        settings: Sequence[CarrierSettings],
        carriers: Mapping[str, Carrier],
        rules: Rules,
        directory: Directory,
        clock: Clock,
    ) -> None:
        self._database = database
        self._directory = directory
        self._rules = rules
        self._turns = Turns({one.name: one for one in settings}, rules)
        self._exchange = Exchange(carriers, rules, clock)
        at_once = min((one.concurrency for one in settings), default=1)
        self._lanes = asyncio.Semaphore(max(1, at_once // CHUNK_SIZE))

    def duty(self) -> Duty:
        """The duty of every chunk; its rows know how far it came, so it may be begun again."""
        return Duty(CHUNK, self.perform, self._ended, after_crash="redo", attempts=20)

    async def perform(self, effect: Effect) -> Outcome | Again:
        """One turn of a chunk. A page does not wait for the turns of broadcasts."""
        if effect.payload.get("urgent"):
            return await self._turn(effect)
        try:
            async with asyncio.timeout(_PATIENCE):
                await self._lanes.acquire()
        except TimeoutError:
            return Again(1.0, "Other texts are being sent.")
        try:
            return await self._turn(effect)
        finally:
            self._lanes.release()

    async def _turn(self, effect: Effect) -> Outcome | Again:
        async with self._database.transaction() as tx:
            turn = await self._turns.begin(tx, effect.key)
        answers = await self._exchange.hand_over(turn.send)
        answers |= await self._exchange.ask(turn.ask)
        async with self._database.transaction() as tx:
            await self._store(tx, {one.key: one for one in (*turn.send, *turn.ask)}, answers)
            due = await store.next_due(tx, effect.key)
            if due is None:
                return Succeeded()
            wait = max(0.0, (due - tx.now).total_seconds())
            return Again(wait if turn.wait is None else max(wait, turn.wait))

    async def _store(
        self,
        tx: Transaction,
        begun: Mapping[str, Delivery],
        answers: Mapping[str, Answer | Found],
    ) -> None:
        """Store what came of a turn; a delivery that moved on meanwhile keeps its newer state."""
        changed = []
        present = await store.by_keys(tx, list(answers))
        claimed = await store.claimed_sids(tx, {one.phone for one in present})
        for now_is in present:
            was, answer = begun[now_is.key], answers[now_is.key]
            if (now_is.carrier, now_is.tries) != (was.carrier, was.tries):
                continue
            if isinstance(answer, Found):
                answer = about(now_is, answer, claimed)
            becomes = answered(now_is, answer, tx.now, self._rules)
            if becomes != now_is:
                changed.append(becomes)
                claimed |= {becomes.sid}
            if isinstance(answer, Report) and answer.verdict is Verdict.OPTED_OUT:
                await self._directory.set_opted_out(tx, now_is.phone, True)
        await store.save_deliveries(tx, changed)
        await announce_deliveries(tx, changed)

    async def _ended(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        """A chunk that broke leaves nothing waiting for ever: its texts fail, or stay unknown."""
        if not isinstance(outcome, Succeeded):
            left = await store.unsettled_in(tx, effect.key)
            given_up = [_given_up(one, tx.now, outcome.reason) for one in left]
            await store.save_deliveries(tx, given_up)
            await announce_deliveries(tx, given_up)
        if await store.state_of(tx, effect.ref) is not None:
            await note_progress(tx, effect.ref)


def _given_up(delivery: Delivery, now: datetime, reason: str) -> Delivery:
    if delivery.state in UNSENT:
        return moved(delivery, DeliveryState.FAILED, now, reason=reason)
    if delivery.state is DeliveryState.SENDING:
        return moved(delivery, DeliveryState.UNKNOWN, now, reason=reason)
    return replace(delivery, due=None)
