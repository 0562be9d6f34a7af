"""check: observe checks now, and compare with what the step expects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Template
from continuitybot.runbooks.moves import Done, Fail, Move
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.settings.values import Section


class CheckBody(Section):
    """Which checks to observe; without either field, all of them."""

    checks: list[Template] = Field([], description="Names of checks.")
    direction: Literal["", "inbound", "outbound", "both"] = Field(
        "", description="Observe every check of this direction."
    )
    expect: Literal["healthy", "failing", "any"] = Field(
        "healthy", description="The step fails when the checks are not so."
    )


class Check(Action[CheckBody]):
    """Succeeds when the mail flow is as expected."""

    name = "check"
    body = CheckBody
    outputs = frozenset({"ok", "failing", "detail", "diagnosis"})

    async def perform(self, reach: Reach, order: Order, body: CheckBody) -> Data:
        return asdict(await reach.ports.checks.check(body.checks, body.direction))

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        expect = self.parse(given).expect
        if expect == "healthy" and not data["ok"]:
            names = ", ".join(data["failing"])
            return Fail(data["diagnosis"] or data["detail"] or f"failing: {names}", data)
        if expect == "failing" and data["ok"]:
            return Fail("everything that was checked is healthy", data)
        return Done(data)
