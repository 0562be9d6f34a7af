"""Is the bot itself well? Asked by readiness probes, by `doctor`, and told to a watchdog."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

import httpx
import structlog
from sqlalchemy import text

from continuitybot.app.prover import SWITCHED
from continuitybot.errors import ContinuityError
from continuitybot.mailflow import Mailflow
from continuitybot.store import Database, Workers
from continuitybot.store.instances import Instance, present

log = structlog.get_logger(__name__)

_STALLED = timedelta(seconds=30)
_SILENT = 10.0
_HEARTBEAT_EVERY = 30.0
Ask = Callable[[], Awaitable[str]]


class SelfCheck:
    """Each part of the bot with a question that answers "" when it is well.

    `further` are parts that not every bot has; `at_leisure` are asked by `doctor` only, because
    the bot is well without them.
    """

    def __init__(
        self,
        database: Database,
        mailflow: Mailflow,
        heartbeat_url: str,
        further: Mapping[str, Ask],
        at_leisure: Mapping[str, Ask],
    ) -> None:
        self._at_leisure = at_leisure
        self._further = further
        self._database = database
        self._mailflow = mailflow
        self._workers: Workers | None = None
        self.heartbeat_url = heartbeat_url

    def watch(self, workers: Workers) -> None:
        """Take these workers to be the ones that must not stall."""
        self._workers = workers

    @property
    def parts(self) -> Mapping[str, Ask]:
        """The quick questions: asked often, they touch nothing outside."""
        own = {"database": self._database_answers, "workers": self._workers_turn}
        return {**own, **self._further}

    async def ask_all(self) -> dict[str, str]:
        """Every part, and every canary route for real: part -> "" or what is wrong."""
        asked = {**self.parts, **self._at_leisure}
        answers = {name: await ask() for name, ask in asked.items()}
        answers |= await self._instances()
        routes = [route for route in self._mailflow.routes if route != SWITCHED]
        results = await asyncio.gather(*(self._canary(route) for route in routes))
        names = (f"canary {route.replace('_', ' ')}" for route in routes)
        return answers | dict(zip(names, results, strict=True))

    async def instances(self) -> Sequence[Instance]:
        """The instances at work, when there are several."""
        async with self._database.reading() as tx:
            found = await present(tx)
        return found if len(found) > 1 else ()

    async def beat(self) -> None:
        """Tell the watchdog every half minute that all is well; silence tells it otherwise."""
        async with httpx.AsyncClient(timeout=10) as client:
            while True:
                if not any([await ask() for ask in self.parts.values()]):
                    try:
                        await client.get(self.heartbeat_url)
                    except httpx.HTTPError as error:
                        log.warning("heartbeat.not_taken", reason=str(error))
                await self._database.clock.sleep(_HEARTBEAT_EVERY)

    async def _canary(self, route: str) -> str:
        try:
            result = await self._mailflow.canary(route)
        except ContinuityError as error:
            return str(error)
        return "" if result.ok else result.detail

    async def _instances(self) -> dict[str, str]:
        try:
            found = await self.instances()
        except ContinuityError:
            return {}  # the database has said so itself
        now = self._database.clock.now()
        return {
            f"instance {one.id} on {one.host}": _silence((now - one.seen).total_seconds())
            for one in found
        }

    async def _database_answers(self) -> str:
        try:
            async with self._database.reading() as tx:
                await tx.execute(text("SELECT 1"))
        except ContinuityError as error:
            return str(error)
        return ""

    async def _workers_turn(self) -> str:
        if self._workers is None:
            return "They have not started."
        if self._workers.trouble:
            return self._workers.trouble
        idle = self._database.clock.now() - self._workers.last_turn
        return f"They have done nothing for {idle.seconds} s." if idle > _STALLED else ""


def _silence(seconds: float) -> str:
    return f"It was not seen for {seconds:.0f} s." if seconds > _SILENT else ""
