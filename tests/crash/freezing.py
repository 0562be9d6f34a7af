"""A bot that is frozen by itself, once, right after it has committed a change of that name.

python freezing.py CONFIG WHAT
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from continuitybot import log
from continuitybot.app import build
from continuitybot.cli.running import FENCED
from continuitybot.settings import load
from continuitybot.store import Change


async def freeze_after(config: Path, what: str) -> int:
    """Be a bot until another one has taken over."""
    bot = build(load(config), config.parent)
    log.configure("info", "text")

    def freeze(changes: Sequence[Change]) -> None:
        if any(change.what == what for change in changes):
            leave()
            os.kill(os.getpid(), signal.SIGSTOP)

    leave = bot.database.on_commit(freeze)
    await bot.start()
    await bot.fenced.wait()
    await bot.stop()
    return FENCED


if __name__ == "__main__":
    sys.exit(asyncio.run(freeze_after(Path(sys.argv[1]), sys.argv[2])))
