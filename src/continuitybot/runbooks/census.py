"""How many runs are open, and what their steps wait for, right now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import select

from continuitybot.runbooks.states import ENDED_RUNS, RunState
from continuitybot.runbooks.store import runs
from continuitybot.runbooks.waiting import waits_for
from continuitybot.store import Database

OPEN_RUNS = tuple(state.value for state in RunState if state not in ENDED_RUNS)
_PAGE = 100


class Census:
    """Counts open runs, and what their steps wait for; it reads again only runs that changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[int, Counter[str]]] = {}

    async def count(self) -> tuple[Counter[str], Counter[str]]:
        """Open runs by state, and waiting steps by what they wait for. Raises Transient."""
        async with self._database.reading() as tx:
            found = await tx.rows(
                select(runs.c.ref, runs.c.version, runs.c.state).where(runs.c.state.in_(OPEN_RUNS))
            )
        versions = {row.ref: row.version for row in found}
        self._known = {
            ref: known for ref, known in self._known.items() if known[0] == versions.get(ref)
        }
        await self._read([ref for ref in versions if ref not in self._known])
        waiting: Counter[str] = Counter()
        for _version, waits in self._known.values():
            waiting.update(waits)
        return Counter(row.state for row in found), waiting

    async def _read(self, refs: list[str]) -> None:
        """Read these runs a page at a time, so that whatever else is to be done gets its turn."""
        for start in range(0, len(refs), _PAGE):
            page = runs.c.ref.in_(refs[start : start + _PAGE])
            async with self._database.reading() as tx:
                found = await tx.rows(
                    select(runs.c.ref, runs.c.version, runs.c.document).where(page)
                )
            for row in found:
                self._known[row.ref] = (row.version, _waits(row.document))
            await asyncio.sleep(0)


def _waits(document: Mapping[str, Any]) -> Counter[str]:
    """What the steps of a stored run wait for, without making a Run of it."""
    actions = dict(_actions(document["definition"]["steps"]))
    found = (
        waits_for(actions[id], step["state"], step["waits"], step["subjects"])
        for id, step in document["steps"].items()
    )
    return Counter(filter(None, found))


def _actions(steps: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for step in steps:
        yield step["id"], step["action"]
        for branch in step["branches"]:
            yield from _actions(branch)
