"""What is remembered of mail flow: every observation for some days, each check's state, mutes."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import (
    Column,
    Float,
    Index,
    Integer,
    Row,
    String,
    Table,
    Text,
    delete,
    insert,
    select,
    update,
)

from continuitybot.mailflow.model import CheckState, Hop, Mute, Observation, State
from continuitybot.store import Json, Transaction, UtcTime, from_document, metadata, to_document

check_states = Table(
    "check_states",
    metadata,
    Column("check", String(40), primary_key=True),
    Column("state", Json, nullable=False),
)

observations = Table(
    "observations",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("check", String(40), nullable=False),
    Column("at", UtcTime, nullable=False, index=True),
    Column("state", String(10), nullable=False),
    Column("latency", Float),
    Column("hop", String(16)),
    Column("code", String(40), nullable=False),
    Column("detail", Text, nullable=False),
    Column("vantage", String(60), nullable=False),
    Index("ix_observations_check_at", "check", "at"),
)

mutes = Table(
    "mutes",
    metadata,
    Column("check", String(40), primary_key=True),
    Column("until", UtcTime, nullable=False),
    Column("by", String(64), nullable=False),
    Column("why", Text, nullable=False),
)


async def lock_state(tx: Transaction, check: str) -> CheckState:
    """A check's state; nobody else changes it until this transaction ends."""
    await tx.execute(tx.insert_once(check_states, check=check, state=to_document(CheckState())))
    statement = select(check_states.c.state).where(check_states.c.check == check)
    row = await tx.row(statement.with_for_update())
    return from_document(CheckState, row.state) if row is not None else CheckState()


async def save_state(tx: Transaction, check: str, state: CheckState) -> None:
    """Replace a check's state, which `lock_state` gave."""
    await tx.execute(
        update(check_states).where(check_states.c.check == check).values(state=to_document(state))
    )


async def states(tx: Transaction) -> Mapping[str, CheckState]:
    """The states of all checks that have one, by name."""
    rows = await tx.rows(select(check_states))
    return {row.check: from_document(CheckState, row.state) for row in rows}


async def add_observation(tx: Transaction, observation: Observation) -> None:
    """Keep one observation."""
    await tx.execute(insert(observations).values(vars(observation)))


async def latest_observations(tx: Transaction, check: str, limit: int) -> tuple[Observation, ...]:
    """A check's latest observations, oldest first."""
    rows = await tx.rows(
        select(observations)
        .where(observations.c.check == check)
        .order_by(observations.c.at.desc(), observations.c.id.desc())
        .limit(limit)
    )
    return tuple(_observation(row) for row in reversed(rows))


async def forget_observations(tx: Transaction, before: datetime) -> None:
    """Drop what is older than a moment."""
    await tx.execute(delete(observations).where(observations.c.at < before))


async def set_mute(tx: Transaction, mute: Mute) -> None:
    """Mute a check, in place of an earlier mute of it."""
    await clear_mute(tx, mute.check)
    await tx.execute(insert(mutes).values(vars(mute)))


async def clear_mute(tx: Transaction, check: str) -> None:
    """Mute a check no more."""
    await tx.execute(delete(mutes).where(mutes.c.check == check))


async def mutes_now(tx: Transaction) -> Mapping[str, Mute]:
    """The mutes that hold at the transaction's moment, by check."""
    rows = await tx.rows(select(mutes).where(mutes.c.until > tx.now))
    return {row.check: Mute(row.check, row.until, row.by, row.why) for row in rows}


def _observation(row: Row[tuple[object, ...]]) -> Observation:
    return Observation(
        at=row.at,
        check=row.check,
        state=State(row.state),
        latency=row.latency,
        hop=Hop(row.hop) if row.hop is not None else None,
        code=row.code,
        detail=row.detail,
        vantage=row.vantage,
    )
