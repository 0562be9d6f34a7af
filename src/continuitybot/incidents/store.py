"""The tables of incidents: themselves, their timelines, what is linked to them, their pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Index,
    Integer,
    Row,
    Select,
    String,
    Table,
    Text,
    insert,
    select,
    update,
)

from continuitybot.errors import NotFound
from continuitybot.incidents.model import Incident, Link, Status, TimelineEntry
from continuitybot.store import Json, Transaction, UtcTime, from_document, metadata, to_document

incidents = Table(
    "incidents",
    metadata,
    Column("ref", String(60), primary_key=True),
    Column("number", Integer, nullable=False),
    Column("status", String(12), nullable=False, index=True),
    Column("document", Json, nullable=False),
)
incident_timeline = Table(
    "incident_timeline",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("incident", String(60), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("who", String(64), nullable=False),
    Column("what", String(60), nullable=False),
    Column("text", Text, nullable=False),
    Column("ref", String(60), nullable=False),
)
incident_links = Table(
    "incident_links",
    metadata,
    Column("ref", String(60), primary_key=True),
    Column("incident", String(60), nullable=False, index=True),
    Column("active", Boolean, nullable=False),
    Column("data", Json, nullable=False),
)
incident_pages = Table(
    "incident_pages",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("incident", String(60), nullable=False),
    Column("step", Integer, nullable=False),
    Column("person", String(64), nullable=False),
    Column("channel", String(12), nullable=False),
    Column("at", UtcTime, nullable=False),
    Column("state", String(12), nullable=False),
    Column("note", Text, nullable=False),
    Index("ix_incident_pages_incident_step", "incident", "step"),
)


@dataclass(frozen=True)
class PageRecord:
    """One page to one person on one channel, and what became of it.

    `step` is the step of the ladder it belongs to, 0 for a page outside the ladder; `state` is
    queued, sent, delivered, failed or unknown; `note` says why it failed.
    """

    key: str
    incident: str
    step: int
    person: str
    channel: str
    at: datetime
    state: str = "queued"
    note: str = ""


async def add(tx: Transaction, incident: Incident) -> None:
    """Store a new incident."""
    row = {"ref": incident.ref, "number": incident.number, **_columns(incident)}
    await tx.execute(insert(incidents).values(row))


async def save(tx: Transaction, incident: Incident) -> None:
    """Store an incident that was read in this transaction with `take` or `take_open`."""
    await tx.execute(
        update(incidents).where(incidents.c.ref == incident.ref).values(_columns(incident))
    )


async def find(tx: Transaction, ref: str) -> Incident:
    """The incident, to look at. Raises NotFound."""
    return _found(ref, await tx.row(_one(ref)))


async def take(tx: Transaction, ref: str) -> Incident:
    """The incident, nobody else's to change until the transaction ends. Raises NotFound."""
    return _found(ref, await tx.row(_one(ref).with_for_update()))


async def take_open(tx: Transaction) -> list[Incident]:
    """Every open incident, newest first, nobody else's to change until the transaction ends."""
    return _all(await tx.rows(_open().with_for_update()))


async def all_open(tx: Transaction) -> list[Incident]:
    """Every open incident, newest first."""
    return _all(await tx.rows(_open()))


async def newest(tx: Transaction, limit: int) -> list[Incident]:
    """The latest incidents, open or closed, newest first."""
    return _all(await tx.rows(select(incidents).order_by(incidents.c.number.desc()).limit(limit)))


async def write_line(tx: Transaction, incident: str, entry: TimelineEntry) -> None:
    """Append a line to the timeline of an incident."""
    await tx.execute(insert(incident_timeline).values({"incident": incident, **vars(entry)}))


async def timeline(tx: Transaction, incident: str) -> list[TimelineEntry]:
    """The timeline of an incident, oldest line first."""
    lines = select(incident_timeline).where(incident_timeline.c.incident == incident)
    rows = await tx.rows(lines.order_by(incident_timeline.c.id))
    return [TimelineEntry(row.at, row.who, row.what, row.text, row.ref) for row in rows]


async def incident_of(tx: Transaction, ref: str) -> str:
    """The incident that an event, broadcast or run belongs to, or ""."""
    row = await tx.row(select(incident_links.c.incident).where(incident_links.c.ref == ref))
    return "" if row is None else str(row.incident)


async def link(tx: Transaction, incident: str, found: Link) -> None:
    """Store what is known of an event, broadcast or run; what was known before is kept."""
    await tx.execute(
        tx.insert_once(incident_links, ref=found.ref, incident=incident, active=True, data={})
    )
    known = select(incident_links).where(incident_links.c.ref == found.ref).with_for_update()
    before = (await tx.execute(known)).one()
    await tx.execute(
        update(incident_links)
        .where(incident_links.c.ref == found.ref)
        .values(active=found.active, data={**before.data, **found.data})
    )


async def links(tx: Transaction, incident: str) -> list[Link]:
    """The events, broadcasts and runs of an incident."""
    found = select(incident_links).where(incident_links.c.incident == incident)
    rows = await tx.rows(found.order_by(incident_links.c.ref))
    return [Link(row.ref, row.active, row.data) for row in rows]


async def add_page(tx: Transaction, page: PageRecord) -> bool:
    """Store a page; False when one of that key is there already."""
    done = await tx.execute(tx.insert_once(incident_pages, **vars(page)))
    return bool(done.rowcount)


async def page(tx: Transaction, key: str) -> PageRecord | None:
    """The page of that key."""
    row = await tx.row(select(incident_pages).where(incident_pages.c.key == key))
    return None if row is None else PageRecord(**row._mapping)


async def pages(tx: Transaction, incident: str, step: int | None = None) -> list[PageRecord]:
    """The pages of an incident, oldest first; of one step when it is given."""
    found = select(incident_pages).where(incident_pages.c.incident == incident)
    if step is not None:
        found = found.where(incident_pages.c.step == step)
    rows = await tx.rows(found.order_by(incident_pages.c.at, incident_pages.c.key))
    return [PageRecord(**row._mapping) for row in rows]


async def note_page(tx: Transaction, known: PageRecord, state: str, note: str) -> PageRecord:
    """Store what became of a page."""
    noted = replace(known, state=state, note=note)
    await tx.execute(
        update(incident_pages)
        .where(incident_pages.c.key == known.key)
        .values(state=state, note=note)
    )
    return noted


def _one(ref: str) -> Select[Any]:
    return select(incidents).where(incidents.c.ref == ref.strip().upper())


def _open() -> Select[Any]:
    still_open = incidents.c.status != Status.CLOSED.value
    return select(incidents).where(still_open).order_by(incidents.c.number.desc())


def _columns(incident: Incident) -> dict[str, Any]:
    return {"status": incident.status.value, "document": to_document(incident)}


def _found(ref: str, row: Row[Any] | None) -> Incident:
    if row is None:
        raise NotFound(f"There is no incident {ref}.", remedy="`incidents` lists them.")
    return from_document(Incident, row.document)


def _all(rows: Sequence[Row[Any]]) -> list[Incident]:
    return [from_document(Incident, row.document) for row in rows]
