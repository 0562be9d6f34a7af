"""http: call another system."""

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
from continuitybot.runbooks.ports import HttpCall, Reach
from continuitybot.settings.values import Section
from continuitybot.store import Outcome, Unknown


class HttpBody(Section):
    """The request, and which answers are good."""

    url: Template
    method: Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"] = Field(
        "GET", description="POST and PATCH are never repeated blindly."
    )
    headers: dict[str, Template] = Field({}, description="A value may be env:NAME or file:PATH.")
    json_: Any = Field(None, alias="json", description="What to send, as JSON.")
    expect: list[int] = Field([], description="Good statuses; empty: any from 200 to 299.")


class Http(Action[HttpBody]):
    """Done when the answer has a good status."""

    name = "http"
    body = HttpBody
    outputs = frozenset({"status", "text", "json"})
    after_crash = "reconcile"

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        expect = self.parse(given).expect
        status = data["status"]
        if status in expect or (not expect and 200 <= status < 300):
            return Done(data)
        return Fail(f"{given['url']} answered {status}: {data['text'][:200]}", data)

    async def perform(self, reach: Reach, order: Order, body: HttpBody) -> Data:
        return asdict(await reach.ports.http.call(order.place, _call(body)))

    async def reconcile(self, order: Order, body: HttpBody) -> Outcome | None:
        if _call(body).is_repeatable:
            return None
        return Unknown(f"The bot stopped during {body.method} {body.url}: see what came of it.")


def _call(body: HttpBody) -> HttpCall:
    return HttpCall(body.method, body.url, body.headers, body.json_)
