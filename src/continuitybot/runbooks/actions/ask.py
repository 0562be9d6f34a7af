"""ask: put a question, and wait for its answer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, model_validator

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.answers import YES_NO, read_choice, read_typed
from continuitybot.runbooks.fields import Template
from continuitybot.runbooks.moves import Done, Move, Next, Stay
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Question, Reach
from continuitybot.settings.values import Section

AnswerType = Literal["choice", "text", "number", "duration", "yes_no"]


class AskBody(Section):
    """The question and its answers."""

    text: Template
    type: AnswerType = Field("choice", description="What an answer is.")
    choices: dict[str, Template] = Field(
        {}, min_length=2, description="The answers: what templates see -> what the button says."
    )
    act: Literal["respond", "invoke", "approve", "broadcast", "drill"] = Field(
        "respond", description="The authority that an answer needs."
    )

    @model_validator(mode="after")
    def _has_its_choices(self) -> AskBody:
        if self.type == "choice" and not self.choices:
            raise ValueError("a question needs at least two `choices`, or a `type` such as text")
        if self.type != "choice" and self.choices:
            raise ValueError("`choices` belongs to `type: choice`, and only there")
        return self

    @property
    def answers(self) -> Mapping[str, str]:
        """What can be chosen (id -> label); empty when the answer is written."""
        return YES_NO if self.type == "yes_no" else self.choices


class Ask(Action[AskBody]):
    """Done when somebody with the authority has answered; a card that fails can be answered too."""

    name = "ask"
    body = AskBody
    outputs = frozenset({"choice", "answer"})

    def first(self, _body: AskBody, _now: datetime) -> Move:
        return Next(kind=self.kind, person=True)

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        return Stay()

    def answered(self, given: Mapping[str, Any], choice: str, by: str) -> Move:
        body = self.parse(given)
        if body.answers:
            return Done({"choice": read_choice(choice, body.answers)}, by=by)
        return Done({"answer": read_typed(choice, body.type)}, by=by)

    def objection(
        self, given: Mapping[str, Any], outputs: Mapping[str, Any], act: str, text: str
    ) -> str:
        return "answer it, or skip it." if act == "done" else ""

    async def perform(self, reach: Reach, order: Order, body: AskBody) -> Data:
        question = Question(
            body.text, body.answers, owner=order.owner, act=body.act, type=body.type
        )
        await reach.ports.speaker.ask(order.place, question)
        return {}
