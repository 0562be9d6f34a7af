"""The tables of the audit record."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Column, Integer, Row, String, Table, Text, insert, select, update

from continuitybot.audit.chain import START, Entry, Link
from continuitybot.store import Transaction, UtcTime, metadata

audit_entries = Table(
    "audit_entries",
    metadata,
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("who", String(64), nullable=False),
    Column("verb", String(60), nullable=False),
    Column("ref", String(60), nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("platform", String(20), nullable=False),
    Column("approval", String(60), nullable=False),
    Column("outcome", String(10), nullable=False),
    # Text, not JSON: a database may write a JSON number or key order in another way.
    Column("data", Text, nullable=False),
    Column("previous", String(64), nullable=False),
    Column("digest", String(64), nullable=False),
)

# One row: the end of the chain. It is locked by whoever appends, and it betrays a cut tail.
audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("number", Integer, nullable=False),
    Column("digest", String(64), nullable=False),
)


async def head(tx: Transaction) -> Link:
    """The end of the chain."""
    row = await tx.row(select(audit_head))
    return Link() if row is None else Link(row.number, row.digest)


async def lock_head(tx: Transaction) -> Link:
    """The end of the chain, nobody else's until this transaction ends."""
    locked = select(audit_head).with_for_update()
    row = await tx.row(locked)
    if row is None:
        await tx.execute(tx.insert_once(audit_head, id=1, number=0, digest=START))
        row = (await tx.execute(locked)).one()
    return Link(row.number, row.digest)


async def append(tx: Transaction, entry: Entry) -> None:
    """Store an entry and make it the end of the chain; `lock_head` comes first."""
    await tx.execute(insert(audit_entries).values(asdict(entry)))
    await tx.execute(update(audit_head).values(number=entry.number, digest=entry.digest))


async def after(tx: Transaction, number: int, limit: int) -> list[Entry]:
    """The entries that follow one, in the order of the chain."""
    following = audit_entries.c.number > number
    chain = select(audit_entries).where(following).order_by(audit_entries.c.number)
    return _entries(await tx.rows(chain.limit(limit)))


async def newest(tx: Transaction, ref: str | None, limit: int) -> list[Entry]:
    """The last entries, newest first; of one object when `ref` is given."""
    found = select(audit_entries).order_by(audit_entries.c.number.desc()).limit(limit)
    if ref is not None:
        found = found.where(audit_entries.c.ref == ref)
    return _entries(await tx.rows(found))


def _entries(rows: Sequence[Row[Any]]) -> list[Entry]:
    return [Entry(**row._mapping) for row in rows]
