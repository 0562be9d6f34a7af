"""The check that nothing in the record was changed, removed, added or put in another order."""

from __future__ import annotations

from continuitybot.audit import store
from continuitybot.audit.chain import Link, Verdict, fault
from continuitybot.store import Database

CHUNK = 500


async def verify(database: Database) -> Verdict:
    """Follow the whole chain, a chunk at a time, and compare its end with the stored head.

    It finds any change that leaves the rest as it was. Who can rewrite every entry that follows
    and the head as well is found only by comparing with a digest kept elsewhere.
    """
    async with database.reading() as tx:
        end = Link()
        while chunk := await store.after(tx, end.number, CHUNK):
            for entry in chunk:
                if reason := fault(entry, end):
                    return Verdict(False, end.number, end.number + 1, reason)
                end = Link(entry.number, entry.digest)
        head = await store.head(tx)
    if end.number < head.number:
        missing = end.number + 1
        return Verdict(False, end.number, missing, f"The record ends before entry {missing}.")
    if end != head:
        return Verdict(False, head.number, head.number + 1, "The end is not the one noted.")
    return Verdict(True, end.number)
