"""A company in this process and its bot in another one, which can be killed like any process."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from continuitybot import audit
from continuitybot.clock import SystemClock
from continuitybot.lab import Lab, Paces
from continuitybot.lab.addresses import HOST, BotDoors, Door
from continuitybot.lab.bot_process import BotProcess
from continuitybot.lab.company import DOMAIN
from continuitybot.lab.demo_settings import environment, write_demo
from continuitybot.lab.demonstration import free_port
from continuitybot.settings import database_url, load
from continuitybot.store import Database
from rig.ordinary_settings import rewrite_settings

_PACES = Paces(
    messages_per_second=5,
    first_retry=0.05,
    longest_retry=0.2,
    linger=0.2,
    transit=(0.05, 0.3),
    answer=(0.05, 0.2),
    webhook_retry=0.2,
)
_PATIENCE = 90.0
Changes = Callable[[dict[str, Any]], None]


class Served:
    """The lab, `continuitybot serve`, and people who talk to it over HTTP."""

    def __init__(self, folder: Path, changes: Changes | None = None) -> None:
        self.lab = Lab(paces=_PACES)
        self._changes = changes or (lambda _settings: None)
        self._folder = folder
        self._port = free_port()
        self.url = f"http://{HOST}:{self._port}"
        self.config = folder / "continuitybot.yaml"

    async def start(self) -> None:
        await self.lab.start()
        listener = Door(HOST, free_port())
        write_demo(self._folder, self.lab.addresses, self._port, listener.port)
        rewrite_settings(self.config, environment(self.lab.addresses), self._change)
        self.bot = BotProcess(self.config, self.url, {})
        self.lab.connect(BotDoors(listener, f"{self.url}/sms/twilio/inbound"))
        self.http = httpx.AsyncClient(base_url=self.url, timeout=20, verify=False)
        await self.bot.start()

    def _change(self, settings: dict[str, Any]) -> None:
        _slow_carrier(settings)
        self._changes(settings)

    async def stop(self) -> None:
        await self.bot.stop()
        await self.http.aclose()
        await self.lab.stop()

    async def says(self, who: str, line: str) -> str:
        """One line from one person, carried out."""
        answer = await self._asks(who, line)
        assert answer["ok"], f"{who}: {line} was refused: {answer['text']}"
        return str(answer["text"])

    async def check_records(self) -> None:
        """The audit is whole."""
        settings = load(self.config)
        database = Database.at(database_url(settings, self._folder), SystemClock())
        try:
            verdict = await audit.verify(database)
        finally:
            await database.close()
        assert verdict.ok, verdict.reason

    async def killed(self, after: float = 0.0) -> None:
        """The process dies after so many seconds, as in a power cut; an init system restarts it."""
        await asyncio.sleep(after)
        starts = self.bot.starts
        await self.bot.kill()
        async with asyncio.timeout(_PATIENCE):
            # Another process tells by its answers only.
            while self.bot.starts == starts or not await self._is_ready():  # noqa: ASYNC110
                await asyncio.sleep(0.05)

    async def until(self, line: str, words: str) -> str:
        """Wait until what the bot answers has these words in it."""
        shown = ""
        async with asyncio.timeout(_PATIENCE):
            while words not in shown:
                with suppress(httpx.HTTPError):
                    answer = await self._asks("alice", line)
                    shown = " ".join(str(answer["text"]).split())
                await asyncio.sleep(0.1)
        return shown

    def texts(self, handle: str) -> list[str]:
        """What an employee's phone has received."""
        phone = self.lab.phones.of(handle)
        return [sms.text for sms in phone.thread if not sms.mine] if phone else []

    @property
    def switches(self) -> int:
        """How often the gateway's route has been changed."""
        return self.lab.mail.gateway.routes.route(DOMAIN).version - 1

    async def _is_ready(self) -> bool:
        with suppress(httpx.HTTPError):
            return (await self.http.get("/readyz")).is_success
        return False

    async def _asks(self, who: str, line: str) -> dict[str, Any]:
        answer = await self.http.post("/console/say", data={"as": who, "text": line})
        found: dict[str, Any] = answer.json()
        return found


def _slow_carrier(settings: dict[str, Any]) -> None:
    """Ten texts a second, so that a broadcast has a middle; proofs follow each other quickly."""
    settings["broadcast"]["carriers"][0]["rate_per_second"] = 10
    settings["continuity"]["prove"]["every"] = "1s"
    settings["continuity"]["fail_back"] |= {"every": "1s", "drain_poll": "1s"}
    for route in settings["mailflow"]["routes"].values():
        route["deadline"] = "5s"


@asynccontextmanager
async def serve_company(folder: Path, changes: Changes | None = None) -> AsyncIterator[Served]:
    """A company whose bot is ready; `changes` may edit its settings first."""
    served = Served(folder, changes)
    await served.start()
    try:
        yield served
        await served.check_records()
    finally:
        await served.stop()
