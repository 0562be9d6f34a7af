"""The table of approvals."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, String, Table, insert, select, update

from continuitybot.approvals.model import Approval, State
from continuitybot.store import Json, Transaction, UtcTime, from_document, metadata, to_document

approvals = Table(
    "approvals",
    metadata,
    Column("id", String(60), primary_key=True),
    Column("subject", String(60), nullable=False),
    Column("state", String(12), nullable=False),
    Column("plan_hash", String(64), nullable=False),
    Column("created", UtcTime, nullable=False),
    Column("document", Json, nullable=False),
    Index("ix_approvals_subject_state", "subject", "state"),
)

_is_pending = approvals.c.state == State.PENDING.value

# What a person approves by reference alone must be one thing.
Index(
    "uq_approvals_pending_subject",
    approvals.c.subject,
    unique=True,
    sqlite_where=_is_pending,
    postgresql_where=_is_pending,
)


async def add(tx: Transaction, approval: Approval) -> None:
    """Store a new approval."""
    await tx.execute(insert(approvals).values(id=approval.id, **_columns(approval)))


async def replace_pending(tx: Transaction, old: Approval, new: Approval) -> bool:
    """Put `new` in the place of `old` if that still waits for the same plan, in one statement."""
    statement = (
        update(approvals)
        .where(
            approvals.c.id == old.id,
            _is_pending,
            approvals.c.plan_hash == old.plan_hash,
        )
        .values(_columns(new))
    )
    return bool((await tx.execute(statement)).rowcount)


async def lock(tx: Transaction, approval_id: str) -> Approval:
    """The approval of that id, nobody else's to change until the transaction ends."""
    found = select(approvals.c.document).where(approvals.c.id == approval_id).with_for_update()
    return from_document(Approval, (await tx.execute(found)).scalar_one())


async def latest(tx: Transaction, subject: str) -> Approval | None:
    """The approval of a subject that is pending, or else its newest."""
    row = await tx.row(
        select(approvals.c.document)
        .where(approvals.c.subject == subject)
        .order_by(_is_pending.desc(), approvals.c.created.desc())
        .limit(1)
    )
    return None if row is None else from_document(Approval, row.document)


async def pending(tx: Transaction, subject: str | None = None) -> list[Approval]:
    """What waits for a decision, oldest first; about one subject when it is given."""
    waiting = select(approvals.c.document).where(_is_pending)
    if subject is not None:
        waiting = waiting.where(approvals.c.subject == subject)
    rows = await tx.rows(waiting.order_by(approvals.c.created, approvals.c.id))
    return [from_document(Approval, row.document) for row in rows]


def _columns(approval: Approval) -> dict[str, Any]:
    return {
        "subject": approval.subject,
        "state": approval.state.value,
        "plan_hash": approval.plan_hash,
        "created": approval.created,
        "document": to_document(approval),
    }
