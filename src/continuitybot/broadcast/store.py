"""The tables of broadcasts and their deliveries, and every question asked of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    bindparam,
    func,
    insert,
    select,
    update,
)

from continuitybot.broadcast import inbox
from continuitybot.broadcast.model import (
    UNSENT,
    Broadcast,
    BroadcastState,
    Counts,
    Delivery,
    DeliveryState,
    Recipient,
)
from continuitybot.errors import NotFound
from continuitybot.store import Json, Transaction, UtcTime, from_document, metadata, to_document

broadcasts = Table(
    "broadcasts",
    metadata,
    Column("ref", String(40), primary_key=True),
    Column("state", String(12), nullable=False),
    Column("requested", UtcTime, nullable=False, index=True),
    Column("request_key", String(200), unique=True),
    Column("document", Json, nullable=False),
    # Apart from the document: there may be thousands, and only the approval needs them.
    Column("recipients", Json, nullable=False),
)

deliveries = Table(
    "deliveries",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("ref", String(40), nullable=False, index=True),
    Column("chunk", String(200), nullable=False),
    Column("purpose", String(20), nullable=False),
    Column("person", String(80), nullable=False),
    Column("phone", String(20), nullable=False, index=True),
    Column("body", Text, nullable=False),
    Column("segments", Integer, nullable=False),
    Column("carrier", String(40), nullable=False),
    Column("state", String(12), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("due", UtcTime),
    Column("tries", Integer, nullable=False),
    Column("refused", Json, nullable=False),
    Column("sid", String(120), nullable=False),
    Column("code", String(40), nullable=False),
    Column("reason", Text, nullable=False),
    Column("asked_from", UtcTime),
    Index("ix_deliveries_chunk_due", "chunk", "due"),
    Index("ix_deliveries_carrier_sid", "carrier", "sid"),
)


async def add_broadcast(
    tx: Transaction, broadcast: Broadcast, recipients: Sequence[Recipient], request_key: str
) -> None:
    """Store a new broadcast with the people it would go to."""
    people = [[r.person, r.name, r.phone, r.language] for r in recipients]
    await tx.execute(
        insert(broadcasts).values(
            ref=broadcast.ref,
            state=broadcast.state,
            requested=broadcast.requested,
            request_key=request_key or None,
            document=to_document(broadcast),
            recipients=people,
        )
    )


async def save_broadcast(tx: Transaction, broadcast: Broadcast) -> None:
    """Store a broadcast that was read for change in this transaction."""
    await tx.execute(
        update(broadcasts)
        .where(broadcasts.c.ref == broadcast.ref)
        .values(state=broadcast.state, document=to_document(broadcast))
    )


async def broadcast(tx: Transaction, ref: str, *, for_change: bool = False) -> Broadcast:
    """The broadcast of that reference. Raises NotFound."""
    question = select(broadcasts.c.document).where(broadcasts.c.ref == ref)
    row = await tx.row(question.with_for_update() if for_change else question)
    if row is None:
        raise NotFound(f"There is no broadcast {ref}.", remedy="`broadcasts` lists them.")
    return from_document(Broadcast, row.document)


async def requested_as(tx: Transaction, request_key: str) -> Broadcast | None:
    """The broadcast that was requested under that key."""
    question = select(broadcasts.c.document).where(broadcasts.c.request_key == request_key)
    row = await tx.row(question)
    return from_document(Broadcast, row.document) if row else None


async def state_of(tx: Transaction, ref: str) -> BroadcastState | None:
    """The state of a broadcast; None when the reference is no broadcast's."""
    row = await tx.row(select(broadcasts.c.state).where(broadcasts.c.ref == ref))
    return BroadcastState(row.state) if row else None


async def latest_broadcasts(tx: Transaction, limit: int) -> list[Broadcast]:
    """The newest broadcasts first."""
    question = select(broadcasts.c.document).order_by(broadcasts.c.requested.desc()).limit(limit)
    return [from_document(Broadcast, row.document) for row in await tx.rows(question)]


async def recipients(tx: Transaction, ref: str) -> list[Recipient]:
    """The people a broadcast was requested for."""
    row = await tx.row(select(broadcasts.c.recipients).where(broadcasts.c.ref == ref))
    return [Recipient(*person) for person in row.recipients] if row else []


async def add_deliveries(tx: Transaction, new: Iterable[Delivery]) -> None:
    """Store new deliveries."""
    values = [_values(delivery) for delivery in new]
    if values:
        await tx.execute(insert(deliveries), values)


async def add_delivery_once(tx: Transaction, new: Delivery) -> bool:
    """Store one delivery; False when its key was there."""
    return bool((await tx.execute(tx.insert_once(deliveries, **_values(new)))).rowcount)


async def save_deliveries(tx: Transaction, changed: Sequence[Delivery]) -> None:
    """Store deliveries that were read for change in this transaction."""
    if not changed:
        return
    values = [_values(delivery) for delivery in changed]
    rows = [{f"new_{name}": value for name, value in row.items()} for row in values]
    names = [name for name in _COLUMNS if name != "key"]
    await tx.execute(
        update(deliveries)
        .where(deliveries.c.key == bindparam("new_key"))
        .values({name: bindparam(f"new_{name}") for name in names}),
        rows,
    )


async def due_in(tx: Transaction, chunk: str, limit: int) -> list[Delivery]:
    """The deliveries of a chunk about which something is to be done now, for change."""
    question = (
        select(deliveries)
        .where(deliveries.c.chunk == chunk, deliveries.c.due <= tx.now)
        .order_by(deliveries.c.due, deliveries.c.key)
        .limit(limit)
        .with_for_update()
    )
    return [_delivery(row) for row in await tx.rows(question)]


async def next_due(tx: Transaction, chunk: str) -> datetime | None:
    """When something is to be done about a delivery of a chunk next."""
    row = await tx.row(select(func.min(deliveries.c.due)).where(deliveries.c.chunk == chunk))
    return row[0] if row else None


async def by_keys(tx: Transaction, keys: Collection[str]) -> list[Delivery]:
    """The deliveries of these keys, for change."""
    question = select(deliveries).where(deliveries.c.key.in_(keys)).order_by(deliveries.c.key)
    return [_delivery(row) for row in await tx.rows(question.with_for_update())]


async def unsettled_in(tx: Transaction, chunk: str) -> list[Delivery]:
    """The deliveries of a chunk that something is still to be done about, for change."""
    question = select(deliveries).where(deliveries.c.chunk == chunk, deliveries.c.due.is_not(None))
    return [_delivery(row) for row in await tx.rows(question.with_for_update())]


async def by_sid(tx: Transaction, carrier: str, sid: str) -> Delivery | None:
    """The delivery that a carrier knows under a name of its own, for change."""
    question = select(deliveries).where(deliveries.c.carrier == carrier, deliveries.c.sid == sid)
    row = await tx.row(question.with_for_update())
    return _delivery(row) if row else None


async def claimed_sids(tx: Transaction, phones: Collection[str]) -> frozenset[str]:
    """The carriers' names of every text to these phones that is known to be a delivery."""
    question = select(deliveries.c.sid).where(
        deliveries.c.phone.in_(phones), deliveries.c.sid != ""
    )
    return frozenset(row.sid for row in await tx.rows(question))


async def deliveries_of(tx: Transaction, ref: str) -> list[Delivery]:
    """Every delivery of a reference, by person."""
    question = select(deliveries).where(_belongs_to(ref)).order_by(deliveries.c.person)
    return [_delivery(row) for row in await tx.rows(question)]


async def cancel_unsent(tx: Transaction, *, ref: str = "", phone: str = "") -> int:
    """Cancel what has not left, of a broadcast or to a phone; how many texts that were."""
    statement = update(deliveries).where(deliveries.c.state.in_(UNSENT))
    statement = statement.where(_belongs_to(ref) if ref else deliveries.c.phone == phone).values(
        state=DeliveryState.CANCELLED, since=tx.now, due=None
    )
    return int((await tx.execute(statement)).rowcount)


async def last_broadcast_to(tx: Transaction, phone: str, since: datetime) -> str | None:
    """The newest broadcast that was handed over for a phone since then."""
    question = (
        select(deliveries.c.ref)
        .where(
            deliveries.c.phone == phone,
            deliveries.c.purpose == "broadcast",
            deliveries.c.asked_from >= since,
        )
        .order_by(deliveries.c.asked_from.desc())
        .limit(1)
    )
    row = await tx.row(question)
    return row.ref if row else None


async def counts(tx: Transaction, broadcast: Broadcast) -> Counts:
    """How the deliveries and replies of a broadcast stand."""
    ref = broadcast.ref
    rows = await tx.rows(
        select(
            deliveries.c.state,
            func.count().label("texts"),
            func.count(deliveries.c.due).label("pending"),
        )
        .where(deliveries.c.ref == ref, deliveries.c.purpose == "broadcast")
        .group_by(deliveries.c.state)
    )
    return Counts(
        states={DeliveryState(row.state): row.texts for row in rows},
        pending=sum(row.pending for row in rows),
        opted_out=len(broadcast.plan.opted_out),
        missing=len(broadcast.plan.missing),
        replies=await inbox.meanings(tx, ref),
    )


def _belongs_to(ref: str) -> ColumnElement[bool]:
    """The texts of a broadcast itself, and not those that ask people to approve it."""
    return (deliveries.c.ref == ref) & (deliveries.c.purpose == "broadcast")


_COLUMNS = tuple(column.name for column in fields(Delivery))


def _values(delivery: Delivery) -> dict[str, Any]:
    return {name: getattr(delivery, name) for name in _COLUMNS} | {
        "refused": list(delivery.refused)
    }


def _delivery(row: Row[Any]) -> Delivery:
    values = dict(row._mapping)
    return Delivery(
        **values | {"state": DeliveryState(values["state"]), "refused": tuple(values["refused"])}
    )
