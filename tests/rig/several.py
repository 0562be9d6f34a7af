"""One company and several bots on one PostgreSQL, each a process that can be killed or frozen."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx
from aiohttp import web
from sqlalchemy import select, text

from continuitybot import audit, log
from continuitybot.clock import SystemClock
from continuitybot.lab import Lab, Paces
from continuitybot.lab.addresses import HOST, BotDoors, Door
from continuitybot.lab.company import EMPLOYEES
from continuitybot.lab.demo_settings import environment, write_demo
from continuitybot.lab.demonstration import free_port
from continuitybot.store import Database, effects
from continuitybot.store.instances import instances
from rig.ordinary_settings import Document, rewrite_settings

STAFF = [one.handle for one in EMPLOYEES if one.phone and not one.switched_off]
_PATIENCE = 90.0
_PACES = Paces(messages_per_second=5, transit=(0.05, 0.3), answer=(0.05, 0.2), webhook_retry=0.2)

_RUNBOOK = """
name: relay
title: Calls one after the other
kind: incident
steps:
"""
_STEP = """
  - id: call_{number}
    title: Call {number}
    http: {{method: {method}, url: "{url}/{number}"}}
"""


class Bot:
    """One process: `continuitybot serve`, or another program that serves the same settings."""

    def __init__(self, config: Path, url: str) -> None:
        self.config = config
        self.url = url
        self.http = httpx.AsyncClient(base_url=url, timeout=20)

    async def start(self, *program: str, environment: Mapping[str, str] | None = None) -> None:
        """Start it, and return when it is ready."""
        command = program or ("-m", "continuitybot", "serve", "--config", str(self.config))
        with (self.config.parent / "bot.log").open("ab") as file:
            self.process = await asyncio.create_subprocess_exec(
                sys.executable, *command, env={**os.environ, **(environment or {})},
                stdin=asyncio.subprocess.DEVNULL, stdout=file, stderr=file,
            )  # fmt: skip
        await until(self._is_ready)

    async def says(self, who: str, line: str) -> str:
        answer = (await self.http.post("/console/say", data={"as": who, "text": line})).json()
        assert answer["ok"], f"{who}: {line} was refused: {answer['text']}"
        return str(answer["text"])

    async def shows(self, line: str, words: str) -> bool:
        return words in " ".join((await self.says("alice", line)).split())

    async def stop(self) -> None:
        await self.http.aclose()
        if self.process.returncode is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            await asyncio.wait_for(self.process.wait(), 20)

    @property
    def log(self) -> str:
        return (self.config.parent / "bot.log").read_text(encoding="utf-8")

    async def _is_ready(self) -> bool:
        assert self.process.returncode is None, self.log
        with suppress(httpx.HTTPError):
            return (await self.http.get("/readyz")).is_success
        return False


class Several:
    """The lab, two bots, and an outside system that notes each call of a runbook's steps."""

    def __init__(self, folder: Path, url: str) -> None:
        log.configure("error", "text")
        self.lab = Lab(paces=_PACES)
        self.url = url
        self.database = Database.at(url, SystemClock())
        self.calls: list[str] = []
        self.holds: asyncio.Event | None = None
        """While set to an event, a call is answered only after it."""
        self._folder = folder
        self._runbooks = folder / "runbooks"
        self._free = asyncio.Event()

    async def start(self) -> None:
        await self.lab.start()
        self._runbooks.mkdir()
        port = free_port()
        self._outside = web.AppRunner(web.Application())
        self._outside.app.router.add_route("*", "/{number}", self._called)
        await self._outside.setup()
        await web.TCPSite(self._outside, HOST, port).start()
        self._outside_url = f"http://{HOST}:{port}"
        self.north, self.south = self._bot("north"), self._bot("south")

    async def stop(self) -> None:
        self._free.set()
        for bot in (self.north, self.south):
            with suppress(AttributeError):  # it was never started
                await bot.stop()
        await self.database.close()
        await self._outside.cleanup()
        await self.lab.stop()

    def write_runbook(self, method: str, calls: int) -> None:
        """The runbook `relay`, with so many calls."""
        steps = [
            _STEP.format(number=number, method=method, url=self._outside_url)
            for number in range(calls)
        ]
        (self._runbooks / "relay.yaml").write_text(_RUNBOOK.strip() + "\n" + "".join(steps))

    async def without_tables(self) -> None:
        """Leave the first bot to make the tables, those of its version."""
        async with self.database.transaction() as tx:
            await tx.execute(text("DROP SCHEMA public CASCADE"))
            await tx.execute(text("CREATE SCHEMA public"))

    async def holder(self, kind: str) -> Bot:
        """The bot that performs an effect of that kind now."""
        whose = select(instances.c.process).join(effects, effects.c.owner == instances.c.id)
        busy = whose.where(effects.c.state == "leased", effects.c.kind == kind)
        async with self.database.reading() as tx:
            row = await tx.row(busy)
        assert row is not None, f"nobody performs {kind}"
        return next(bot for bot in (self.north, self.south) if bot.process.pid == row.process)

    def other(self, bot: Bot) -> Bot:
        return self.south if bot is self.north else self.north

    def texts(self, handle: str) -> list[str]:
        """What an employee's phone has received."""
        phone = self.lab.phones.of(handle)
        return [sms.text for sms in phone.thread if not sms.mine] if phone else []

    def received(self, words: str) -> list[int]:
        """How often each of the staff has received a text."""
        return [self.texts(handle).count(words) for handle in STAFF]

    async def check_records(self) -> None:
        verdict = await audit.verify(self.database)
        assert verdict.ok, verdict.reason

    def _bot(self, name: str) -> Bot:
        folder = self._folder / name
        folder.mkdir()
        (folder / "database").write_text(self.url, encoding="utf-8")
        port, listener = free_port(), Door(HOST, free_port())
        config = write_demo(folder, self.lab.addresses, port, listener.port)

        def shared(document: Document) -> None:
            document["database"] = f"file:{folder / 'database'}"
            document["broadcast"]["carriers"][0]["rate_per_second"] = 10
            document["runbooks"] = {"folders": [str(self._runbooks)]}
            document["log"]["level"] = "info"
            for check in document["checks"]:
                check["every"] = "10m"

        rewrite_settings(config, environment(self.lab.addresses), shared)
        url = f"http://{HOST}:{port}"
        self.lab.connect(BotDoors(listener, f"{url}/sms/twilio/inbound"))
        return Bot(config, url)

    async def _called(self, request: web.Request) -> web.Response:
        self.calls.append(f"{request.method} {request.match_info['number']}")
        if self.holds is not None:
            held, self.holds = self.holds, None
            held.set()
            await self._free.wait()
        return web.json_response({})


async def until(done: Callable[[], bool | Awaitable[bool]]) -> None:
    """Wait for something that only shows from outside of the bots."""
    async with asyncio.timeout(_PATIENCE):
        while not (now if isinstance(now := done(), bool) else await now):  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@asynccontextmanager
async def open_several(folder: Path, url: str) -> AsyncIterator[Several]:
    """A company with two bots that are to be started."""
    several = Several(folder, url)
    await several.start()
    try:
        yield several
        await several.check_records()
    finally:
        await several.stop()
