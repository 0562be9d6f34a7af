"""What is going on while the bot is killed: three stretches of an incident."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from crash.world import World


@dataclass(frozen=True)
class Plot:
    """What has happened before, and what the bot is killed in the middle of, in so many writes."""

    name: str
    writes: int
    before: Callable[[World], Awaitable[None]]
    during: Callable[[World], Awaitable[None]]
    receipts: bool = True

    def __str__(self) -> str:
        return self.name


async def _nothing(world: World) -> None:
    await world.settles()


async def _switch_by_runbook(world: World) -> None:
    await world.says("alice", "run live-incident", makes="RUN-1")
    await world.until("RUN-1", "Invoke continuity for")
    await world.says("alice", "answer RUN-1 decide invoke")
    await world.until("EVT-1", "waits for approval")
    await world.says("bob", "approve EVT-1")
    await world.until("EVT-1", "ACTIVE")
    await world.until("SMS-1", "waits for approval")


async def _broadcast(world: World) -> None:
    await world.says("alice", 'broadcast all "Read your mail at the standby."', makes="SMS-1")
    await world.says("bob", "approve SMS-1")
    await world.until("SMS-1", "finished")


async def _switched(world: World) -> None:
    await world.says("alice", "invoke")
    await world.says("bob", "approve EVT-1")
    await world.until("EVT-1", "ACTIVE")


async def _way_back(world: World) -> None:
    await world.says("alice", "failback EVT-1")
    await world.says("bob", "approve EVT-1")
    await world.until("EVT-1", "ended")


SWITCH = Plot("a switch by the runbook", 170, _nothing, _switch_by_runbook)
BROADCAST = Plot("a broadcast to two dozen", 118, _nothing, _broadcast)
# With receipts, the carrier's word comes before the bot asks what became of a text.
SILENT = Plot("a broadcast without receipts", 110, _nothing, _broadcast, receipts=False)
WAY_BACK = Plot("the way back", 130, _switched, _way_back)
PLOTS = (SWITCH, BROADCAST, SILENT, WAY_BACK)
