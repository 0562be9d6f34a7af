"""Where the bot stands when it looks at mail: what probes and canaries need besides settings."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass

from continuitybot.clock import Clock
from continuitybot.errors import NotFound
from continuitybot.mailflow.listener import Listener
from continuitybot.settings.mailflow import CanaryRouteSettings


@dataclass(frozen=True)
class Vantage:
    """One running bot's place on the network.

    `name` goes into observations, `hostname` into EHLO and Message-IDs; IMAP runs in `threads`.
    """

    name: str
    hostname: str
    clock: Clock
    threads: Executor
    listener: Listener | None
    routes: Mapping[str, CanaryRouteSettings]

    def route(self, name: str) -> CanaryRouteSettings:
        """The canary route of that name. Raises NotFound."""
        if name not in self.routes:
            known = ", ".join(self.routes) or "none yet"
            raise NotFound(
                f"There is no canary route {name}.",
                remedy=f"mailflow.routes has: {known}.",
                code="route",
            )
        return self.routes[name]
