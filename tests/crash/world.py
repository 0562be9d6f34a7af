"""The company outside the bot, and a bot that is started again whenever it dies."""

from __future__ import annotations

import asyncio
import multiprocessing
import random
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

import httpx

from continuitybot import log
from continuitybot.lab import Lab
from continuitybot.lab.addresses import HOST, BotDoors, Door
from continuitybot.lab.company import DOMAIN
from continuitybot.lab.demo_settings import environment, write_demo
from continuitybot.store import Database
from crash.astray import Astray
from crash.death import Moment
from crash.life import Die, End, Show, Turn, Work, live
from crash.shared_clock import SharedClock
from rig.company import PACES
from rig.ordinary_settings import Document, rewrite_settings

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["__main__", "continuitybot.app", "continuitybot.lab"])

_PATIENCE = 60.0  # seconds that anything real may take on a busy machine
_KILLED = -signal.SIGKILL


class World:
    """Lab, phones, people and clock live here; `url` is the database of the bot.

    Without `receipts` the carrier's own reports go astray: the bot has to ask.
    """

    def __init__(self, folder: Path, url: str, *, receipts: bool = True) -> None:
        log.configure("error", "text")
        self.clock = SharedClock(PROCESSES)
        self.lab = Lab(paces=PACES, clock=self.clock)
        self.routes: list[str] = []
        self.deaths = 0
        self.url = url
        self._astray = None if receipts else Astray()
        self._config = folder / "continuitybot.yaml"
        self._folder = folder
        self._port = _lasting_port()
        self._worked_until = self.clock.now()
        self._next_due: datetime | None = None
        self._next_death: Moment | None = None

    async def start(self) -> None:
        await self.lab.start()
        if self._astray is not None:
            await self._astray.start()
        listener = Door(HOST, _lasting_port())
        write_demo(self._folder, self.lab.addresses, self._port, listener.port)
        rewrite_settings(self._config, environment(self.lab.addresses), self._settings)
        bot = f"http://{HOST}:{self._port}"
        inbound = "" if self._astray else f"{bot}/sms/twilio/inbound"
        self.lab.connect(BotDoors(listener, inbound))
        table = self.lab.mail.gateway.routes
        table.on_change(lambda: self.routes.append(table.route(DOMAIN).next_hop))
        self._http = httpx.AsyncClient(base_url=bot, timeout=_PATIENCE)
        await self._begin_life()

    def _settings(self, document: Document) -> None:
        document["database"] = self.url
        if self._astray is not None:
            document["web"]["public_url"] = self._astray.url
        for check in document["checks"]:
            check["every"] = "10m"
        if not self.url.startswith("sqlite"):
            (self._folder / "database").write_text(self.url, encoding="utf-8")
            document["database"] = f"file:{self._folder / 'database'}"

    async def stop(self) -> None:
        await self._http.aclose()
        if self._process.is_alive():
            await self._asks(End())
            await asyncio.to_thread(self._process.join, 10)
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        self._process.close()
        await self.lab.stop()
        if self._astray is not None:
            await self._astray.stop()

    # ------------------------------------------------------------------- death

    async def dies(self, moment: Moment | None, again: Moment | None = None) -> int:
        """Let the bot die then, and its next life `again`; the writes counted until now."""
        self._next_death = again
        writes = await self._asks(Die(moment))
        assert isinstance(writes, int)
        return writes

    async def _begin_life(self) -> None:
        moment, self._next_death = self._next_death if self.deaths else None, None
        self._wire, far_end = PROCESSES.Pipe()
        self._process: ForkServerProcess = PROCESSES.Process(
            target=live, args=(far_end, self.clock, self._config, self._port, moment), daemon=True
        )
        self._process.start()
        far_end.close()
        try:
            await self._receives()
        except EOFError:
            await self._revived()

    async def _revived(self) -> None:
        """The process is gone: by the kill that was asked for. An init system starts another."""
        await asyncio.to_thread(self._process.join, _PATIENCE)
        assert self._process.exitcode == _KILLED, f"it ended by itself: {self._process.exitcode}"
        self._process.close()
        self.deaths += 1
        await self._begin_life()

    async def _receives(self) -> Any:
        assert await asyncio.to_thread(self._wire.poll, _PATIENCE), "the bot hangs"
        return self._wire.recv()

    async def _asks(self, question: object) -> Any:
        """What the bot answers; the next life is asked again."""
        while True:
            try:
                self._wire.send(question)
                return await self._receives()
            except (EOFError, ConnectionError):
                await self._revived()

    # ------------------------------------------------------------------ people

    async def says(self, who: str, line: str, makes: str = "") -> None:
        """Somebody says a line; says it again when no answer came, unless it shows already."""
        doubtful = False
        while not (doubtful and makes and await self.shows(makes)):
            try:
                answer = await self._http.post("/console/say", data={"as": who, "text": line})
            except httpx.TransportError:
                await self._revived()
                doubtful = True
                continue
            # Refused at the second try: the first was heard, and died before it could answer.
            assert answer.json()["ok"] or doubtful, answer.json()["text"]
            break
        await self.settles()

    async def shows(self, ref: str) -> str:
        """The words on the card of an object, "" when there is none."""
        return str(await self._asks(Show(ref)))

    async def until(self, ref: str, *words: str) -> None:
        """Time goes on until the card of an object has one of these words on it."""
        await self.settles()
        for _ in range(200):
            shown = await self.shows(ref)
            if any(word in shown for word in words):
                return
            assert self._next_due is not None, f"nothing is due any more, {ref} shows: {shown}"
            self.clock.advance_to(self._next_due)
            await self.settles()
        raise AssertionError(f"{ref} still shows: {await self.shows(ref)}")

    async def passes(self, seconds: float) -> None:
        """Time goes on, from one due moment to the next."""
        end = self.clock.now() + timedelta(seconds=seconds)
        await self.settles()
        while self.clock.now() < end:
            self.clock.advance_to(min(end, self._next_due or end))
            await self.settles()

    async def settles(self) -> None:
        """What is due is done, and what is on its way between the machines has arrived."""
        async with asyncio.timeout(_PATIENCE):
            while await self._works() or not self.lab.is_quiet:
                await self._quiet()

    async def _works(self) -> bool:
        turn = await self._asks(Work(self._worked_until))
        assert isinstance(turn, Turn)
        self._worked_until, self._next_due = self.clock.now(), turn.next_due
        return turn.begun > 0

    async def _quiet(self) -> None:
        # The lab has no one moment to be told of: it is mail servers, phones and timers.
        while not self.lab.is_quiet:
            if not self._process.is_alive():
                await self._revived()
            await asyncio.sleep(0.002)

    @asynccontextmanager
    async def database(self) -> AsyncIterator[Database]:
        """The bot's database, to look at."""
        found = Database.at(self.url, self.clock)
        try:
            yield found
        finally:
            await found.close()


def _lasting_port() -> int:
    """A port that the kernel gives to nobody else while the bot is dead: below those it deals."""
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as door, suppress(OSError):
            door.bind((HOST, port))
            return port


@asynccontextmanager
async def open_world(folder: Path, url: str, *, receipts: bool = True) -> AsyncIterator[World]:
    """A company whose bot is ready."""
    world = World(folder, url, receipts=receipts)
    await world.start()
    try:
        yield world
    finally:
        await world.stop()
