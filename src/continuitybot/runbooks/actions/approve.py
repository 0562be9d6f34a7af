"""approve: a second person agrees before the run goes on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.escalation import Escalation
from continuitybot.runbooks.fields import Span, Template
from continuitybot.runbooks.moves import Move, Next, Stay
from continuitybot.runbooks.order import Occasion, Order
from continuitybot.runbooks.ports import ApprovalRequest, Reach
from continuitybot.runbooks.standing import OUTPUTS, REFUSED, follow, told
from continuitybot.settings.values import Section, parse_duration

_SOONEST = timedelta(minutes=1)


class ApproveBody(Section):
    """What is to be approved, and by whom."""

    text: Template
    by: Template = Field("", description="Who asks, and so may not agree; empty: who started it.")
    act: Literal["respond", "invoke", "approve", "broadcast", "drill"] = Field(
        "approve", description="The authority that a decision needs."
    )
    quorum: int = Field(1, ge=1, le=5, description="How many people must agree.")
    expires: Span = Field("1h", description="How long it may take.")
    remind: Span = Field("", description="How often whoever was asked is reminded.",
                         validate_default=False)  # fmt: skip
    escalate: Escalation | None = Field(
        None, description="After how long without a decision whom else to ask; empty: everybody "
        "with the authority. The step's owner is asked first.",
    )  # fmt: skip


class Approve(Action[ApproveBody]):
    """Done when enough people agreed; nobody can get round it by hand."""

    name = "approve"
    body = ApproveBody
    outputs = OUTPUTS | {"approval", "approvers"}

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        if not data:  # people were reminded
            return Stay()
        move = follow(data, good=frozenset({"granted"}), bad=REFUSED)
        if not isinstance(move, Next):
            return move
        asked = {"asked": data["data"].get("asked", now.isoformat())}
        until = _next_moment(self.parse(given), asked, now)
        return replace(move, until=until, outputs={**move.outputs, **asked})

    def elapsed(self, given: Mapping[str, Any], outputs: Mapping[str, Any], now: datetime) -> Move:
        body = self.parse(given)
        since = now - datetime.fromisoformat(outputs["asked"])
        is_late = body.escalate is not None and since >= parse_duration(body.escalate.after)
        occasion = Occasion.ESCALATED if is_late else Occasion.OVERDUE
        return Next(
            kind=self.kind,
            extra={"occasion": occasion.value},
            subjects=(outputs["ref"],),
            until=_next_moment(body, outputs, now),
        )

    def objection(
        self, given: Mapping[str, Any], outputs: Mapping[str, Any], act: str, text: str
    ) -> str:
        return "only the decision of an approver ends it; approve or reject it, or cancel the run."

    async def perform(self, reach: Reach, order: Order, body: ApproveBody) -> Data:
        if order.occasion is not Occasion.FIRST:
            of = _whom(order, body)
            await reach.ports.approvals.remind(order.place, order.outputs["approval"], of)
            return {}
        request = ApprovalRequest(
            title=body.text,
            by=body.by or order.requester,
            act=body.act,
            quorum=body.quorum,
            expires=parse_duration(body.expires),
            of=order.owner,
        )
        return told(await reach.ports.approvals.request(order.place, request))

    async def look(self, reach: Reach, order: Order, body: ApproveBody) -> Data:
        subject, approval = order.outputs["ref"], order.outputs["approval"]
        return told(await reach.ports.approvals.standing(subject, approval))


def _whom(order: Order, body: ApproveBody) -> str:
    """Whoever was asked first, and later others besides."""
    if order.occasion is not Occasion.ESCALATED or body.escalate is None:
        return order.owner
    to = body.escalate.to
    return ", ".join(filter(None, (order.owner, to))) if to else ""


def _next_moment(body: ApproveBody, outputs: Mapping[str, Any], now: datetime) -> datetime | None:
    """When people are asked again: at the next reminder, or when others are to be asked."""
    asked = datetime.fromisoformat(outputs["asked"])
    moments = []
    if body.remind:
        every = max(parse_duration(body.remind), _SOONEST)
        moments.append(asked + every * ((now - asked) // every + 1))
    if body.escalate is not None:
        moments.append(asked + parse_duration(body.escalate.after))
    return min((moment for moment in moments if moment > now), default=None)
