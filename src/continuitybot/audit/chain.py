"""The chain: what an entry says, and the digest that binds it to the one before."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

Outcome = Literal["done", "denied", "failed"]

START = "0" * 64
"""What the first entry names as the one before it."""


@dataclass(frozen=True)
class Entry:
    """One act: who, what, where, when, under which approval, and what came of it.

    `number` counts from 1 without gaps; `data` is canonical JSON text, kept exactly as written
    because the digest covers its characters; `previous` is the digest of the entry before.
    """

    number: int
    at: datetime
    who: str
    verb: str
    ref: str
    text: str
    platform: str
    approval: str
    outcome: str
    data: str
    previous: str
    digest: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a check of the whole chain found.

    `count` is how many entries hold; `first_bad` is the number of the first that does not, or
    of the first that is missing; None when all is well.
    """

    ok: bool
    count: int
    first_bad: int | None = None
    reason: str = ""


@dataclass(frozen=True)
class Link:
    """The end of the chain so far: how many entries, and the digest of the last."""

    number: int = 0
    digest: str = START


def digest_of(entry: Entry) -> str:
    """SHA-256 over everything in the entry but the digest itself."""
    said = [
        entry.number,
        entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        entry.who,
        entry.verb,
        entry.ref,
        entry.text,
        entry.platform,
        entry.approval,
        entry.outcome,
        entry.data,
        entry.previous,
    ]
    return hashlib.sha256(canonical(said).encode()).hexdigest()


def fault(entry: Entry, before: Link) -> str:
    """Why this entry cannot follow `before`; "" when it does."""
    if entry.number != before.number + 1:
        return f"Entry {before.number + 1} is missing."
    if entry.previous != before.digest:
        return f"Entry {entry.number} does not follow the entry before it."
    if entry.digest != digest_of(entry):
        return f"Entry {entry.number} was changed."
    return ""


def canonical(value: Any) -> str:
    """JSON with one way to write each value: keys sorted, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
