"""canary: prove a route with a real mail that is found at its other end."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Template
from continuitybot.runbooks.moves import Done, Fail, Move
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.settings.values import Section


class CanaryBody(Section):
    """Which configured route to prove."""

    route: Template = Field(
        description="primary_inbound, primary_outbound, standby_inbound or standby_outbound."
    )


class Canary(Action[CanaryBody]):
    """Succeeds when the mail arrived."""

    name = "canary"
    body = CanaryBody
    outputs = frozenset({"ok", "latency", "detail", "hops"})

    async def perform(self, reach: Reach, order: Order, body: CanaryBody) -> Data:
        return asdict(await reach.ports.checks.canary(order.place, body.route))

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        if data["ok"]:
            return Done(data)
        return Fail(data["detail"] or f"the canary did not arrive by {given['route']}", data)
