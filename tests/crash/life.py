"""One life of the bot: the whole product in a process of its own, which may be killed.

The test decides when it works and what time it is, by short questions over a pipe. People, phones
and the carrier reach it by HTTP like any bot.
"""

from __future__ import annotations

import asyncio
import resource
import uuid
from dataclasses import dataclass
from datetime import datetime
from multiprocessing.connection import Connection
from typing import Any

from aiohttp import web
from sqlalchemy import func, or_, select

from continuitybot.app import Bot
from continuitybot.chat import text
from continuitybot.clock import Clock
from continuitybot.lab.addresses import HOST
from continuitybot.store import effects
from crash.death import Death
from crash.moments import Moment
from rig.speed import prefer_speed


@dataclass(frozen=True)
class Work:
    """Fire what was due after `since` and do all there is to do; answers a `Turn`."""

    since: datetime


@dataclass(frozen=True)
class Turn:
    """How much there was to do, and when there is more."""

    begun: int
    next_due: datetime | None


@dataclass(frozen=True)
class Show:
    """Answers the words on the card of an object, "" when it has none."""

    ref: str


@dataclass(frozen=True)
class Die:
    """Count from now, and die then; answers a `Tally` of what there was before."""

    when: Moment | None


@dataclass(frozen=True)
class Tally:
    """What each write since the last count has changed, and how long the processor worked."""

    writes: tuple[frozenset[str], ...]
    milliseconds: int


@dataclass(frozen=True)
class End:
    """Stop in order; answers True."""


class Life:
    """Serves, and answers questions until the end."""

    def __init__(self, bot: Bot, clock: Clock, wire: Connection, die: Moment | None) -> None:
        self._bot = bot
        self._clock = clock
        self._wire = wire
        self._worked_before = 0
        # The bot was wired before this process was forked: what is drawn by lot is drawn again.
        bot.database.instance = uuid.uuid4().hex[:12]
        prefer_speed(bot.database)
        self._death = Death(bot.database, wire.send)
        self._death.set(die)

    async def run(self, port: int) -> None:
        await self._bot.prepare()
        runner = web.AppRunner(self._bot.app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, HOST, port).start()
        self._wire.send(True)
        question: object = None
        while not isinstance(question, End):
            question = await asyncio.to_thread(self._wire.recv)
            self._wire.send(await self._answer(question))
        await runner.cleanup()
        await self._bot.stop()

    async def _answer(self, question: object) -> Any:
        match question:
            case Work(since=since):
                return await self._work(since)
            case Show(ref=ref):
                return await self._show(ref)
            case Die(when=when):
                tally = self._tally()
                self._death.set(when)
                return tally
        return True

    def _tally(self) -> Tally:
        used = resource.getrusage(resource.RUSAGE_SELF)
        worked = round(1000 * (used.ru_utime + used.ru_stime))
        tally = Tally(tuple(self._death.writes), worked - self._worked_before)
        self._worked_before = worked
        return tally

    async def _work(self, since: datetime) -> Turn:
        if since < self._clock.now():
            await self._bot.schedules.catch_up(since, only=lambda _: True)
        begun = await self._bot.workers.run_due()
        return Turn(begun, await self._next_due())

    async def _next_due(self) -> datetime | None:
        rooms = self._bot.rooms
        now = self._clock.now()
        schedules = (*rooms.mailflow.schedules(), *rooms.runbooks.schedules())
        firings = [self._bot.schedules.next_firing(schedule.name) for schedule in schedules]
        async with self._bot.database.reading() as tx:
            row = await tx.row(
                select(
                    func.min(effects.c.due).filter(
                        effects.c.state == "waiting", effects.c.due > now
                    ),
                    func.min(effects.c.leased_until).filter(
                        effects.c.state == "leased", effects.c.leased_until > now
                    ),
                ).where(or_(effects.c.state == "waiting", effects.c.state == "leased"))
            )
        moments = [moment for moment in (*firings, *(row or ())) if moment is not None]
        return min(moments, default=None)

    async def _show(self, ref: str) -> str:
        async with self._bot.database.reading() as tx:
            card = await self._bot.rooms.cards.card_or_none(tx, ref)
        return " ".join(text.render(card).split()) if card else ""
