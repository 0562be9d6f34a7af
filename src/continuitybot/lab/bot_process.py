"""The bot as a process of its own, started again whenever it dies, as an init system would."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import httpx

from continuitybot.errors import Refused

_START_LIMIT = 30.0


class BotProcess:
    """`continuitybot serve` as a child; `kill` is `kill -9`, and it comes back by itself."""

    def __init__(self, config: Path, url: str, secrets: dict[str, str]) -> None:
        self._command = [
            sys.executable,
            "-m",
            "continuitybot",
            "serve",
            "--config",
            str(config),
            "--with-parent",
        ]
        self._environment = {**os.environ, **secrets}
        self._url = url
        self._log = config.parent / "bot.log"
        self._child: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None
        self.starts = 0

    async def start(self) -> None:
        """Start it, and return when it is ready. Raises Refused with the end of its log."""
        self._keeper = asyncio.create_task(self._keep())
        async with httpx.AsyncClient(timeout=2) as client:
            for _ in range(int(_START_LIMIT / 0.1)):
                if self._keeper.done():
                    break
                with suppress(httpx.HTTPError):
                    if (await client.get(f"{self._url}/readyz")).is_success:
                        return
                await asyncio.sleep(0.1)
        await self.stop()
        tail = self._log.read_text(encoding="utf-8")[-2000:] if self._log.exists() else ""
        raise Refused(f"The bot did not start.\n{tail}")

    async def kill(self) -> None:
        """End it as a power cut would."""
        if self._child is not None and self._child.returncode is None:
            self._child.kill()

    async def stop(self) -> None:
        """End it in order, and start it no more."""
        if self._keeper is not None:
            self._keeper.cancel()
        if self._child is not None and self._child.returncode is None:
            self._child.send_signal(signal.SIGTERM)
            try:
                await asyncio.wait_for(self._child.wait(), 10)
            except TimeoutError:
                self._child.kill()

    async def _keep(self) -> None:
        quick_deaths = 0
        while quick_deaths < 3:
            begun = asyncio.get_running_loop().time()
            with self._log.open("ab") as log:
                self._child = await asyncio.create_subprocess_exec(
                    *self._command,
                    env=self._environment,
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    process_group=0,  # Ctrl-C is for us; we end the child in order
                )
            self.starts += 1
            status = await self._child.wait()
            lived = asyncio.get_running_loop().time() - begun
            quick_deaths = quick_deaths + 1 if lived < 3 and status != -signal.SIGKILL else 0
