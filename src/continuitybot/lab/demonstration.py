"""A company and a bot side by side: the lab in this process, the bot in one of its own."""

from __future__ import annotations

import random
import socket
from contextlib import suppress
from pathlib import Path

from continuitybot.lab.addresses import HOST, BotDoors, Door
from continuitybot.lab.bot_process import BotProcess
from continuitybot.lab.demo_settings import environment, write_demo
from continuitybot.lab.lab import Lab

_BELOW_EPHEMERAL = range(20_000, 32_000)


class Demonstration:
    """Everything the demo runs. `port` 0 takes any free port for the console."""

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._port = port or free_port()
        self.lab = Lab()
        self.bot_url = f"http://{HOST}:{self._port}"
        self.console_url = f"{self.bot_url}/console?as=alice"
        self.bot: BotProcess | None = None

    async def start(self) -> None:
        """Start the company, write the bot's settings, start the bot. Raises Refused."""
        await self.lab.start()
        listener = Door(HOST, free_port())
        addresses = self.lab.addresses
        config = write_demo(self._folder, addresses, self._port, listener.port)
        self.bot = BotProcess(config, self.bot_url, environment(addresses))
        self.lab.connect(BotDoors(listener, f"{self.bot_url}/sms/twilio/inbound", self.bot.kill))
        await self.bot.start()

    async def stop(self) -> None:
        """Stop the bot, then the company."""
        if self.bot is not None:
            await self.bot.stop()
        await self.lab.stop()


def free_port() -> int:
    """A port that nobody listens on at this moment, and that no outgoing connection will take."""
    while True:
        port = random.choice(_BELOW_EPHEMERAL)  # noqa: S311 - no secret
        with socket.socket() as door, suppress(OSError):
            door.bind((HOST, port))
            return port
