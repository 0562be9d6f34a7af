"""The rate a carrier allows, shared by all instances: a bucket of segments that refills."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, Float, String, Table, select, update

from continuitybot.store import Transaction, UtcTime, metadata

rates = Table(
    "carrier_rates",
    metadata,
    Column("carrier", String(40), primary_key=True),
    Column("level", Float, nullable=False),
    Column("at", UtcTime, nullable=False),
)


@dataclass(frozen=True)
class Bucket:
    """How many segments may go at once; below zero it is in debt and refills first."""

    level: float
    at: datetime


@dataclass(frozen=True)
class Slots:
    """How many of the texts may go now, and in how many seconds the next one may."""

    granted: int
    wait: float


def drawn(
    bucket: Bucket, sizes: Sequence[int], rate: float, now: datetime, *, urgent: bool = False
) -> tuple[Bucket, Slots]:
    """Draw the segments of texts, in order, at `rate` segments a second.

    The bucket holds one second's worth, and at least one. A text longer than that goes when the
    bucket is full. Urgent texts always go, and what they draw is paid back by those after them.
    """
    capacity = max(1.0, rate)
    elapsed = max(0.0, (now - bucket.at).total_seconds())
    level = min(capacity, bucket.level + elapsed * rate)
    granted = 0
    for size in sizes:
        if not urgent and level < min(size, capacity):
            break
        level -= size
        granted += 1
    rest = sizes[granted:]
    wait = max(0.0, min(sum(rest), capacity) - level) / rate if rest else 0.0
    return Bucket(level, max(bucket.at, now)), Slots(granted, wait)


async def take_slots(
    tx: Transaction, carrier: str, sizes: Sequence[int], rate: float, *, urgent: bool
) -> Slots:
    """Draw from the bucket that all instances share."""
    capacity = max(1.0, rate)
    await tx.execute(tx.insert_once(rates, carrier=carrier, level=capacity, at=tx.now))
    row = await tx.row(select(rates).where(rates.c.carrier == carrier).with_for_update())
    if row is None:
        raise LookupError(f"the bucket of {carrier} is gone")
    bucket, slots = drawn(Bucket(row.level, row.at), sizes, rate, tx.now, urgent=urgent)
    await tx.execute(
        update(rates).where(rates.c.carrier == carrier).values(level=bucket.level, at=bucket.at)
    )
    return slots
