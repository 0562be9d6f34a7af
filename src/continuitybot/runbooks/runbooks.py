"""The room's front door: start a run, and everything a person can do to one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from continuitybot import audit
from continuitybot.errors import NotAllowed, NotFound, Problem, Refused
from continuitybot.people import authority
from continuitybot.people.directory import Directory
from continuitybot.people.model import BOT, Person
from continuitybot.runbooks import events, hearing, store
from continuitybot.runbooks.children import Children
from continuitybot.runbooks.definition import Definition, Kind
from continuitybot.runbooks.drift import Drift, drift
from continuitybot.runbooks.dry_run import DryRun, dry_run, dry_run_ports
from continuitybot.runbooks.duties import duties
from continuitybot.runbooks.model import Mode, Run
from continuitybot.runbooks.ports import Ports, Reach, Speaker
from continuitybot.runbooks.running import apply_event, start_run
from continuitybot.runbooks.stage import Transcript
from continuitybot.runbooks.starting import Starter, default_mode
from continuitybot.sourcefile import suggestion
from continuitybot.store import Database, Duty, Schedule, Transaction

_STEP_ACTS: Mapping[str, type[Any]] = {
    "done": events.PersonDid,
    "skip": events.PersonSkipped,
    "fail": events.PersonFailed,
    "retry": events.PersonRetried,
}
_ITEM_ACTS = {"done": "done", "na": "skip"}


class Runbooks:
    """All runbooks and their runs.

    `ports_by_mode` has the outside for each mode (see Mode) that runs may have here, and
    `previews` makes the one that only tells a Speaker what a live one would do. `faults` is why
    runbooks are missing that have a file. Every verb
    checks the authority of the person, and is written to the audit record, denials included.
    """

    def __init__(
        self,
        database: Database,
        definitions: Mapping[str, Definition],
        ports_by_mode: Mapping[str, Ports],
        directory: Directory,
        time_zone: str = "UTC",
        *,
        previews: Callable[[Speaker], Ports] = dry_run_ports,
        faults: Sequence[Problem] = (),
    ) -> None:
        self._database = database
        self._definitions = definitions
        self._directory = directory
        self._previews = previews
        self.faults = tuple(faults)
        self._starter = Starter(definitions, time_zone)
        self._reach = {
            Mode(mode): Reach(ports, Children(database, definitions, Mode(mode)))
            for mode, ports in ports_by_mode.items()
        }
        for prefix in hearing.HEARD:
            database.subscribe(prefix, hearing.hear)
        for what in ("run.cancelled", "run.failed"):
            database.subscribe(what, hearing.end_children)
        for what in ("incident.opened", "incident.changed"):
            database.subscribe(what, self._starter.incident_changed)

    def definitions(self) -> Mapping[str, Definition]:
        """Every runbook by name."""
        return self._definitions

    def duties(self) -> list[Duty]:
        """How the effects of runs are performed."""
        return [*duties(self._reach_of), self._starter.duty()]

    def schedules(self) -> list[Schedule]:
        """The runbooks that start by the calendar."""
        return self._starter.schedules()

    async def run(self, tx: Transaction, ref: str) -> Run:
        """One run. Raises NotFound."""
        return await store.load_run(tx, ref)

    async def runs(self, tx: Transaction, *, open_only: bool = False, limit: int = 50) -> list[Run]:
        """The newest runs first."""
        return await store.latest(tx, open_only=open_only, limit=limit)

    async def drift(self, tx: Transaction, ref: str) -> Drift:
        """How the runbook of a run has changed since it started. Raises NotFound."""
        then = (await self.run(tx, ref)).definition
        return drift(ref, then, self._definitions.get(then.name))

    async def start(
        self,
        name: str,
        inputs: Mapping[str, Any],
        *,
        by: Person,
        incident: str = "",
        mode: str = "",
        platform: str = "console",
    ) -> Run:
        """Start a runbook; without a mode live, and a drill as a tabletop exercise.

        Raises NotFound, BadInput, Refused, NotAllowed.
        """
        definition = self._definition(name)
        chosen = self._mode(definition, mode)
        practises = definition.kind is Kind.DRILL or chosen is not Mode.LIVE
        await self._allow(by, "drill" if practises else "respond", "run.start", name, platform)
        async with self._database.transaction() as tx:
            run = await start_run(
                tx, definition, inputs, mode=chosen, requester=by.handle, incident=incident
            )
            await _write_down(tx, by, "run.start", run.ref, f"{name} ({chosen})", platform)
        return run

    async def dry_run(
        self,
        name: str,
        inputs: Mapping[str, Any],
        *,
        by: Person,
        incident: str = "",
        platform: str = "console",
    ) -> DryRun:
        """What a run would do, step by step; nothing is stored, sent or switched.

        Raises as `start` does.
        """
        definition = self._definition(name)
        practises = definition.kind is Kind.DRILL
        await self._allow(by, "drill" if practises else "respond", "run.dry", name, platform)
        transcript = Transcript()
        ports = (dry_run_ports if practises else self._previews)(transcript)
        now = self._database.clock.now()
        return await dry_run(
            definition, inputs, ports, transcript, now, requester=by.handle, incident=incident
        )

    async def start_by_schedule(
        self, name: str, inputs: Mapping[str, Any], *, mode: str, key: str
    ) -> Run:
        """Start a runbook in the bot's own name; once for each `key`. Raises as `start` does."""
        definition = self._definition(name)
        async with self._database.transaction() as tx:
            return await start_run(
                tx,
                definition,
                inputs,
                mode=self._mode(definition, mode),
                requester=BOT,
                request_key=key,
            )

    async def step(self, ref: str, step: str, act: str, *, by: Person, text: str = "",
                   platform: str = "console") -> Run:  # fmt: skip
        """Declare a step done or failed, skip it, or go on again from it."""
        if act not in _STEP_ACTS:
            remedy = suggestion(act, frozenset(_STEP_ACTS))
            raise Refused(f"`{act}` is nothing that can be done to a step.", remedy=remedy)
        event = _STEP_ACTS[act](step, by.handle, text)
        return await self._apply(ref, event, by, f"step.{act}", f"{step} {text}", platform)

    async def item(self, ref: str, item: str, act: str, *, by: Person, evidence: str = "",
                   platform: str = "console") -> Run:  # fmt: skip
        """Tick off an item (`done`), or say that it does not apply (`na`)."""
        async with self._database.reading() as tx:
            run = await self.run(tx, ref)
        spot = run.definition.spots.get(item)
        if spot is None or spot.step.action != "do":
            items = [id for id, one in run.definition.spots.items() if one.step.action == "do"]
            remedy = suggestion(item, frozenset(items))
            raise NotFound(f"{ref} has no item `{item}`.", remedy=remedy)
        if act not in _ITEM_ACTS:
            raise Refused(f"An item is `done` or `na`, not `{act}`.")
        return await self.step(ref, item, _ITEM_ACTS[act], by=by, text=evidence, platform=platform)

    async def answer(self, ref: str, step: str, choice: str, *, by: Person,
                     platform: str = "console") -> Run:  # fmt: skip
        """Answer a question, with the authority that the question asks for."""
        async with self._database.reading() as tx:
            run = await self.run(tx, ref)
        asked = run.steps.get(step)
        act = str(asked.given.get("act", "respond")) if asked else "respond"
        event = events.Answered(step, by.handle, choice)
        return await self._apply(ref, event, by, "answer", f"{step} {choice}", platform, act=act)

    async def note(self, ref: str, *, by: Person, text: str, platform: str = "console") -> Run:
        """Leave a remark on a run."""
        return await self._apply(ref, events.Noted(by.handle, text), by, "note", text, platform)

    async def pause(self, ref: str, *, by: Person, platform: str = "console") -> Run:
        """Begin nothing new until it is resumed."""
        return await self._apply(ref, events.Paused(by.handle), by, "pause", "", platform)

    async def resume(self, ref: str, *, by: Person, platform: str = "console") -> Run:
        """Go on after a pause."""
        return await self._apply(ref, events.Resumed(by.handle), by, "resume", "", platform)

    async def cancel(self, ref: str, *, by: Person, why: str = "",
                     platform: str = "console") -> Run:  # fmt: skip
        """End a run here; what is being performed goes on, nothing else begins."""
        return await self._apply(ref, events.Cancelled(by.handle, why), by, "cancel", why, platform)

    async def _apply(self, ref: str, event: events.Event, by: Person, verb: str, text: str,
                     platform: str, act: str = "respond") -> Run:  # fmt: skip
        await self._allow(by, act, f"run.{verb}", ref, platform)
        async with self._database.transaction() as tx:
            run = await apply_event(tx, ref, event)
            await _write_down(tx, by, f"run.{verb}", ref, text.strip(), platform)
        return run

    async def _allow(self, by: Person, act: str, verb: str, ref: str, platform: str) -> None:
        try:
            authority.require(by, act, await self._directory.everyone())
        except NotAllowed as denial:
            await audit.record_denial(self._database, who=by.handle, verb=verb, ref=ref,
                                      text=str(denial), platform=platform)  # fmt: skip
            raise

    def _reach_of(self, mode: Mode) -> Reach:
        if mode not in self._reach:
            raise Refused(f"Nothing can run as `{mode}` here any more.",
                          remedy="Mend the settings, then retry the step.")  # fmt: skip
        return self._reach[mode]

    def _definition(self, name: str) -> Definition:
        if name not in self._definitions:
            remedy = suggestion(name, frozenset(self._definitions))
            raise NotFound(f"There is no runbook `{name}`.", remedy=remedy)
        return self._definitions[name]

    def _mode(self, definition: Definition, wish: str) -> Mode:
        there = frozenset(mode.value for mode in self._reach)
        chosen = wish or default_mode(definition).value
        if chosen not in there:
            raise Refused(f"Nothing can run as `{chosen}` here.", remedy=suggestion(chosen, there))
        if definition.kind is Kind.DRILL and chosen == Mode.LIVE:
            raise Refused(f"{definition.name} is a drill; it never runs live.",
                          remedy="Choose tabletop, pilot or full.")  # fmt: skip
        return Mode(chosen)


async def _write_down(
    tx: Transaction, by: Person, verb: str, ref: str, text: str, platform: str
) -> None:
    await audit.record(tx, who=by.handle, verb=verb, ref=ref, text=text, platform=platform)
