"""Saying what became of deliveries and broadcasts: each change once, progress now and then."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from continuitybot.broadcast import store
from continuitybot.broadcast.model import (
    Broadcast,
    BroadcastState,
    Counts,
    Delivery,
    broadcast_moved,
)
from continuitybot.store import Change, Duty, Effect, Outcome, Succeeded, Transaction

PROGRESS = "sms.progress"
_PERIOD = 2  # seconds between two words on the progress of one broadcast


def progress_duty() -> Duty:
    """The duty that says how a broadcast stands, at most once in a period."""
    return Duty(PROGRESS, perform=_nothing_outside, record=_progress)


async def announce_deliveries(tx: Transaction, changed: Sequence[Delivery]) -> None:
    """Say what became of deliveries, and that their broadcasts have moved on."""
    for delivery in changed:
        reason = f" ({delivery.reason.rstrip('.')})" if delivery.reason else ""
        await tx.announce(
            Change(
                ref=delivery.ref,
                what="delivery.changed",
                text=f"{delivery.ref}: text to {delivery.person} {delivery.state}{reason}.",
                data={
                    "key": delivery.key,
                    "person": delivery.person,
                    "state": delivery.state.value,
                    "purpose": delivery.purpose,
                    "reason": delivery.reason,
                },
            )
        )
    for ref in {one.ref for one in changed if one.purpose == "broadcast"}:
        await note_progress(tx, ref)


async def note_progress(tx: Transaction, ref: str) -> None:
    """Have the progress of a broadcast said at the end of the present period."""
    period = int(tx.now.timestamp()) // _PERIOD
    wait = (period + 1) * _PERIOD - tx.now.timestamp()
    due = tx.now + timedelta(seconds=wait)
    await tx.enqueue(Effect(f"{ref}/progress/{period}", PROGRESS, due=due, ref=ref))


async def announce_broadcast(
    tx: Transaction, broadcast: Broadcast, what: str, text: str, counts: Counts
) -> None:
    """Say a milestone of a broadcast, or (`progressed`) how it stands.

    Progress carries no incident: a timeline wants the milestones only.
    """
    data: dict[str, Any] = {
        "counts": {state.value: count for state, count in counts.states.items()}
        | {"total": counts.total, "opted_out": counts.opted_out, "missing": counts.missing},
        "replies": dict(counts.replies),
        "state": broadcast.state.value,
        "drill": broadcast.drill,
        "audience": broadcast.plan.audience,
        "requester": broadcast.requester,
        "run": broadcast.run,
    }
    if what != "progressed":
        data["incident"] = broadcast.incident
    await tx.announce(Change(broadcast.ref, f"broadcast.{what}", text, data))


async def finish_if_settled(tx: Transaction, ref: str) -> bool:
    """End a broadcast when nothing is to be done about any of its deliveries; whether it did."""
    broadcast = await store.broadcast(tx, ref, for_change=True)
    counts = await store.counts(tx, broadcast)
    if broadcast.state is BroadcastState.APPROVED:  # everybody has opted out since
        broadcast = broadcast_moved(broadcast, BroadcastState.SENDING)
    if counts.pending or broadcast.state is not BroadcastState.SENDING:
        return False
    finished = replace(broadcast_moved(broadcast, BroadcastState.FINISHED), ended=tx.now)
    await store.save_broadcast(tx, finished)
    await announce_broadcast(tx, finished, "finished", f"{counts.sentence(ref)}.", counts)
    return True


async def _nothing_outside(_effect: Effect) -> Outcome:
    return Succeeded()


async def _progress(tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
    if await finish_if_settled(tx, effect.ref):
        return
    broadcast = await store.broadcast(tx, effect.ref)
    counts = await store.counts(tx, broadcast)
    text = f"{counts.sentence(effect.ref)}."
    await announce_broadcast(tx, broadcast, "progressed", text, counts)
