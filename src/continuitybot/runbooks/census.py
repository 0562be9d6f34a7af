"""How many runs are open, and what their steps wait for, right now."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from sqlalchemy import String, cast, func, select

from continuitybot.runbooks.states import ENDED_RUNS, RunState
from continuitybot.runbooks.store import runs
from continuitybot.runbooks.waiting import waits_for
from continuitybot.store import Database

OPEN_RUNS = tuple(state.value for state in RunState if state not in ENDED_RUNS)
_PAGE = 50


class Census:
    """Counts open runs, and what their steps wait for; it reads again only runs that changed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: dict[str, tuple[str, Counter[str]]] = {}
        self._waiting: Counter[str] = Counter()

    async def count(self) -> tuple[Mapping[str, int], Mapping[str, int]]:
        """Open runs by state, and waiting steps by what they wait for. Raises Transient."""
        found = await self._versions()
        versions = {ref: version for each in found.values() for ref, version in each.items()}
        gone = [ref for ref, (version, _) in self._known.items() if versions.get(ref) != version]
        for ref in gone:
            self._waiting -= self._known.pop(ref)[1]
        await self._read([ref for ref in versions if ref not in self._known])
        return {state: len(each) for state, each in found.items()}, self._waiting

    async def _versions(self) -> dict[str, dict[str, str]]:
        """The version of each open run, by state: one row a state, since ten thousand take long."""
        pair = runs.c.ref + " " + cast(runs.c.version, String)
        async with self._database.reading() as tx:
            rows = await tx.rows(
                select(runs.c.state, func.aggregate_strings(pair, ",").label("pairs"))
                .where(runs.c.state.in_(OPEN_RUNS))
                .group_by(runs.c.state)
            )
        return {row.state: dict(one.split(" ") for one in row.pairs.split(",")) for row in rows}

    async def _read(self, refs: list[str]) -> None:
        """Read these runs a page at a time, so that whatever else is to be done gets its turn."""
        for start in range(0, len(refs), _PAGE):
            page = runs.c.ref.in_(refs[start : start + _PAGE])
            async with self._database.reading() as tx:
                found = await tx.rows(
                    select(runs.c.ref, runs.c.version, runs.c.definition, runs.c.document).where(
                        page
                    )
                )
            for row in found:
                waits = _waits(row.definition, row.document)
                self._known[row.ref] = (str(row.version), waits)
                self._waiting += waits
            await asyncio.sleep(0)


def _waits(definition: Mapping[str, Any], document: Mapping[str, Any]) -> Counter[str]:
    """What the steps of a stored run wait for, without making a Run of it."""
    actions = dict(_actions(definition["steps"]))
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
