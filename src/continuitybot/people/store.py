"""The tables of the directory."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import replace

from sqlalchemy import Boolean, Column, Integer, String, Table, delete, insert, select, update

from continuitybot.people.model import Person
from continuitybot.store import Json, Transaction, UtcTime, from_document, metadata, to_document

people = Table(
    "people",
    metadata,
    Column("handle", String(64), primary_key=True),
    Column("active", Boolean, nullable=False),
    Column("document", Json, nullable=False),
)

opted_out_phones = Table(
    "opted_out_phones",
    metadata,
    Column("phone", String(20), primary_key=True),
    Column("since", UtcTime, nullable=False),
)

# One row, locked by whoever changes the directory. The edition is a new random word at each
# change: what a transaction read and then rolled back can never be mistaken for a later edition.
directory_editions = Table(
    "directory_editions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("edition", String(32), nullable=False),
)

_CHUNK = 500


async def edition(tx: Transaction) -> str:
    """The name of the directory's present contents."""
    row = await tx.row(select(directory_editions.c.edition))
    return "" if row is None else str(row.edition)


async def lock(tx: Transaction) -> None:
    """Let others who want to change the directory wait until this transaction ends."""
    await tx.execute(tx.insert_once(directory_editions, id=1, edition=""))
    await tx.execute(select(directory_editions).with_for_update())


async def load(tx: Transaction) -> list[Person]:
    """Everybody, those who left included."""
    out = {row.phone for row in await tx.rows(select(opted_out_phones.c.phone))}
    rows = await tx.rows(select(people.c.document).order_by(people.c.handle))
    found = [from_document(Person, row.document) for row in rows]
    return [replace(one, opted_out=one.phone in out) for one in found]


async def save(tx: Transaction, persons: Iterable[Person]) -> None:
    """Store these people as they now are; everybody else stays."""
    await _begin_edition(tx)
    rows = [
        {
            "handle": one.handle,
            "active": one.active,
            "document": to_document(replace(one, opted_out=False)),
        }
        for one in persons
    ]
    for start in range(0, len(rows), _CHUNK):
        chunk = rows[start : start + _CHUNK]
        await tx.execute(delete(people).where(people.c.handle.in_([r["handle"] for r in chunk])))
        await tx.execute(insert(people), chunk)


async def set_opted_out(tx: Transaction, phone: str, opted_out: bool) -> bool:
    """Note whether a number wants texts; False when that was known."""
    await _begin_edition(tx)
    if opted_out:
        row = tx.insert_once(opted_out_phones, phone=phone, since=tx.now)
        return bool((await tx.execute(row)).rowcount)
    gone = delete(opted_out_phones).where(opted_out_phones.c.phone == phone)
    return bool((await tx.execute(gone)).rowcount)


async def _begin_edition(tx: Transaction) -> None:
    await lock(tx)
    await tx.execute(update(directory_editions).values(edition=uuid.uuid4().hex))
