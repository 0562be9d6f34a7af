"""A provider, a prover and a bot for stories about continuity; only the database is real."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from continuitybot.approvals import Approvals
from continuitybot.continuity import Continuity, Prover, Provider, Side
from continuitybot.continuity.model import Event
from continuitybot.continuity.plan import Backlog, Change, Evidence, Plan, Position, Scope
from continuitybot.continuity.provider import new_plan_id
from continuitybot.errors import ContinuityError, OutcomeUnknown, Stale, Transient
from continuitybot.people.model import Person
from continuitybot.settings.continuity import ContinuitySettings
from continuitybot.store import Change as Announced
from continuitybot.store import Database, Duty, Effect, Outcome, Transaction, Workers, effects
from rig.clock import MovedClock
from rig.databases import opened
from rig.people import BOB, CAROL, directory_of

DOMAIN = "example.com"
PILOT = "pilot.example.com"
SETTINGS = ContinuitySettings.model_validate(
    {
        "providers": [
            {
                "name": "hands",
                "kind": "manual",
                "pilot_domains": [PILOT],
                "apply": ["Point {domain} at the standby."],
                "revert": ["Point {domain} at the primary."],
            },
            {
                "name": "gateway",
                "kind": "manual",
                "domains": [DOMAIN, "example.org"],
                "apply": ["unused: the tests give a provider of their own"],
                "revert": ["unused"],
            },
        ],
        "default_provider": "gateway",
        "fail_back": {"clean_round_trips": 2},
    }
)


@dataclass
class Routes:
    """The gateway that outlives every crash of the bot, with what it was asked to do."""

    now: dict[str, str] = field(
        default_factory=lambda: {DOMAIN: "primary", "example.org": "primary"}
    )
    switches: list[str] = field(default_factory=list)


class MemoryProvider:
    """Switches routes held in memory; faults can be put in its way, one per call."""

    def __init__(self, name: str = "gateway", routes: Routes | None = None) -> None:
        self.name = name
        self.routes = routes or Routes()
        self.refusals: list[ContinuityError] = []
        self.lost_answers = 0
        self.partly = False
        self.mute = False
        self.backlogs: list[Backlog] = []

    async def plan(self, scope: Scope) -> Plan:
        changes = tuple(
            Change(f"route for {domain}", self.routes.now[domain], "standby", domain)
            for domain in scope.domains
        )
        return Plan(new_plan_id(), self.name, scope, changes, undo="Route it to the primary.")

    async def apply(self, plan: Plan) -> None:
        await self._switch("apply", plan.changes)

    async def revert(self, plan: Plan) -> None:
        await self._switch(
            "revert", tuple(replace(c, before=c.after, after=c.before) for c in plan.changes)
        )

    async def verify(self, plan: Plan) -> Evidence:
        seen = await self.position(plan) is Position.AFTER
        return Evidence(seen, ("the gateway says standby",), "" if seen else "the route is not set")

    async def position(self, plan: Plan) -> Position:
        routes = [self.routes.now[change.domain] for change in plan.changes]
        if routes == [change.after for change in plan.changes]:
            return Position.AFTER
        before = routes == [change.before for change in plan.changes]
        return Position.BEFORE if before else Position.NEITHER

    async def drained(self, plan: Plan) -> Backlog:
        if self.mute:
            raise Transient("The standby is away.")
        if len(self.backlogs) > 1:
            return self.backlogs.pop(0)
        return self.backlogs[0] if self.backlogs else Backlog(taken=3, delivered=3)

    async def _switch(self, name: str, changes: Sequence[Change]) -> None:
        if self.refusals:
            raise self.refusals.pop(0)
        for change in changes:
            if self.routes.now[change.domain] == change.after:
                continue
            if self.routes.now[change.domain] != change.before:
                raise Stale(f"{change.what} is {self.routes.now[change.domain]}.")
            self.routes.now[change.domain] = change.after
            self.routes.switches.append(f"{name} {change.domain}")
            if self.partly:
                self.partly = False
                raise OutcomeUnknown("The gateway stopped in the middle.")
        if self.lost_answers:
            self.lost_answers -= 1
            raise OutcomeUnknown("The gateway did not answer.")


class SidesProver:
    """Canaries through sides that are well or ill."""

    def __init__(self) -> None:
        self.ill: set[Side] = set()
        self.proofs: list[Side] = []

    async def prove(self, side: Side, domains: Sequence[str], timeout: timedelta) -> Evidence:
        self.proofs.append(side)
        if side in self.ill:
            return Evidence(False, reason=f"the inbound canary was lost at the {side}")
        return Evidence(True, (f"canaries passed the {side} both ways",))


class Mailhouse:
    """A bot with people, workers and a clock, in front of routes that can be looked at."""

    def __init__(
        self,
        database: Database,
        clock: MovedClock,
        continuity: Continuity,
        approvals: Approvals,
        provider: MemoryProvider,
        prover: SidesProver,
        duties: Sequence[Duty],
    ) -> None:
        self.database = database
        self.clock = clock
        self.continuity = continuity
        self.approvals = approvals
        self.provider = provider
        self.prover = prover
        self.workers = Workers(database, duties, clock)
        self.announced: list[Announced] = []
        database.on_commit(self.announced.extend)

    async def invoked(
        self, by: Person = CAROL, domains: Sequence[str] = (DOMAIN,), **wish: Any
    ) -> Event:
        """An event that waits for its approval."""
        return await self.continuity.invoke(by=by, domains=domains, **wish)

    async def approves(self, ref: str = "EVT-1", by: Person = BOB) -> None:
        await self.approvals.decide(subject=ref, by=by, approve=True)
        await self.works()

    async def active(self) -> Event:
        """An event that is ACTIVE."""
        event = await self.invoked()
        await self.approves(event.ref)
        return await self.event()

    async def works(self) -> None:
        """Everything that is due happens."""
        await self.workers.run_due()

    async def passes(self, step: timedelta = timedelta(seconds=30), times: int = 1) -> None:
        """Time goes on, in steps, and what becomes due happens."""
        for _ in range(times):
            self.clock.advance(step.total_seconds())
            await self.works()

    async def event(self, ref: str = "EVT-1") -> Event:
        async with self.database.reading() as tx:
            return await self.continuity.event(tx, ref)

    async def waiting(self, ref: str = "EVT-1") -> list[str]:
        """The work that is due later for an event."""
        of_event = (effects.c.ref == ref) & (effects.c.state == "waiting")
        async with self.database.reading() as tx:
            rows = await tx.rows(select(effects.c.kind).where(of_event).order_by(effects.c.kind))
        return [row.kind.removeprefix("continuity.") for row in rows]

    def said(self) -> list[str]:
        """What was announced of events, without its sentences."""
        return [c.what for c in self.announced if c.what.startswith("event.")]

    def last(self, what: str) -> Announced:
        """The latest announcement of a kind."""
        return [c for c in self.announced if c.what == what][-1]


class Life:
    """Ends at its `deadline`-th heartbeat; from then on nothing of it works any more."""

    def __init__(self, deadline: int | None = None) -> None:
        self.deadline = deadline
        self.beats = 0

    @property
    def over(self) -> bool:
        return self.deadline is not None and self.beats >= self.deadline

    def beat(self) -> None:
        self.beats += 1
        if self.over:
            raise Killed


class Killed(BaseException):
    """What `kill -9` looks like from inside: no handler sees it."""


def mortal(duty: Duty, life: Life) -> Duty:
    """The duty of a process that may die before, between and after its two halves."""

    async def perform(effect: Effect) -> object:
        life.beat()
        outcome = await duty.perform(effect)
        life.beat()
        return outcome

    async def record(tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        await duty.record(tx, effect, outcome)
        life.beat()

    return replace(duty, perform=perform, record=record)  # type: ignore[arg-type]  # as perform


async def mailhouse(
    database: Database,
    clock: MovedClock,
    *,
    settings: ContinuitySettings = SETTINGS,
    life: Life | None = None,
    provider: MemoryProvider | None = None,
    hands: Provider | None = None,
) -> Mailhouse:
    """The bot, as the composition root builds it."""
    directory = await directory_of(database)
    approvals = Approvals(database, directory)
    gateway, prover = provider or MemoryProvider(), SidesProver()
    providers: dict[str, Provider] = {"gateway": gateway} | ({"hands": hands} if hands else {})
    sides: Prover = prover
    continuity = Continuity(
        database,
        settings,
        providers=providers,
        approvals=approvals,
        directory=directory,
        prover=sides,
        domains=(DOMAIN,),
    )
    duties = [*continuity.duties(), *approvals.duties()]
    if life is not None:
        duties = [mortal(duty, life) for duty in duties]
    return Mailhouse(database, clock, continuity, approvals, gateway, prover, duties)


def frozen(template: Path, folder: Path, past: Callable[[Mailhouse], Awaitable[object]]) -> Path:
    """A database file in which `past` has happened; stories that start there copy it."""
    file = Path(shutil.copy(template, folder / "bot.db"))

    async def live() -> None:
        clock = MovedClock()
        database = opened(f"sqlite:///{file}", clock)
        await past(await mailhouse(database, clock))
        await database.close()

    asyncio.run(live())
    return file


def thawed(file: Path, folder: Path, clock: MovedClock) -> Database:
    """A copy of a frozen database, to go on from."""
    return opened(f"sqlite:///{shutil.copy(file, folder)}", clock)
