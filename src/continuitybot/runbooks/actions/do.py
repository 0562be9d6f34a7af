"""do: something a person does, with an owner, a due time and evidence."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, model_validator

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.answering import line_for_item
from continuitybot.runbooks.escalation import Escalation
from continuitybot.runbooks.fields import Span, Template
from continuitybot.runbooks.moves import Move, Next, Stay
from continuitybot.runbooks.order import Occasion, Order
from continuitybot.runbooks.ports import COMMANDER, Question, Reach
from continuitybot.settings.values import Section, parse_duration

_LINK = re.compile(r"https?://\S+")
_LACKS = {
    True: "say what shows that it was done.",
    "link": "give a link (https://…) to what shows that it was done.",
    "file": "attach a file that shows that it was done, then say so again.",
}


class DoBody(Section):
    """What is to be done."""

    text: Template
    due: Span = Field("", description="How long it may take; then the owner is reminded.",
                      validate_default=False)  # fmt: skip
    remind: Span = Field("", description="How long before that the owner is reminded as well.",
                         validate_default=False)  # fmt: skip
    escalate: Escalation | None = Field(
        None, description="How long after it was due whom to tell; empty: the commander of the "
        "incident, or whoever started the run.",
    )  # fmt: skip
    evidence: bool | Literal["link", "file"] = Field(
        False, description="What ticking it off needs: true for any word, or a link, or a file."
    )

    @model_validator(mode="after")
    def _counts_from_due(self) -> DoBody:
        if (self.remind or self.escalate) and not self.due:
            raise ValueError("`remind` and `escalate` count from `due`, which is missing")
        return self


class Do(Action[DoBody]):
    """Done when somebody ticks it off, with the evidence it asks for."""

    name = "do"
    body = DoBody
    outputs = frozenset({"text", "link", "files", "due"})

    def first(self, body: DoBody, now: datetime) -> Move:
        if not body.due:
            return Next(kind=self.kind, person=True)
        due = now + parse_duration(body.due)
        early = due - parse_duration(body.remind) if body.remind else due
        told = {"due": due.isoformat()}
        until = early if early > now else due
        return Next(kind=self.kind, extra=told, until=until, person=True, outputs=told)

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        return Stay()

    def elapsed(self, given: Mapping[str, Any], outputs: Mapping[str, Any], now: datetime) -> Move:
        due = datetime.fromisoformat(outputs["due"])
        escalate = self.parse(given).escalate
        last = due + parse_duration(escalate.after) if escalate else due
        if now < due:
            occasion, until = Occasion.SOON, due
        elif escalate and now >= last:
            occasion, until = Occasion.ESCALATED, None
        else:
            occasion, until = Occasion.OVERDUE, last if escalate else None
        extra = {"occasion": occasion.value, "due": outputs["due"]}
        return Next(kind=self.kind, extra=extra, until=until, person=True)

    def shown(self, text: str) -> Mapping[str, Any]:
        link = _LINK.search(text)
        return {"text": text, "link": link[0]} if link else {"text": text}

    def objection(
        self, given: Mapping[str, Any], outputs: Mapping[str, Any], act: str, text: str
    ) -> str:
        if act != "done":
            return ""
        wanted = given.get("evidence", False)
        has = {True: text or outputs.get("files"), "link": _LINK.search(text),
               "file": outputs.get("files")}  # fmt: skip
        return "" if not wanted or has[wanted] else _LACKS[wanted]

    async def perform(self, reach: Reach, order: Order, body: DoBody) -> Data:
        if order.occasion is Occasion.FIRST:
            question = Question(body.text, owner=order.owner, due=order.due)
            await reach.ports.speaker.ask(order.place, question)
            return {}
        if order.occasion is not Occasion.SOON:
            whose = f" ({order.owner})" if order.owner else ""
            await reach.ports.speaker.say(order.place, f"Overdue{whose}: {body.text}")
        if whom := _whom(order, body):
            await reach.ports.paging.tell(order.place, whom, _reminder(order, body))
        return {}


def _whom(order: Order, body: DoBody) -> str:
    if order.occasion is not Occasion.ESCALATED or body.escalate is None:
        return order.owner
    return body.escalate.to or (COMMANDER if order.place.incident else order.requester)


def _reminder(order: Order, body: DoBody) -> str:
    place = order.place
    when = f" {order.due:%H:%M} UTC" if order.due else ""
    how = f"When it is done: {line_for_item(place.run, place.step, body.evidence)}"
    if order.occasion is Occasion.SOON:
        return f"Due{when}: {body.text} {how}"
    owner = f" by {order.owner}" if order.occasion is Occasion.ESCALATED and order.owner else ""
    return f"Overdue since{when}{owner}: {body.text} {how}"
