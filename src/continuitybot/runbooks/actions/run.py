"""run: another runbook, as one step of this one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.moves import Move
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.runbooks.standing import OUTPUTS, follow, told
from continuitybot.settings.values import Section


class RunBody(Section):
    """Which runbook, with which inputs."""

    runbook: str = Field(description="Its name; no template, so that it can be checked.")
    inputs: dict[str, Any] = Field({}, description="Its inputs; texts may be templates.")


class NestedRun(Action[RunBody]):
    """Done when the other run is finished."""

    name = "run"
    body = RunBody
    outputs = OUTPUTS

    @property
    def kind(self) -> str:
        return "run.start_child"

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        return follow(data, good=frozenset({"finished"}), bad=frozenset({"failed", "cancelled"}))

    async def perform(self, reach: Reach, order: Order, body: RunBody) -> Data:
        standing = await reach.runs.start(order.place, body.runbook, body.inputs, order.requester)
        return told(standing)

    async def look(self, reach: Reach, order: Order, body: RunBody) -> Data:
        return told(await reach.runs.standing(order.outputs["ref"]))
