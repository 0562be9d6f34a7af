"""The runs, and what each of them waits for outside."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Integer, String, Table, UniqueConstraint, delete, insert, select

from continuitybot.errors import NotFound, Stale
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.model import Run
from continuitybot.runbooks.states import ENDED_RUNS
from continuitybot.store import (
    Bulk,
    Document,
    Json,
    Transaction,
    UtcTime,
    from_document,
    metadata,
    to_document,
)

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
    Column("definition", Json, nullable=False, server_default="{}"),
    Column("document", Json, nullable=False),
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
_CHANGED = Bulk(runs, match=("ref", "version"), change=("version", "state", "document"))
_DOCUMENT = Document(Run, apart="definition")


@dataclass(frozen=True)
class _Known:
    """A run as this transaction knows it: of which version, and whether that is to be written."""

    run: Run
    version: int
    changed: bool = False
    waits_changed: bool = False


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
            definition=to_document(run.definition),
            document=_DOCUMENT.dump(run),
        )
    )
    if _subjects(run):
        await _write_waits(tx, [run])
    _know(tx, _Known(run, 1))
    return bool(done.rowcount)


async def load_run(tx: Transaction, ref: str, *, to_change: bool = False) -> Run:
    """A run; `to_change` keeps others from it. Raises NotFound."""
    known = tx.memory.mine.get(_key(ref))
    if known is None and tx.is_optimistic:
        known = tx.memory.last_committed(_key(ref))
    if known is None:
        known = await _read(tx, ref, to_change)
    _know(tx, known)
    return known.run


async def save_run(tx: Transaction, run: Run) -> None:
    """Store a run that was loaded in this transaction, at its end, and what it waits for.

    The transaction fails with Stale when somebody else was faster.
    """
    known: _Known = tx.memory.mine[_key(run.ref)]
    waits_changed = known.waits_changed or _subjects(run) != _subjects(known.run)
    _know(tx, _Known(run, known.version, changed=True, waits_changed=waits_changed))
    tx.before_commit("runs", _write)


async def _read(tx: Transaction, ref: str, to_change: bool) -> _Known:
    statement = select(runs.c.definition, runs.c.document, runs.c.version).where(runs.c.ref == ref)
    row = await tx.row(statement.with_for_update() if to_change else statement)
    if row is None:
        raise NotFound(f"There is no run {ref}.", remedy="`runs` lists them.")
    last: _Known | None = tx.memory.last_committed(_key(ref))
    if last is not None and last.version == row.version:
        return last
    return _Known(_run(row, last.run.definition if last else None), row.version)


def _run(row: Any, definition: Definition | None = None) -> Run:
    """The run of a row; the definition it started with never changes, so it is parsed once."""
    return _DOCUMENT.load(row.document, definition or from_document(Definition, row.definition))


async def _write(tx: Transaction) -> None:
    """Write every run that this transaction has changed."""
    known = [one for one in tx.memory.mine.values() if isinstance(one, _Known) and one.changed]
    rows = [
        {
            "was_ref": one.run.ref,
            "was_version": one.version,
            "version": one.version + 1,
            "state": one.run.state.value,
            "document": _DOCUMENT.dump(one.run),
        }
        for one in known
    ]
    if await _CHANGED.write(tx, rows) != len(rows):
        refs = ", ".join(one.run.ref for one in known)
        raise Stale(f"{refs} has changed meanwhile.", remedy="Look at it, and try again.")
    await _write_waits(tx, [one.run for one in known if one.waits_changed])
    for one in known:
        _know(tx, _Known(one.run, one.version + 1))


async def _write_waits(tx: Transaction, changed: Sequence[Run]) -> None:
    if not changed:
        return
    await tx.execute(delete(run_waits).where(run_waits.c.run.in_([run.ref for run in changed])))
    waits = [
        {"run": run.ref, "step": step, "subject": subject}
        for run in changed
        for step, subject in _subjects(run)
    ]
    if waits:
        await tx.execute(insert(run_waits), waits)


def _subjects(run: Run) -> list[tuple[str, str]]:
    return [
        (id, subject) for id, step in run.steps.items() for subject in dict.fromkeys(step.subjects)
    ]


def _key(ref: str) -> str:
    return f"run/{ref}"


def _know(tx: Transaction, known: _Known) -> None:
    tx.memory.mine[_key(known.run.ref)] = known


async def by_request(tx: Transaction, request_key: str) -> Run | None:
    """The run that was started for a request key."""
    await _write(tx)
    row = await tx.row(select(runs).where(runs.c.request_key == request_key))
    return None if row is None else _run(row)


async def open_children(tx: Transaction, ref: str) -> list[str]:
    """The runs that a run has started and that have not ended."""
    await _write(tx)
    mine = runs.c.request_key.startswith(f"{ref}/", autoescape=True)
    statement = select(runs.c.ref).where(mine, runs.c.state.not_in(_ENDED))
    return [row.ref for row in await tx.rows(statement.order_by(runs.c.ref))]


async def latest(tx: Transaction, *, open_only: bool, limit: int) -> list[Run]:
    """The newest runs first."""
    await _write(tx)
    statement = select(runs).order_by(runs.c.created.desc(), runs.c.ref.desc())
    if open_only:
        statement = statement.where(runs.c.state.not_in(_ENDED))
    return [_run(row) for row in await tx.rows(statement.limit(limit))]


async def waiting_for(tx: Transaction, subjects: Sequence[str]) -> list[str]:
    """The runs that wait for one of these subjects."""
    await _write(tx)
    statement = select(run_waits.c.run).where(run_waits.c.subject.in_(subjects)).distinct()
    return [row.run for row in await tx.rows(statement.order_by(run_waits.c.run))]
