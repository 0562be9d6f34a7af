"""The proof of a switch: one canary in each direction, through mailflow's routes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import timedelta

from continuitybot.continuity import Evidence, Side
from continuitybot.errors import ContinuityError
from continuitybot.mailflow import Mailflow

SWITCHED = "switched_inbound"
"""The route from outside that leads to the standby only while mail is switched."""


class CanaryProver:
    """Proves a side by the canary routes `<side>_inbound` and `<side>_outbound`.

    The standby is proved by `switched_inbound` instead of `standby_inbound` where it is configured.

    Without a route for each direction nothing is proved.
    """

    def __init__(self, mailflow: Mailflow) -> None:
        self._mailflow = mailflow

    async def prove(self, side: Side, domains: Sequence[str], timeout: timedelta) -> Evidence:
        """Evidence of both directions; a canary that did not arrive in time is a reason."""
        routes = [self._inbound(side), f"{side}_outbound"]
        absent = [route for route in routes if route not in self._mailflow.routes]
        if absent:
            reason = f"mailflow.routes lacks {' and '.join(absent)}, so nothing can be proved"
            return Evidence(ok=False, reason=reason)
        inbound, outbound = await asyncio.gather(*(self._one(route, timeout) for route in routes))
        return inbound + outbound

    def _inbound(self, side: Side) -> str:
        """The way senders take, where it is configured, proves the switch besides the standby."""
        is_switched = side == "standby" and SWITCHED in self._mailflow.routes
        return SWITCHED if is_switched else f"{side}_inbound"

    async def _one(self, route: str, timeout: timedelta) -> Evidence:
        name = route.replace("_", " ")
        try:
            async with asyncio.timeout(timeout.total_seconds()):
                result = await self._mailflow.canary(route)
        except TimeoutError:
            seconds = timeout.total_seconds()
            return Evidence(ok=False, reason=f"the {name} canary did not arrive in {seconds:g} s")
        except ContinuityError as error:
            return Evidence(ok=False, reason=f"{name}: {error}")
        if not result.ok:
            return Evidence(ok=False, reason=f"the {name} canary failed: {result.detail}")
        return Evidence(ok=True, facts=(f"{name} canary arrived in {result.latency or 0:.2f} s",))
