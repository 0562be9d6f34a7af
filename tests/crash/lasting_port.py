"""A door that stays the bot's own while it is dead."""

from __future__ import annotations

import random
import socket
from contextlib import suppress

from continuitybot.lab.addresses import HOST


def lasting_port() -> int:
    """A port that the kernel gives to nobody else while the bot is dead: below those it deals."""
    while True:
        port = random.SystemRandom().randrange(15_000, 32_000)
        with socket.socket() as door, suppress(OSError):
            door.bind((HOST, port))
            return port
