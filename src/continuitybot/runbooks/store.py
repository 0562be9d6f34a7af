"""The runs, and what each of them waits for outside."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import (
    Column,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    delete,
    insert,
    select,
    text,
)
from sqlalchemy import update as update_table

from continuitybot.errors import NotFound, Stale
from continuitybot.runbooks.model import Run
from continuitybot.runbooks.states import ENDED_RUNS
from continuitybot.store import Json, Transaction, UtcTime, from_document, metadata, to_document

runs = Table(
    "runs",
    metadata,
    Column("ref", String(20), primary_key=True),
    Column("request_key", String(120), nullable=False),
    Column("version", Integer, nullable=False),
    Column("state", String(12), nullable=False, index=True),
    Column("runbook", String(60), nullable=False),
    Column("incident", String(20), nullable=False, index=True),
    Column("created", UtcTime, nullable=False, index=True),
    Column("document", Json, nullable=False),
    Column("history", Text, nullable=False, server_default=text("''")),
    UniqueConstraint("request_key"),
)

run_waits = Table(
    "run_waits",
    metadata,
    Column("run", String(20), primary_key=True),
    Column("step", String(40), primary_key=True),
    Column("subject", String(120), primary_key=True, index=True),
)


_ENDED = [state.value for state in ENDED_RUNS]


async def insert_run(tx: Transaction, run: Run, request_key: str) -> bool:
    """Store a run that begins; False when its request key has a run already."""
    done = await tx.execute(
        tx.insert_once(
            runs,
            ref=run.ref,
            request_key=request_key,
            version=1,
            state=run.state.value,
            runbook=run.definition.name,
            incident=run.incident,
            created=run.created,
            document=to_document(run),
        )
    )
    return bool(done.rowcount)


async def load_run(tx: Transaction, ref: str, *, to_change: bool = False) -> tuple[Run, int]:
    """A run and its version; `to_change` keeps others from it. Raises NotFound."""
    statement = select(runs.c.document, runs.c.version).where(runs.c.ref == ref)
    row = await tx.row(statement.with_for_update() if to_change else statement)
    if row is None:
        raise NotFound(f"There is no run {ref}.", remedy="`runs` lists them.")
    return from_document(Run, row.document), row.version


async def save_run(tx: Transaction, run: Run, version: int, line: str) -> None:
    """Store a changed run, the line of its history that says why, and what it waits for.

    The line goes along with the run in one statement: a table of its own would cost a second one
    at every step. Raises Stale when `version` is not the last.
    """
    done = await tx.execute(
        update_table(runs)
        .where(runs.c.ref == run.ref, runs.c.version == version)
        .values(
            version=version + 1,
            state=run.state.value,
            document=to_document(run),
            history=runs.c.history + line,
        )
    )
    if not done.rowcount:
        raise Stale(f"{run.ref} has changed meanwhile.", remedy="Look at it, and try again.")
    await tx.execute(delete(run_waits).where(run_waits.c.run == run.ref))
    waits = [
        {"run": run.ref, "step": id, "subject": subject}
        for id, step in run.steps.items()
        for subject in dict.fromkeys(step.subjects)
    ]
    if waits:
        await tx.execute(insert(run_waits).values(waits))


async def by_request(tx: Transaction, request_key: str) -> Run | None:
    """The run that was started for a request key."""
    row = await tx.row(select(runs.c.document).where(runs.c.request_key == request_key))
    return None if row is None else from_document(Run, row.document)


async def open_children(tx: Transaction, ref: str) -> list[str]:
    """The runs that a run has started and that have not ended."""
    mine = runs.c.request_key.startswith(f"{ref}/", autoescape=True)
    statement = select(runs.c.ref).where(mine, runs.c.state.not_in(_ENDED))
    return [row.ref for row in await tx.rows(statement.order_by(runs.c.ref))]


async def latest(tx: Transaction, *, open_only: bool, limit: int) -> list[Run]:
    """The newest runs first."""
    statement = select(runs.c.document).order_by(runs.c.created.desc(), runs.c.ref.desc())
    if open_only:
        statement = statement.where(runs.c.state.not_in(_ENDED))
    return [from_document(Run, row.document) for row in await tx.rows(statement.limit(limit))]


async def waiting_for(tx: Transaction, subjects: Sequence[str]) -> list[str]:
    """The runs that wait for one of these subjects."""
    statement = select(run_waits.c.run).where(run_waits.c.subject.in_(subjects)).distinct()
    return [row.run for row in await tx.rows(statement.order_by(run_waits.c.run))]


async def history_of(tx: Transaction, ref: str) -> str:
    """Everything that has happened to a run; history.read_history reads it."""
    row = await tx.row(select(runs.c.history).where(runs.c.ref == ref))
    return "" if row is None else str(row.history)


async def of_incident(tx: Transaction, incident: str) -> list[str]:
    """The runs of an incident, the oldest first."""
    statement = select(runs.c.ref).where(runs.c.incident == incident)
    return [row.ref for row in await tx.rows(statement.order_by(runs.c.created, runs.c.ref))]
