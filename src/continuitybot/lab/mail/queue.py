"""Letters on their way: each is tried until its next hop takes it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

import structlog

from continuitybot.clock import Clock
from continuitybot.errors import Transient
from continuitybot.lab.addresses import Door
from continuitybot.lab.mail.letter import Key, Letter
from continuitybot.lab.mail.transmit import transmit
from continuitybot.lab.paces import Paces

log = structlog.get_logger(__name__)

# Letters under way to one hop: enough that a site that needs seconds for each command still
# keeps up with the usual traffic.
_AT_ONCE = 32


@dataclass(frozen=True)
class Hop:
    """Where a letter goes next."""

    name: str
    door: Door


@dataclass(frozen=True)
class Backlog:
    """What waits for one hop."""

    count: int
    oldest: datetime


@dataclass(frozen=True)
class _Rest:
    """A hop that failed is left alone for `seconds`, until `over` (loop time)."""

    seconds: float
    over: float


class Queue:
    """Delivers concurrently; a hop that failed is tried with one letter at a time.

    The next hop of a letter is asked for at every try, so that a change of route moves what
    waits. `delivered` is called with each letter and the hop that took it.
    """

    def __init__(
        self,
        site: str,
        route: Callable[[Letter], Hop],
        paces: Paces,
        clock: Clock,
        delivered: Callable[[Letter, Hop], None] = lambda letter, hop: None,
    ) -> None:
        self._site = site
        self._route = route
        self._paces = paces
        self._clock = clock
        self._delivered = delivered
        self._waiting: dict[Key, Letter] = {}
        self._sending: dict[Key, str] = {}
        self._rests: dict[str, _Rest] = {}
        self._changed = asyncio.Event()

    def put(self, letter: Letter) -> None:
        self._waiting[letter.key] = letter
        self._changed.set()

    def rerouted(self) -> None:
        """Try everything again now: the routes changed."""
        self._rests.clear()
        self._changed.set()

    def __len__(self) -> int:
        return len(self._waiting)

    def keys(self) -> set[Key]:
        return set(self._waiting)

    def backlogs(self) -> dict[str, Backlog]:
        """What waits, per next hop."""
        backlogs: dict[str, Backlog] = {}
        for letter in self._waiting.values():
            hop = self._route(letter).name
            known = backlogs.get(hop, Backlog(0, letter.arrived))
            backlogs[hop] = Backlog(known.count + 1, min(known.oldest, letter.arrived))
        return backlogs

    def oldest_seconds(self, backlog: Backlog) -> float:
        return (self._clock.now() - backlog.oldest).total_seconds()

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as deliveries:
            while True:
                self._changed.clear()
                for letter, hop in self._ready():
                    self._sending[letter.key] = hop.name
                    deliveries.create_task(self._deliver(letter, hop))
                await self._change()

    def _ready(self) -> Iterator[tuple[Letter, Hop]]:
        """The letters to begin now; whoever iterates enters each in `_sending` before the next."""
        for letter in tuple(self._waiting.values()):
            hop = self._route(letter)
            if letter.key not in self._sending and self._has_room(hop):
                yield letter, hop

    def _has_room(self, hop: Hop) -> bool:
        busy = list(self._sending.values()).count(hop.name)
        rest = self._rests.get(hop.name)
        if rest is None:
            return busy < _AT_ONCE
        return busy == 0 and rest.over <= self._now()

    async def _change(self) -> None:
        """Wait for a letter, a finished delivery, a change of route, or the end of a rest."""
        ends = [rest.over for rest in self._rests.values() if rest.over > self._now()]
        try:
            async with asyncio.timeout_at(min(ends, default=None)):
                await self._changed.wait()
        except TimeoutError:
            return

    async def _deliver(self, letter: Letter, hop: Hop) -> None:
        try:
            await transmit(letter, hop.door, site=self._site, timeout=self._paces.smtp_timeout)
        except Transient as error:
            log.debug("letter waits", site=self._site, hop=hop.name, error=error.text)
            self._rest(hop)
            self._waiting[letter.key] = self._waiting.pop(letter.key)
        else:
            self._rests.pop(hop.name, None)
            del self._waiting[letter.key]
            self._delivered(letter, hop)
        finally:
            del self._sending[letter.key]
            self._changed.set()

    def _rest(self, hop: Hop) -> None:
        before = self._rests.get(hop.name)
        seconds = self._paces.first_retry
        if before is not None and before.over <= self._now():
            seconds = min(before.seconds * 2, self._paces.longest_retry)
        elif before is not None:
            seconds = before.seconds
        self._rests[hop.name] = _Rest(seconds, self._now() + seconds)

    @staticmethod
    def _now() -> float:
        return asyncio.get_running_loop().time()
