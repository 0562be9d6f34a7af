"""The tables of drills: their results, their evidence, and since when each is watched."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Integer, Select, String, Table, Text, insert, select, update

from continuitybot.readiness.model import DrillResult, DrillState, Evidence
from continuitybot.store import Json, Transaction, UtcTime, from_document, metadata, to_document

drill_results = Table(
    "drill_results",
    metadata,
    Column("ref", String(200), primary_key=True),
    Column("runbook", String(100), nullable=False),
    Column("mode", String(20), nullable=False),
    Column("state", String(12), nullable=False),
    Column("started", UtcTime, nullable=False, index=True),
    Column("document", Json, nullable=False),
)

drill_evidence = Table(
    "drill_evidence",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("ref", String(200), nullable=False, index=True),
    Column("at", UtcTime, nullable=False),
    Column("what", String(60), nullable=False),
    Column("text", Text, nullable=False),
)

# A firing due after this moment has been looked at, or was never due while anybody watched.
drill_watch = Table(
    "drill_watch",
    metadata,
    Column("name", String(60), primary_key=True),
    Column("since", UtcTime, nullable=False),
)


async def result(tx: Transaction, ref: str) -> DrillResult | None:
    """The result of one drill."""
    row = await tx.row(select(drill_results.c.document).where(drill_results.c.ref == ref))
    return None if row is None else from_document(DrillResult, row.document)


async def results(tx: Transaction, limit: int) -> list[DrillResult]:
    """The newest results first."""
    rows = await tx.rows(_newest_first().limit(limit))
    return [from_document(DrillResult, row.document) for row in rows]


async def last_of(tx: Transaction, runbook: str, mode: str) -> DrillResult | None:
    """The newest result of one runbook in one mode."""
    same = (drill_results.c.runbook == runbook) & (drill_results.c.mode == mode)
    row = await tx.row(_newest_first().where(same).limit(1))
    return None if row is None else from_document(DrillResult, row.document)


async def last_ended(tx: Transaction) -> DrillResult | None:
    """The newest result that is not still to be seen."""
    over = drill_results.c.state != DrillState.RUNNING.value
    row = await tx.row(_newest_first().where(over).limit(1))
    return None if row is None else from_document(DrillResult, row.document)


async def save(tx: Transaction, found: DrillResult) -> None:
    """Store a result, new or changed."""
    values = {
        "runbook": found.runbook,
        "mode": found.mode,
        "state": found.state.value,
        "started": found.started,
        "document": to_document(found),
    }
    await tx.execute(tx.insert_once(drill_results, ref=found.ref, **values))
    of_ref = drill_results.c.ref == found.ref
    await tx.execute(update(drill_results).where(of_ref).values(values))


async def add_evidence(tx: Transaction, ref: str, what: str, text: str) -> None:
    """Keep one thing that happened in a drill."""
    row = {"ref": ref, "at": tx.now, "what": what, "text": text}
    await tx.execute(insert(drill_evidence).values(row))


async def evidence(tx: Transaction, ref: str) -> tuple[Evidence, ...]:
    """Everything that happened in a drill, in its order."""
    of_ref = select(drill_evidence).where(drill_evidence.c.ref == ref)
    rows = await tx.rows(of_ref.order_by(drill_evidence.c.id))
    return tuple(Evidence(row.at, row.what, row.text) for row in rows)


async def watched_since(tx: Transaction, name: str) -> datetime:
    """Since when the firings of a drill have not been looked at; from now on for a new one."""
    await tx.execute(tx.insert_once(drill_watch, name=name, since=tx.now))
    found = await tx.execute(select(drill_watch.c.since).where(drill_watch.c.name == name))
    since: datetime = found.scalar_one()
    return since


async def watch_from(tx: Transaction, name: str, moment: datetime) -> None:
    """Everything due until that moment was looked at."""
    of_name = drill_watch.c.name == name
    await tx.execute(update(drill_watch).where(of_name).values(since=moment))


def _newest_first() -> Select[Any]:
    return select(drill_results.c.document).order_by(drill_results.c.started.desc())
