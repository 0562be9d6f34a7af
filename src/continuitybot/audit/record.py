"""Writing to the record, and reading its latest entries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from continuitybot.audit import store
from continuitybot.audit.chain import Entry, Outcome, canonical, digest_of
from continuitybot.store import Database, Transaction


async def record(
    tx: Transaction,
    *,
    who: str,
    verb: str,
    ref: str = "",
    text: str = "",
    platform: str = "",
    approval: str = "",
    outcome: Outcome = "done",
    data: Mapping[str, Any] | None = None,
) -> Entry:
    """Append what was done to the record, in the transaction that does it.

    `who` is a handle or `bot`. Everybody who appends waits for the one before, so it belongs at
    the end of a transaction.
    """
    before = await store.lock_head(tx)
    entry = Entry(
        number=before.number + 1,
        at=tx.now,
        who=who,
        verb=verb,
        ref=ref,
        text=text,
        platform=platform,
        approval=approval,
        outcome=outcome,
        data=canonical(dict(data or {})),
        previous=before.digest,
    )
    entry = replace(entry, digest=digest_of(entry))
    await store.append(tx, entry)
    return entry


async def record_denial(
    database: Database, *, who: str, verb: str, ref: str = "", text: str = "", platform: str = ""
) -> None:
    """Append that somebody was refused: in a transaction of its own, since theirs is undone."""
    async with database.transaction() as tx:
        await record(
            tx, who=who, verb=verb, ref=ref, text=text, platform=platform, outcome="denied"
        )


async def entries(tx: Transaction, ref: str | None = None, limit: int = 100) -> list[Entry]:
    """The latest entries, newest first; those about one object when `ref` is given."""
    return await store.newest(tx, ref, limit)
