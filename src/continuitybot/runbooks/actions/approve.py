"""approve: a second person agrees before the run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Span, Template
from continuitybot.runbooks.moves import Move
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import ApprovalRequest, Reach
from continuitybot.runbooks.standing import OUTPUTS, REFUSED, follow, told
from continuitybot.settings.values import Section, parse_duration


class ApproveBody(Section):
    """What is to be approved, and by whom."""

    text: Template
    by: Template = Field("", description="Who asks, and so may not agree; empty: who started it.")
    act: Literal["respond", "invoke", "approve", "broadcast", "drill"] = Field(
        "approve", description="The authority that a decision needs."
    )
    quorum: int = Field(1, ge=1, le=5, description="How many people must agree.")
    expires: Span = Field("1h", description="How long it may take.")


class Approve(Action[ApproveBody]):
    """Done when enough people agreed; nobody can get round it by hand."""

    name = "approve"
    body = ApproveBody
    outputs = OUTPUTS | {"approval"}

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        return follow(data, good=frozenset({"granted"}), bad=REFUSED)

    def objection(
        self, given: Mapping[str, Any], outputs: Mapping[str, Any], act: str, text: str
    ) -> str:
        return "only the decision of an approver ends it; approve or reject it, or cancel the run."

    async def perform(self, reach: Reach, order: Order, body: ApproveBody) -> Data:
        request = ApprovalRequest(
            title=body.text,
            by=body.by or order.requester,
            act=body.act,
            quorum=body.quorum,
            expires=parse_duration(body.expires),
        )
        return told(await reach.ports.approvals.request(order.place, request))

    async def look(self, reach: Reach, order: Order, body: ApproveBody) -> Data:
        subject, approval = order.outputs["ref"], order.outputs["approval"]
        return told(await reach.ports.approvals.standing(subject, approval))
