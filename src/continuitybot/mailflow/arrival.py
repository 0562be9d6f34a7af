"""A canary that arrived, and the one thing asked of every place where it may be found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Arrival:
    """A canary found: in which folder, whether that is a junk folder, and its Received headers."""

    folder: str
    junk: bool = False
    received: tuple[str, ...] = ()


class Finder(Protocol):
    """A place where canaries arrive."""

    async def find(self, nonce: str) -> Arrival:
        """Wait for the canary as long as the caller does.

        Raises: HopFailed at the hop mailbox when the place cannot be looked into.
        """
        ...
