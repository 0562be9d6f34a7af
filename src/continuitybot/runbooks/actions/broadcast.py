"""broadcast: text many people, once a second person has agreed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Template
from continuitybot.runbooks.moves import Move
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.runbooks.standing import OUTPUTS, follow, told
from continuitybot.settings.values import Section


class BroadcastBody(Section):
    """Whom to text, and what."""

    text: Template
    audience: Template = Field("all", description="all, site:Vienna, group:it, handles, …")
    by: Template = Field("", description="Who asks, and so may not approve; empty: who started it.")


class Broadcast(Action[BroadcastBody]):
    """Done when every text has left and its fate is known."""

    name = "broadcast"
    body = BroadcastBody
    outputs = OUTPUTS | {"counts", "replies"}

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        good, bad = frozenset({"finished"}), frozenset({"stopped", "cancelled"})
        return follow(data, good=good, bad=bad)

    async def perform(self, reach: Reach, order: Order, body: BroadcastBody) -> Data:
        by = body.by or order.requester
        broadcasts = reach.ports.broadcasts
        return told(await broadcasts.request(order.place, by, body.audience, body.text))

    async def look(self, reach: Reach, order: Order, body: BroadcastBody) -> Data:
        return told(await reach.ports.broadcasts.standing(order.outputs["ref"]))
