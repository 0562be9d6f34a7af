"""From consent to the outbox: every delivery and the effects that perform them, at once."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from continuitybot.broadcast import store
from continuitybot.broadcast.announcing import announce_broadcast, note_progress
from continuitybot.broadcast.model import (
    Broadcast,
    BroadcastState,
    Delivery,
    DeliveryState,
    Recipient,
    broadcast_moved,
)
from continuitybot.broadcast.sending import CHUNK
from continuitybot.broadcast.templates import text_for
from continuitybot.broadcast.text import measure
from continuitybot.broadcast.turns import CHUNK_SIZE
from continuitybot.people.model import Person
from continuitybot.people.roster import Roster
from continuitybot.store import Effect, Transaction

# Before everything that is due now: a page does not queue behind a broadcast.
_AHEAD = timedelta(hours=1)


async def launch(
    tx: Transaction,
    broadcast: Broadcast,
    *,
    roster: Roster,
    carrier: str,
    rate_per_second: float,
    approver: str,
) -> None:
    """Queue a broadcast that was approved, without those who have opted out since.

    Its chunks become due at the pace of the carrier, so that none has to wait for a slot long.
    """
    planned = await store.recipients(tx, broadcast.ref)
    refusing = {one.handle for one in roster.everyone if one.opted_out}
    recipients = [one for one in planned if one.person not in refusing]
    late = tuple(one.person for one in planned if one.person in refusing)
    approved = replace(
        broadcast_moved(broadcast, BroadcastState.APPROVED),
        approver=approver,
        approved=tx.now,
        plan=replace(broadcast.plan, opted_out=(*broadcast.plan.opted_out, *late)),
    )
    await store.save_broadcast(tx, approved)
    rows = iter(_delivery(approved, recipient, carrier, tx.now) for recipient in recipients)
    number, before = 0, 0
    while chunk := list(islice(rows, CHUNK_SIZE)):
        number += 1
        key = f"{broadcast.ref}/chunk/{number}"
        await store.add_deliveries(tx, [replace(one, chunk=key) for one in chunk])
        due = tx.now + timedelta(seconds=before / rate_per_second)
        await tx.enqueue(Effect(key, CHUNK, due=due, ref=broadcast.ref))
        before += sum(one.segments for one in chunk)
    counts = await store.counts(tx, approved)
    text = f"{broadcast.ref} was approved: {len(recipients)} texts are queued."
    await announce_broadcast(tx, approved, "approved", text, counts)
    await note_progress(tx, broadcast.ref)


async def text_one(
    tx: Transaction, *, key: str, person: Person, body: str, ref: str, purpose: str, carrier: str
) -> bool:
    """Queue one text outside a broadcast, ahead of all of them; once for each key.

    False when the person has no phone or has opted out.
    """
    if not person.phone or person.opted_out:
        return False
    recipient = Recipient(person.handle, person.name, person.phone, person.language)
    delivery = _queued(key, ref, purpose, recipient, body, carrier, tx.now)
    if await store.add_delivery_once(tx, delivery):
        due = tx.now - _AHEAD
        await tx.enqueue(Effect(key, CHUNK, {"urgent": True}, due=due, ref=ref))
    return True


def _delivery(broadcast: Broadcast, recipient: Recipient, carrier: str, now: datetime) -> Delivery:
    source = broadcast.plan.text_in(recipient.language)
    body = text_for(source, recipient, drill=broadcast.drill)
    key = f"{broadcast.ref}/{recipient.person}"
    return _queued(key, broadcast.ref, "broadcast", recipient, body, carrier, now)


def _queued(
    key: str,
    ref: str,
    purpose: str,
    recipient: Recipient,
    body: str,
    carrier: str,
    now: datetime,
) -> Delivery:
    return Delivery(
        key=key,
        ref=ref,
        chunk=key,
        purpose=purpose,
        person=recipient.person,
        phone=recipient.phone,
        body=body,
        segments=measure(body).segments,
        carrier=carrier,
        state=DeliveryState.QUEUED,
        since=now,
        due=now,
    )
