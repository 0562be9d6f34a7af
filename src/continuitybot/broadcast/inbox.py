"""What came in from carriers: people's answers, and what was seen before."""

from __future__ import annotations

from sqlalchemy import Column, String, Table, Text, delete, func, insert, select

from continuitybot.store import Transaction, UtcTime, metadata

replies = Table(
    "broadcast_replies",
    metadata,
    Column("ref", String(40), primary_key=True),
    Column("person", String(80), primary_key=True),
    Column("at", UtcTime, nullable=False),
    Column("text", Text, nullable=False),
    Column("meaning", String(80), nullable=False),
)

seen = Table(
    "carrier_callbacks_seen",
    metadata,
    Column("carrier", String(40), primary_key=True),
    Column("what", String(200), primary_key=True),
    Column("at", UtcTime, nullable=False),
)


async def first_time(tx: Transaction, carrier: str, what: str) -> bool:
    """False when this receipt or reply came before."""
    added = await tx.execute(tx.insert_once(seen, carrier=carrier, what=what, at=tx.now))
    return bool(added.rowcount)


async def came_before(tx: Transaction, carrier: str, what: str) -> bool:
    """Whether this receipt or reply was dealt with before."""
    known = (seen.c.carrier == carrier) & (seen.c.what == what)
    return await tx.row(select(seen.c.what).where(known)) is not None


async def note_reply(tx: Transaction, ref: str, person: str, text: str, meaning: str) -> None:
    """Store a person's answer to a broadcast, in place of an earlier one."""
    mine = (replies.c.ref == ref) & (replies.c.person == person)
    await tx.execute(delete(replies).where(mine))
    await tx.execute(
        insert(replies).values(ref=ref, person=person, at=tx.now, text=text, meaning=meaning)
    )


async def meanings(tx: Transaction, ref: str) -> dict[str, int]:
    """How many people answered what."""
    question = (
        select(replies.c.meaning, func.count().label("people"))
        .where(replies.c.ref == ref)
        .group_by(replies.c.meaning)
        .order_by(replies.c.meaning)
    )
    return {row.meaning: row.people for row in await tx.rows(question)}
