"""invoke: switch the mail to the standby, from the plan to the proof."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Span, Template
from continuitybot.runbooks.moves import Move
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import InvokeRequest, Reach
from continuitybot.runbooks.standing import OUTPUTS, follow, told
from continuitybot.settings.values import Section, parse_duration

PROVED = frozenset({"active", "failing_back", "draining", "ended"})
NOT_SWITCHED = frozenset({"failed", "rolled_back", "cancelled"})


class InvokeBody(Section):
    """What to switch; empty fields mean what the settings say."""

    by: Template = Field("", description="Who invokes, and so may not approve; empty: who started.")
    provider: Template = Field("", description="Which one; empty: that of the domains.")
    domains: list[Template] = Field([], description="The domains whose mail is switched.")
    for_: Span = Field("", alias="for", description="How long.", validate_default=False)
    reason: Template = Field("", description="What the plan, the approval and the report say.")


class Invoke(Action[InvokeBody]):
    """Done when canaries have proved the standby; an event open for the incident is taken over."""

    name = "invoke"
    body = InvokeBody
    outputs = OUTPUTS | {"end"}

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        return follow(data, good=PROVED, bad=NOT_SWITCHED)

    async def perform(self, reach: Reach, order: Order, body: InvokeBody) -> Data:
        request = InvokeRequest(
            by=body.by or order.requester,
            provider=body.provider,
            domains=tuple(body.domains),
            duration=parse_duration(body.for_) if body.for_ else None,
            reason=body.reason,
        )
        return told(await reach.ports.continuity.invoke(order.place, request))

    async def look(self, reach: Reach, order: Order, body: InvokeBody) -> Data:
        return told(await reach.ports.continuity.standing(order.outputs["ref"]))
