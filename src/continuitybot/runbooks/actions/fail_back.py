"""fail_back: bring the mail back to the primary, until nothing is left on the standby."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Template
from continuitybot.runbooks.moves import Fail, Move
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.runbooks.standing import OUTPUTS, follow, told
from continuitybot.settings.values import Section


class FailBackBody(Section):
    """Which event to end."""

    event: Template = Field(description="Its reference, such as {{ steps.invoke.ref }}.")
    by: Template = Field("", description="Who asks, and so may not approve; empty: who started it.")


class FailBack(Action[FailBackBody]):
    """Done when the primary is proved and the standby is empty."""

    name = "fail_back"
    body = FailBackBody
    outputs = OUTPUTS

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        if data["state"] == "active" and data["consent"] == "granted":
            return Fail(f"{data['ref']} was taken back to the standby: {data['text']}")
        bad = frozenset({"failed", "rolled_back", "cancelled"})
        return follow(data, good=frozenset({"ended"}), bad=bad)

    async def perform(self, reach: Reach, order: Order, body: FailBackBody) -> Data:
        by = body.by or order.requester
        return told(await reach.ports.continuity.fail_back(order.place, body.event, by))

    async def look(self, reach: Reach, order: Order, body: FailBackBody) -> Data:
        return told(await reach.ports.continuity.standing(body.event))
