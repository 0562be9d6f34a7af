"""extend: give a continuity event more time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Span, Template
from continuitybot.runbooks.moves import Move
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.runbooks.standing import OUTPUTS, follow, told
from continuitybot.settings.values import Section, parse_duration


class ExtendBody(Section):
    """Which event, and by how much."""

    event: Template = Field(description="Its reference, such as {{ steps.invoke.ref }}.")
    for_: Span = Field(alias="for", description="How much longer.")
    by: Template = Field("", description="Who extends it; empty: who started the run.")


class Extend(Action[ExtendBody]):
    """Done when the event ends later."""

    name = "extend"
    body = ExtendBody
    outputs = OUTPUTS | {"end"}

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        return follow(data, good=frozenset({data["state"]}), bad=frozenset())

    async def perform(self, reach: Reach, order: Order, body: ExtendBody) -> Data:
        by, more = body.by or order.requester, parse_duration(body.for_)
        return told(await reach.ports.continuity.extend(order.place, body.event, by, more))
