"""The beginning of a turn: whose text is handed over now, and which ones are asked about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

from continuitybot.broadcast import store
from continuitybot.broadcast.announcing import announce_broadcast, announce_deliveries
from continuitybot.broadcast.answers import Rules, abandoned
from continuitybot.broadcast.model import (
    UNSENT,
    BroadcastState,
    Delivery,
    DeliveryState,
    broadcast_moved,
    moved,
)
from continuitybot.broadcast.rate import take_slots
from continuitybot.settings.broadcast import CarrierSettings
from continuitybot.store import Transaction

CHUNK_SIZE = 50
_ASKED_ABOUT = (DeliveryState.SENT, DeliveryState.UNKNOWN)


@dataclass(frozen=True)
class Turn:
    """What one turn of a chunk does: texts to hand over, texts to ask about, and then waits."""

    send: Sequence[Delivery] = ()
    ask: Sequence[Delivery] = ()
    wait: float | None = None


class Turns:
    """Begins turns, by the rates of the carriers."""

    def __init__(self, carriers: Mapping[str, CarrierSettings], rules: Rules) -> None:
        self._carriers = carriers
        self._rules = rules

    async def begin(self, tx: Transaction, chunk: str) -> Turn:
        """Note in this transaction what the turn is about to do."""
        found = await store.due_in(tx, chunk, CHUNK_SIZE)
        lost = [one for one in found if one.state is DeliveryState.SENDING]
        doubtful = [abandoned(one, tx.now, self._rules) for one in lost]
        await store.save_deliveries(tx, doubtful)
        await announce_deliveries(tx, doubtful)
        ask = [*doubtful, *(one for one in found if one.state in _ASKED_ABOUT)]
        waiting = [one for one in found if one.state in UNSENT]
        if not waiting:
            return Turn(ask=ask)
        if not await _may_send(tx, waiting[0]):
            await _cancel(tx, waiting)
            return Turn(ask=ask)
        send, wait = await self._noted(tx, waiting)
        return Turn(send, ask, wait)

    async def _noted(
        self, tx: Transaction, waiting: Sequence[Delivery]
    ) -> tuple[list[Delivery], float | None]:
        """Those whose turn it is by the carrier's rate, noted as `sending`; the others wait."""
        name, group = next(groupby(waiting, key=lambda one: one.carrier))
        settings = self._carriers.get(name)
        if settings is None:
            return await self._without_carrier(tx, waiting[0])
        texts = list(group)[: settings.concurrency]
        slots = await take_slots(
            tx,
            name,
            [one.segments for one in texts],
            settings.rate_per_second,
            urgent=texts[0].purpose != "broadcast",
        )
        noted = [
            replace(
                moved(one, DeliveryState.SENDING, tx.now, due=tx.now + self._rules.settle),
                tries=one.tries + 1,
                asked_from=tx.now,
            )
            for one in texts[: slots.granted]
        ]
        await store.save_deliveries(tx, noted)
        return noted, slots.wait if slots.granted < len(texts) else None

    async def _without_carrier(
        self, tx: Transaction, delivery: Delivery
    ) -> tuple[list[Delivery], float | None]:
        """The settings no longer have the carrier that was to take it: the next one does."""
        carrier = self._rules.next_carrier(delivery)
        if carrier is not None:
            changed = replace(delivery, carrier=carrier)
        else:
            reason = f"There is no carrier {delivery.carrier} any more."
            changed = moved(delivery, DeliveryState.FAILED, tx.now, reason=reason)
        await store.save_deliveries(tx, [changed])
        await announce_deliveries(tx, [changed])
        return [], None


async def _may_send(tx: Transaction, first: Delivery) -> bool:
    """False when its broadcast was stopped; the first to go moves the broadcast to sending."""
    if first.purpose != "broadcast":
        return True
    state = await store.state_of(tx, first.ref)
    if state is BroadcastState.APPROVED:
        await _begin_broadcast(tx, first.ref)
    return state is not BroadcastState.STOPPED


async def _cancel(tx: Transaction, waiting: Sequence[Delivery]) -> None:
    cancelled = [moved(one, DeliveryState.CANCELLED, tx.now) for one in waiting]
    await store.save_deliveries(tx, cancelled)
    await announce_deliveries(tx, cancelled)


async def _begin_broadcast(tx: Transaction, ref: str) -> None:
    broadcast = await store.broadcast(tx, ref, for_change=True)
    if broadcast.state is not BroadcastState.APPROVED:
        return  # another instance was quicker
    sending = broadcast_moved(broadcast, BroadcastState.SENDING)
    await store.save_broadcast(tx, sending)
    counts = await store.counts(tx, sending)
    text = f"{ref} is being sent to {sending.plan.people} people."
    await announce_broadcast(tx, sending, "sending", text, counts)
