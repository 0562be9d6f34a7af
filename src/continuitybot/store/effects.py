"""The outbox: things to be done outside, stored before they are done.

An effect is a row. Whoever decides something writes the decision and its effects in one
transaction; workers lease due effects, perform them, and record what came of it in one
transaction with whatever the outcome leads to.

States: `waiting` (not due, or due and free), `leased` (somebody performs it now), `done`,
`failed` (definitely not going to happen), `unknown` (may have happened; a person must look),
`cancelled` (withdrawn before it was performed).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, Integer, String, Table, Text

from continuitybot.store.tables import Json, UtcTime, metadata

effects = Table(
    "effects",
    metadata,
    Column("key", String(200), primary_key=True),
    Column("kind", String(60), nullable=False),
    Column("ref", String(60), nullable=False, index=True),
    Column("payload", Json, nullable=False),
    Column("due", UtcTime, nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("owner", String(60), nullable=False, default=""),
    Column("token", Integer, nullable=False, default=0),
    Column("leased_until", UtcTime),
    Column("created", UtcTime, nullable=False),
    Column("ended", UtcTime),
    Column("note", Text, nullable=False, default=""),
    Index("ix_effects_state_due", "state", "due"),
)


@dataclass(frozen=True)
class Effect:
    """One thing to do outside.

    `key` names it for ever (`RUN-12/invoke/1`): enqueuing the same key twice is once.
    `kind` picks the duty that performs it; `payload` is plain JSON; `ref` is the object it
    belongs to; `due` None means now. `attempts` counts how often it was begun, this one
    included, and `token` is the fencing token of the present lease.
    """

    key: str
    kind: str
    payload: dict[str, Any] = field(default_factory=dict)
    due: datetime | None = None
    ref: str = ""
    attempts: int = 0
    token: int = 0


@dataclass(frozen=True)
class Succeeded:
    """It happened. `data` is plain JSON for whoever decides what follows."""

    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Failed:
    """It definitely did not happen and will not."""

    reason: str
    code: str = ""
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Unknown:
    """It may have happened; only the outside or a person can tell."""

    reason: str


@dataclass(frozen=True)
class Again:
    """Not yet: perform it once more after `seconds`.

    A poll returns it, with a new `payload` if it has something to remember; `is_retry` marks
    the pause after a transient fault, which counts against the duty's `attempts`. `in_doubt` says
    that an interrupted try could not be reconciled yet: it stays leased until then, so that
    whoever takes it up asks the outside first.
    """

    seconds: float
    reason: str = ""
    payload: dict[str, Any] | None = None
    is_retry: bool = False
    in_doubt: bool = False


Outcome = Succeeded | Failed | Unknown
