"""Drills by the calendar: begun in time or reported missed, and what became of each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from zlib import crc32

from continuitybot import audit
from continuitybot.clock import Clock
from continuitybot.errors import BadInput, NotFound, Problem
from continuitybot.people.model import BOT
from continuitybot.readiness import store
from continuitybot.readiness.model import (
    DrillReport,
    DrillResult,
    DrillState,
    DrillView,
    heard,
)
from continuitybot.settings.readiness import DrillSettings
from continuitybot.store import (
    Change,
    Database,
    Duty,
    Effect,
    Failed,
    Outcome,
    Schedule,
    Schedules,
    Succeeded,
    Transaction,
    cron,
    next_after,
)

_KIND = "drill"


class DrillStarter(Protocol):
    """How a drill's runbook is started."""

    async def start(self, runbook: str, inputs: Mapping[str, Any], mode: str, key: str) -> str:
        """Start a run and return its reference; the same key starts one run only.

        Raises Refused (NotFound, BadInput) when the runbook cannot be started like this.
        """
        ...


class Drills:
    """Every drill of the settings, and the results of all that were held."""

    def __init__(
        self,
        database: Database,
        settings: Sequence[DrillSettings],
        starter: DrillStarter,
        clock: Clock,
        time_zone: str = "UTC",
    ) -> None:
        self._database = database
        self._settings = {drill.name: drill for drill in settings}
        self._starter = starter
        self._clock = clock
        self._schedules = {drill.name: _schedule(drill, time_zone) for drill in settings}
        database.subscribe("run.", self._heard)

    @property
    def planned(self) -> bool:
        """Whether the settings have any drill."""
        return bool(self._settings)

    def schedules(self) -> list[Schedule]:
        """When each drill is due."""
        return list(self._schedules.values())

    def duties(self) -> list[Duty]:
        """What the workers do for drills: begin them."""
        return [Duty(_KIND, perform=self._begin, record=self._begun)]

    async def catch_up(self, schedules: Schedules) -> None:
        """Look at every firing that was due while no bot was running."""
        for drill in self._settings.values():
            await self._catch_up(schedules, self._schedules[drill.name].name, _calendar(drill))

    async def _catch_up(self, schedules: Schedules, name: str, calendar: str) -> None:
        watched = f"{name}#{calendar}"  # moments of another calendar were never due
        async with self._database.transaction() as tx:
            since, until = await store.watched_since(tx, watched), tx.now
        await schedules.catch_up(since, only=lambda schedule: schedule.name == name)
        async with self._database.transaction() as tx:
            await store.watch_from(tx, watched, until)

    async def drills(self, tx: Transaction) -> list[DrillView]:
        """Each drill of the settings: when it comes next, and how it went last."""
        return [
            DrillView(
                name=drill.name,
                runbook=drill.runbook,
                mode=drill.mode,
                next=next_after(self._schedules[drill.name].trigger, tx.now),
                last=await store.last_of(tx, drill.runbook, drill.mode),
            )
            for drill in self._settings.values()
        ]

    async def results(self, tx: Transaction, limit: int = 20) -> list[DrillResult]:
        """All drills that were held or missed, newest first."""
        return await store.results(tx, limit)

    async def last_ended(self, tx: Transaction) -> DrillResult | None:
        """The newest drill that is not still running."""
        return await store.last_ended(tx)

    async def drill_report(self, tx: Transaction, ref: str) -> DrillReport:
        """The result of one drill and its evidence. Raises NotFound."""
        found = await store.result(tx, ref)
        if found is None:
            raise NotFound(f"There is no drill {ref}.", remedy="`drill list` shows the last ones.")
        return DrillReport(found, await store.evidence(tx, ref))

    async def _begin(self, effect: Effect) -> Outcome:
        drill = self._settings.get(effect.payload["name"])
        if drill is None:
            return Failed("It was taken out of the settings.")
        due = datetime.fromisoformat(effect.payload["due"])
        if self._clock.now() - due > drill.grace:
            return Failed("The bot was not running at that time.")
        ref = await self._starter.start(drill.runbook, drill.inputs, drill.mode, effect.key)
        return Succeeded({"ref": ref})

    async def _begun(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        if isinstance(outcome, Succeeded):
            return  # the run tells the rest itself
        name, due = effect.payload["name"], datetime.fromisoformat(effect.payload["due"])
        text = f"The drill {name} of {due:%Y-%m-%d %H:%M} UTC was missed. {outcome.reason}"
        drill = self._settings.get(name)
        missed = DrillResult(
            ref=effect.key,
            runbook=drill.runbook if drill else name,
            mode=drill.mode if drill else "",
            state=DrillState.MISSED,
            started=due,
            text=text,
        )
        await store.save(tx, missed)
        await tx.announce(Change(name, "drill.missed", text, {"due": effect.payload["due"]}))
        await audit.record(tx, who=BOT, verb="hold drill", ref=name, text=text, outcome="failed")

    async def _heard(self, tx: Transaction, change: Change) -> None:
        if not change.ref.startswith("DRILL-"):
            return
        before = await store.result(tx, change.ref) or DrillResult(
            ref=change.ref,
            runbook=change.data.get("runbook", ""),
            mode=change.data.get("mode", ""),
            state=DrillState.RUNNING,
            started=tx.now,
        )
        await store.save(tx, heard(before, change.what, tx.now, change.text))
        await store.add_evidence(tx, change.ref, change.what, change.text)


def _calendar(drill: DrillSettings) -> str:
    """A short name of when a drill is due."""
    return f"{crc32(f'{drill.cron} {drill.time_zone}'.encode()):08x}"


def _schedule(drill: DrillSettings, time_zone: str) -> Schedule:
    try:
        trigger = cron(drill.cron, drill.time_zone or time_zone)
    except ValueError as error:
        problem = Problem(f"drills.{drill.name}", str(error), drill.cron)
        raise BadInput("A drill has no usable time.", [problem]) from error
    return Schedule(f"drill/{drill.name}", trigger, _KIND, {"name": drill.name}, drill.grace)
