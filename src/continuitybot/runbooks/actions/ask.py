"""ask: put a question, and wait for one of its answers."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field

from continuitybot.errors import Refused
from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Template
from continuitybot.runbooks.moves import Done, Move, Next, Stay
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Question, Reach
from continuitybot.settings.values import Section


class AskBody(Section):
    """The question and its answers."""

    text: Template
    choices: dict[str, Template] = Field(
        min_length=2, description="The answers: what templates see -> what the button says."
    )
    act: Literal["respond", "invoke", "approve", "broadcast", "drill"] = Field(
        "respond", description="The authority that an answer needs."
    )


class Ask(Action[AskBody]):
    """Done when somebody with the authority has chosen; a card that fails can still be answered."""

    name = "ask"
    body = AskBody
    outputs = frozenset({"choice"})

    def first(self, _body: AskBody, _now: datetime) -> Move:
        return Next(kind=self.kind, person=True)

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        return Stay()

    def answered(self, given: Mapping[str, Any], choice: str, by: str) -> Move:
        choices = self.parse(given).choices
        if choice in choices:
            return Done({"choice": choice}, by=by)
        near = difflib.get_close_matches(choice, choices, n=1)
        remedy = f"Did you mean `{near[0]}`?" if near else f"Answer one of: {', '.join(choices)}."
        raise Refused(f"`{choice}` is not an answer to this question.", remedy=remedy)

    def objection(
        self, given: Mapping[str, Any], outputs: Mapping[str, Any], act: str, text: str
    ) -> str:
        return "answer it, or skip it." if act == "done" else ""

    async def perform(self, reach: Reach, order: Order, body: AskBody) -> Data:
        question = Question(body.text, body.choices, owner=order.owner, act=body.act)
        await reach.ports.speaker.ask(order.place, question)
        return {}
