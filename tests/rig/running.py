"""Runbooks on a database, with an outside that the test decides."""

from __future__ import annotations

from collections.abc import Iterable

from continuitybot.clock import Clock
from continuitybot.runbooks import Runbooks
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.model import Run
from continuitybot.store import Change, Database, Workers
from rig.outside import Outside
from rig.people import directory_of


class RunbookRoom:
    """The room, its workers, and everything that was announced."""

    def __init__(self, database: Database, clock: Clock, runbooks: Runbooks, outside: Outside):
        self.database = database
        self.clock = clock
        self.runbooks = runbooks
        self.outside = outside
        self.told: list[Change] = []
        self.workers = Workers(database, runbooks.duties(), clock)
        database.subscribe("run.", self._hear)

    async def _hear(self, _tx: object, change: Change) -> None:
        self.told.append(change)

    async def run(self, ref: str) -> Run:
        async with self.database.reading() as tx:
            return await self.runbooks.run(tx, ref)

    async def works(self) -> None:
        """Everything that is due is performed, and what that leads to."""
        await self.workers.run_due()

    async def announce(self, ref: str, what: str, text: str = "", **data: object) -> None:
        """Another room tells of a change."""
        async with self.database.transaction() as tx:
            await tx.announce(Change(ref, what, text, dict(data)))

    async def after_crash(self) -> RunbookRoom:
        """The room as a new process finds it: nothing in memory, leases to be taken over."""
        again = RunbookRoom(self.database, self.clock, self.runbooks, self.outside)
        await again.workers.release_own_leases()
        return again


async def runbook_room(
    database: Database,
    clock: Clock,
    definitions: Iterable[Definition],
    modes: Iterable[str] = ("live",),
) -> RunbookRoom:
    """The room with these runbooks; every mode acts on the same outside."""
    outside = Outside()
    runbooks = Runbooks(
        database,
        {one.name: one for one in definitions},
        {mode: outside.ports() for mode in modes},
        await directory_of(database),
    )
    return RunbookRoom(database, clock, runbooks, outside)
