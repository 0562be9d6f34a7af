"""do: something a person does, with an owner, a due time and evidence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Span, Template
from continuitybot.runbooks.moves import Move, Next, Stay
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Question, Reach
from continuitybot.settings.values import Section, parse_duration


class DoBody(Section):
    """What is to be done."""

    text: Template
    due: Span = Field("", description="How long it may take before the owner is reminded.",
                      validate_default=False)  # fmt: skip
    evidence: bool = Field(False, description="Ticking it off needs a word of evidence.")


class Do(Action[DoBody]):
    """Done when somebody ticks it off; the evidence is its output `text`."""

    name = "do"
    body = DoBody
    outputs = frozenset({"text"})

    def first(self, body: DoBody, now: datetime) -> Move:
        if not body.due:
            return Next(kind=self.kind, person=True)
        due = now + parse_duration(body.due)
        return Next(kind=self.kind, extra={"due": due.isoformat()}, until=due, person=True)

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        return Stay()

    def elapsed(self, given: Mapping[str, Any], outputs: Mapping[str, Any], now: datetime) -> Move:
        return Next(kind=self.kind, extra={"overdue": True}, person=True)

    def objection(
        self, given: Mapping[str, Any], outputs: Mapping[str, Any], act: str, text: str
    ) -> str:
        if act == "done" and given.get("evidence") and not text:
            return "say what shows that it was done."
        return ""

    async def perform(self, reach: Reach, order: Order, body: DoBody) -> Data:
        if order.overdue:
            whose = f" ({order.owner})" if order.owner else ""
            await reach.ports.speaker.say(order.place, f"Overdue{whose}: {body.text}")
        else:
            question = Question(body.text, owner=order.owner, due=order.due)
            await reach.ports.speaker.ask(order.place, question)
        return {}
