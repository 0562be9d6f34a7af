"""A broadcast and its consent: asked for, given, refused, withdrawn, or ended by a stop."""

from __future__ import annotations

from dataclasses import replace

from continuitybot.approvals import Approvals
from continuitybot.broadcast import store
from continuitybot.broadcast.announcing import announce_broadcast
from continuitybot.broadcast.launching import launch
from continuitybot.broadcast.model import Broadcast, BroadcastState, broadcast_moved
from continuitybot.broadcast.planning import Preview
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.settings.broadcast import BroadcastSettings
from continuitybot.store import Change, Transaction

_APPROVAL = "broadcast"


class Consent:
    """Moves broadcasts on as people decide about them."""

    def __init__(
        self,
        settings: BroadcastSettings,
        directory: Directory,
        approvals: Approvals,
        carriers: tuple[str, ...],
    ) -> None:
        self._settings = settings
        self._directory = directory
        self._approvals = approvals
        self._carriers = carriers

    async def ask(self, tx: Transaction, broadcast: Broadcast, preview: Preview) -> None:
        """Ask for approval of a new broadcast."""
        marked = "DRILL: " if broadcast.drill else ""
        title = f"{marked}text {preview.recipients} people ({preview.audience})"
        who = await self._name(tx, broadcast.requester)
        text = f"{broadcast.ref}: {who} asked to {title}."
        counts = await store.counts(tx, broadcast)
        await announce_broadcast(tx, broadcast, "requested", text, counts)
        await self._approvals.request(
            tx,
            subject=broadcast.ref,
            kind=_APPROVAL,
            title=title,
            plan_hash=broadcast.plan_hash,
            requester=broadcast.requester,
            expires_in=self._settings.approval_expires,
        )

    async def withdraw(self, tx: Transaction, broadcast: Broadcast, by: Person) -> Broadcast:
        """Take a broadcast back that nobody has decided about."""
        cancelled = await _cancel(tx, broadcast, f"{by.name} withdrew it")
        await self._approvals.void(tx, broadcast.ref, f"{by.name} withdrew it.")
        return cancelled

    async def stop(self, tx: Transaction, broadcast: Broadcast, by: Person) -> Broadcast:
        """Keep back what has not left of an approved broadcast."""
        stopped = broadcast_moved(broadcast, BroadcastState.STOPPED)
        stopped = replace(stopped, ended=tx.now, why=f"{by.name} stopped it")
        await store.save_broadcast(tx, stopped)
        kept_back = await store.cancel_unsent(tx, ref=broadcast.ref)
        counts = await store.counts(tx, stopped)
        text = (
            f"{by.name} stopped {broadcast.ref}: {counts.left} texts had left, "
            f"{counts.leaving} may be leaving, {kept_back} were kept back."
        )
        await announce_broadcast(tx, stopped, "stopped", text, counts)
        return stopped

    async def changed(self, tx: Transaction, change: Change) -> None:
        """Follow what became of an approval, in the transaction that decides it."""
        if change.data.get("kind") != _APPROVAL:
            return
        broadcast = await store.broadcast(tx, change.ref, for_change=True)
        if broadcast.state is not BroadcastState.REQUESTED:
            return
        by = str(change.data.get("by", ""))
        match change.what:
            case "approval.granted":
                await self._launch(tx, broadcast, by)
            case "approval.rejected":
                await _cancel(tx, broadcast, f"{await self._name(tx, by)} rejected it")
            case "approval.expired":
                await _cancel(tx, broadcast, "nobody approved it in time")
            case "approval.voided":
                await _cancel(tx, broadcast, "its approval was withdrawn")

    async def _launch(self, tx: Transaction, broadcast: Broadcast, approver: str) -> None:
        if broadcast.plan.carriers != self._carriers:
            await _cancel(tx, broadcast, "the carriers have changed since it was planned")
            return
        first = self._settings.carriers[0]
        await launch(
            tx,
            broadcast,
            roster=await self._directory.roster(tx),
            carrier=first.name,
            rate_per_second=first.rate_per_second,
            approver=approver,
        )

    async def _name(self, tx: Transaction, handle: str) -> str:
        return (await self._directory.roster(tx)).name(handle)


async def _cancel(tx: Transaction, broadcast: Broadcast, why: str) -> Broadcast:
    cancelled = broadcast_moved(broadcast, BroadcastState.CANCELLED)
    cancelled = replace(cancelled, ended=tx.now, why=why)
    await store.save_broadcast(tx, cancelled)
    counts = await store.counts(tx, cancelled)
    text = f"{broadcast.ref} was cancelled: {why}. Nothing was sent."
    await announce_broadcast(tx, cancelled, "cancelled", text, counts)
    return cancelled
