"""What runs hear of the outside: changes that they wait for, in the transaction that makes them."""

from __future__ import annotations

from continuitybot.runbooks import store
from continuitybot.runbooks.events import Cancelled, SubjectChanged
from continuitybot.runbooks.running import apply_event
from continuitybot.store import Change, Transaction

# `check.observed` comes with every probe and tells a waiting run nothing new.
HEARD = (
    "approval.",
    "broadcast.",
    "check.failing",
    "check.flapping",
    "check.found",
    "check.healthy",
    "event.",
    "reply.",
    "run.cancelled",
    "run.failed",
    "run.finished",
)


async def hear(tx: Transaction, change: Change) -> None:
    """Let every run that waits for what has changed look at it again."""
    subjects = frozenset({change.ref, *_directions(change)})
    for ref in await store.waiting_for(tx, sorted(subjects)):
        await apply_event(tx, ref, SubjectChanged(subjects))


async def end_children(tx: Transaction, change: Change) -> None:
    """A run that is cancelled or has failed takes the runs that it started with it."""
    for ref in await store.open_children(tx, change.ref):
        await apply_event(tx, ref, Cancelled("bot", f"{change.ref} has ended"))


async def end_child(tx: Transaction, change: Change) -> None:
    """A step that no longer waits for the run it has started takes it along."""
    if change.data["action"] == "run" and change.data["left"]:
        step = f"{change.ref}/{change.data['step']}"
        for ref in await store.open_children(tx, step):
            await apply_event(tx, ref, Cancelled("bot", f"{step} does not wait for it any more"))


def _directions(change: Change) -> tuple[str, ...]:
    direction = change.data.get("direction", "")
    if direction == "both":
        return ("inbound", "outbound")
    return (direction,) if direction else ()
