"""What is going on while the bot is killed: every shipped runbook from its start to its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from crash.world import World

Part = Callable[[World], Awaitable[None]]

_CONSENT = "Consent of a second admin (waiting)"


async def nothing(world: World) -> None:
    """Nothing has happened before."""
    await world.settles()


@dataclass(frozen=True)
class Plot:
    """What the bot is killed in the middle of, and what has happened before.

    `key` stands for it in the names of tests.

    `receipts`, `pilot`, `slack` and `checks_every` are those of the world it happens in.
    """

    key: str
    name: str
    during: Part
    before: Part = nothing
    receipts: bool = True
    pilot: bool = False
    slack: bool = False
    checks_every: str = "12h"

    def __str__(self) -> str:
        return self.key


async def _checklist(world: World) -> None:
    await world.says("alice", "checklist pre-event-checklist", makes="RUN-1")
    await world.until("RUN-1", "Phone numbers are current (waiting)")
    await world.says("alice", 'item done RUN-1 contacts "imported on 10 March"')
    await world.says("bob", 'item done RUN-1 approvers "Bob and Esra"')
    await world.says("bob", 'item done RUN-1 logins "logged in as Priya"')
    await world.says("alice", 'item na RUN-1 texts "read last week"')
    await world.says("alice", "item done RUN-1 paper")
    await world.until("RUN-1", "finished")


async def _tabletop(world: World) -> None:
    await world.says("alice", "drill start continuity-test --mode tabletop", makes="DRILL-1")
    await _drilled(world)


async def _pilot(world: World) -> None:
    await world.says("alice", "drill start continuity-test --mode pilot", makes="DRILL-1")
    await _drilled(world, approves=True)


async def _drilled(world: World, approves: bool = False) -> None:
    await world.until("DRILL-1", "Both sides are proved")
    await world.says("alice", "answer DRILL-1 decide go")
    if approves:
        await world.until("EVT-1", "waits for approval")
        await world.says("bob", "approve EVT-1")
    await world.until("DRILL-1", "Read and send a mail")
    await world.says("bob", 'item done DRILL-1 use "read and answered one"')
    if approves:
        await world.until("EVT-1", "waits for approval")
        await world.says("bob", "approve EVT-1")
    await world.until("DRILL-1", "finished")


async def _live_incident(world: World) -> None:
    await world.says("alice", "run live-incident", makes="RUN-1")
    await world.until("RUN-1", "Invoke continuity for")
    await world.says("alice", "answer RUN-1 decide invoke")
    await world.until("EVT-1", "waits for approval")
    await world.texts("bob", "APPROVE 1", "APPROVE 1 {code}")
    await world.until("EVT-1", "ACTIVE")
    await world.until("SMS-1", "waits for approval")
    await world.says("bob", "approve SMS-1")
    await world.until("SMS-1", "finished")
    await world.until("EVT-1", "Moving back")
    await world.says("bob", "approve EVT-1")
    await world.until("SMS-2", "waits for approval")
    await world.says("bob", "approve SMS-2")
    await world.until("RUN-1", "finished")


async def _broadcast(world: World) -> None:
    await world.says("alice", 'broadcast all "Read your mail at the standby."', makes="SMS-1")
    await world.says("bob", "approve SMS-1")
    await world.until("SMS-1", "finished")


async def _switched(world: World) -> None:
    await world.says("alice", "invoke")
    await world.says("bob", "approve EVT-1")
    await world.until("EVT-1", "ACTIVE")


async def _switched_long_ago(world: World) -> None:
    """The bot has asked for the way back already: it does not matter when a play is over."""
    await _switched(world)
    await world.passes(1500)


async def _fail_back(world: World) -> None:
    await world.says("alice", "run fail-back event=EVT-1", makes="RUN-1")
    await world.until("RUN-1", "The primary is proved")
    await world.says("alice", "answer RUN-1 decide fail_back")
    await world.until("EVT-1", "waits for approval")
    await world.says("bob", "approve EVT-1")
    await world.until("RUN-1", "finished")


async def _every_action(world: World) -> None:
    line = f"run every-action other={world.frontier.url} event=EVT-1"
    await world.says("alice", line, makes="RUN-1")
    await _looks_after_the_ticket(world)
    await world.until("RUN-1", _CONSENT)
    await world.says("bob", "approve RUN-1")
    await world.until("RUN-1", "How shall it go on?")
    await world.says("bob", "answer RUN-1 choose further")
    await world.until("RUN-2", "Call somebody")
    await world.says("bob", "item done RUN-2 call")
    await world.until("RUN-1", "finished")


async def _looks_after_the_ticket(world: World) -> None:
    """When the bot cannot tell whether there is a ticket, somebody looks for it and says so."""
    while await world.until("RUN-1", "unknown", _CONSENT) == "unknown":
        act = "done" if world.frontier.has_taken("POST /elsewhere/tickets") else "retry"
        await world.says("alice", f"step {act} RUN-1 ticket")


CHECKLIST = Plot("checklist", "the checklist before an event", _checklist, slack=True)
TABLETOP = Plot("tabletop", "a continuity test at the table", _tabletop)
PILOT = Plot("pilot", "a continuity test with the pilot", _pilot, pilot=True)
LIVE = Plot("live", "a live incident from its start to its end", _live_incident, slack=True)
FAIL_BACK = Plot(
    "fail_back",
    "failing back by the runbook",
    _fail_back,
    _switched_long_ago,
    checks_every="10m",
)
BROADCAST = Plot("broadcast", "a broadcast to two dozen", _broadcast)
# With receipts, the carrier's word comes before the bot asks what became of a text.
SILENT = Plot("silent", "a broadcast without receipts", _broadcast, receipts=False)
EVERY_ACTION = Plot(
    "every_action", "calls, detours and runs within runs", _every_action, _switched_long_ago
)
SWITCH = Plot("switch", "a switch by hand", _switched)
PLOTS = (CHECKLIST, TABLETOP, PILOT, LIVE, FAIL_BACK, BROADCAST, SILENT, EVERY_ACTION)
