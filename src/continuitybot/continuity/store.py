"""The events table: one row per event, the event itself as a document."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Boolean, Column, Integer, String, Table, insert, select, update

from continuitybot.continuity.model import CLOSED, Event
from continuitybot.errors import NotFound, Stale
from continuitybot.store import Json, Transaction, UtcTime, from_document, metadata, to_document

events = Table(
    "continuity_events",
    metadata,
    Column("ref", String(30), primary_key=True),
    Column("version", Integer, nullable=False),
    Column("open", Boolean, nullable=False, index=True),
    Column("start", UtcTime, nullable=False),
    Column("document", Json, nullable=False),
)


def _columns(event: Event) -> dict[str, object]:
    return {
        "version": event.version,
        "open": event.state not in CLOSED,
        "start": event.start,
        "document": to_document(event),
    }


async def add(tx: Transaction, event: Event) -> None:
    """Store a new event."""
    await tx.execute(insert(events).values(ref=event.ref, **_columns(event)))


async def change(tx: Transaction, event: Event) -> Event:
    """Store what an event has become, under the next version. Raises Stale for a late writer."""
    newer = replace(event, version=event.version + 1)
    written = await tx.execute(
        update(events)
        .where(events.c.ref == event.ref, events.c.version == event.version)
        .values(**_columns(newer))
    )
    if not written.rowcount:
        raise Stale(f"{event.ref} was changed by somebody else at the same moment.")
    return newer


async def event(tx: Transaction, ref: str, *, to_change: bool = False) -> Event:
    """The event of a reference; `to_change` keeps others from changing it meanwhile."""
    wanted = select(events.c.document).where(events.c.ref == ref.upper())
    row = await tx.row(wanted.with_for_update() if to_change else wanted)
    if row is None:
        raise NotFound(f"There is no event {ref}.", remedy="`events` lists them.")
    return from_document(Event, row.document)


async def all_events(tx: Transaction, *, open_only: bool) -> list[Event]:
    """Events, the latest first."""
    wanted = select(events.c.document).order_by(events.c.start.desc(), events.c.ref.desc())
    rows = await tx.rows(wanted.where(events.c.open) if open_only else wanted)
    return [from_document(Event, row.document) for row in rows]
