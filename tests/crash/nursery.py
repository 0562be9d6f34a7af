"""Where the lives of a bot begin: a process that has it wired already, and forks each of them.

Starting Python, importing the product, reading its settings and runbooks takes most of a second;
what a crash is about comes after that. The first thing a life does is to open the database.
"""

from __future__ import annotations

import asyncio
import gc
import multiprocessing
import os
import signal
import traceback
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from multiprocessing.reduction import recv_handle, send_handle
from pathlib import Path
from typing import Any, NoReturn

from continuitybot import log
from continuitybot.app import Bot, build
from continuitybot.settings import load
from crash.life import Life
from crash.moments import Moment, Strike
from crash.shared_clock import SharedClock

PROCESSES = multiprocessing.get_context("forkserver")
PROCESSES.set_forkserver_preload(["continuitybot.app", "continuitybot.lab"])

Change = Callable[[Bot], None]

_PATIENCE = 60.0  # seconds that anything real may take on a busy machine
# The second is how the kernel ends a process whose time of work is over: as suddenly.
_KILLED = (signal.SIGKILL, signal.SIGPROF)


class Died(Exception):
    """The bot was killed while it was asked something."""


class Nursery:
    """The bot whose settings are at `config`, one life at a time."""

    def __init__(
        self, config: Path, clock: SharedClock, port: int, change: Change | None = None
    ) -> None:
        self._control, control = PROCESSES.Pipe()
        self._nurse: ForkServerProcess = PROCESSES.Process(
            target=_nurse, args=(control, clock, config, port, change), daemon=True
        )
        self._nurse.start()
        control.close()
        self._wire: Connection | None = None
        self._pid = 0
        self.strike: Strike | None = None
        """Where the last life said that it would die."""

    async def begin(self, die: Moment | None) -> None:
        """Begin a life. Raises Died when it is over before it has begun to serve."""
        self._wire, far_end = PROCESSES.Pipe()
        self.strike = None
        self._control.send(die)
        send_handle(self._control, far_end.fileno(), self._nurse.pid)
        far_end.close()
        self._pid = await self._told()
        await self._answer()

    async def ask(self, question: object) -> Any:
        """What the bot answers. Raises Died when it is killed instead."""
        assert self._wire is not None
        try:
            self._wire.send(question)
        except ConnectionError:
            await self._over()
        return await self._answer()

    @property
    def is_dead(self) -> bool:
        """Whether the life that began last is over."""
        return self._wire is None or self._control.poll(0)

    def kill(self) -> bool:
        """`kill -9`; False when it is dead already."""
        if self.is_dead:
            return False
        try:
            os.kill(self._pid, signal.SIGKILL)
        except ProcessLookupError:
            return False
        return True

    async def bury(self) -> NoReturn:
        """Wait until the life is over. Raises Died."""
        await self._over()

    async def close(self) -> None:
        """End the process, and the life in it."""
        self.kill()
        self._control.close()
        await asyncio.to_thread(self._nurse.join, _PATIENCE)
        self._nurse.close()
        if self._wire is not None:
            self._wire.close()

    async def _answer(self) -> Any:
        assert self._wire is not None
        while True:
            assert await asyncio.to_thread(self._wire.poll, _PATIENCE), "the bot hangs"
            try:
                said = self._wire.recv()
            except (EOFError, ConnectionError):
                await self._over()
            if not self._hear(said):
                return said

    def _hear(self, said: object) -> bool:
        """Whether it was the last words."""
        if isinstance(said, Strike):
            self.strike = said
        return isinstance(said, Strike)

    async def _over(self) -> NoReturn:
        assert self._wire is not None
        status = await self._told()
        with suppress(EOFError, ConnectionError):
            while True:
                self._hear(self._wire.recv())
        self._wire.close()
        self._wire = None
        by = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        assert by in _KILLED, f"it ended by itself: {status}"
        raise Died

    async def _told(self) -> int:
        assert await asyncio.to_thread(wait, [self._control], _PATIENCE), "the bot hangs"
        return int(self._control.recv())


def _nurse(
    control: Connection, clock: SharedClock, config: Path, port: int, change: Change | None
) -> None:
    """Fork one life after another until nobody asks for more."""
    log.configure("error", "text")
    bot = build(load(config), config.parent, clock)
    if change is not None:
        change(bot)
    gc.collect()
    gc.freeze()
    while True:
        try:
            die = control.recv()
            wire = Connection(recv_handle(control))
        except EOFError:
            return
        life = os.fork()
        if life == 0:
            _live(Life(bot, clock, wire, die), port)
        wire.close()
        with suppress(BrokenPipeError):
            control.send(life)
            control.send(os.waitpid(life, 0)[1])


def _live(life: Life, port: int) -> NoReturn:
    """Live, and never come back to the process that was forked."""
    try:
        asyncio.run(life.run(port))
        os._exit(0)
    except BaseException:
        traceback.print_exc()
        os._exit(1)
