"""wait: for a while, until mail is healthy, for a reply, or for a continuity event."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal

from pydantic import Field, model_validator

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Span, Template
from continuitybot.runbooks.moves import Done, Fail, Move, Next
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.runbooks.standing import told
from continuitybot.settings.values import Section, parse_duration

_Progress = Literal[
    "planned", "approved", "applying", "verifying", "active", "failing_back", "draining", "ended"
]
_IN_ORDER = ("planned", "approved", "applying", "verifying", "active", "failing_back", "draining",
             "ended")  # fmt: skip


class Healthy(Section):
    """Mail that is healthy, and has been for a while."""

    check: Template = Field("", description="The name of a check; or give a direction.")
    direction: Literal["", "inbound", "outbound"] = ""
    for_: Span = Field("0s", alias="for", description="How long it must have been healthy.")

    @model_validator(mode="after")
    def _names_one(self) -> Healthy:
        if bool(self.check) == bool(self.direction):
            raise ValueError("name either a check or a direction")
        return self


class Reply(Section):
    """An answer to a broadcast."""

    to: Template = Field(description="The broadcast, such as {{ steps.tell.ref }}.")
    meaning: Template = Field("", description="Such as safe or help; empty: any answer.")


class EventState(Section):
    """A continuity event that has come as far as a state."""

    ref: Template = Field(description="The event, such as {{ steps.invoke.ref }}.")
    state: _Progress


class WaitBody(Section):
    """What to wait for: exactly one of these."""

    for_: Span | None = Field(None, alias="for", description="Simply a while.")
    healthy: Healthy | None = None
    reply: Reply | None = None
    event: EventState | None = None

    @model_validator(mode="after")
    def _waits_for_one(self) -> WaitBody:
        given = [self.for_, self.healthy, self.reply, self.event]
        if sum(one is not None for one in given) != 1:
            raise ValueError("wait for exactly one of: for, healthy, reply, event")
        return self


class Wait(Action[WaitBody]):
    """Done when what it waits for has come; what changes outside is looked at afresh."""

    name = "wait"
    body = WaitBody
    outputs = frozenset({"standing", "replies"})

    def first(self, body: WaitBody, now: datetime) -> Move:
        if body.for_ is not None:
            return Next(until=now + parse_duration(body.for_))
        return Next(subjects=(_subject(body),))

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        body = self.parse(given)
        if body.healthy is not None:
            return _after_health(body.healthy, data, now)
        if body.event is not None:
            return _after_event(body.event, data)
        replies = data["data"].get("replies", {})
        wanted = body.reply.meaning if body.reply else ""
        has_come = bool(replies.get(wanted, 0) if wanted else sum(replies.values()))
        return Done({"replies": replies}) if has_come else Next(subjects=(_subject(body),))

    async def look(self, reach: Reach, order: Order, body: WaitBody) -> Data:
        if body.healthy is not None:
            health = await reach.ports.checks.health(body.healthy.check, body.healthy.direction)
            since = health.since.isoformat() if health.since else ""
            return {"state": health.state, "since": since}
        if body.event is not None:
            return told(await reach.ports.continuity.standing(body.event.ref))
        return told(await reach.ports.broadcasts.standing(_subject(body)))


def _subject(body: WaitBody) -> str:
    if body.healthy is not None:
        return body.healthy.check or body.healthy.direction
    if body.event is not None:
        return body.event.ref
    return body.reply.to if body.reply is not None else ""


def _after_health(healthy: Healthy, data: Mapping[str, Any], now: datetime) -> Move:
    subjects = (healthy.check or healthy.direction,)
    if data["state"] != "healthy":
        return Next(subjects=subjects)
    since = datetime.fromisoformat(data["since"]) if data["since"] else now
    enough = since + parse_duration(healthy.for_)
    return Done({"standing": "healthy"}) if enough <= now else Next(subjects=subjects, until=enough)


def _after_event(wanted: EventState, data: Mapping[str, Any]) -> Move:
    state = data["state"]
    if state not in _IN_ORDER:
        if state == "rolling_back":
            return Next(subjects=(wanted.ref,))
        return Fail(f"{wanted.ref} is {state}; it will not be {wanted.state}", {"standing": state})
    if _IN_ORDER.index(state) >= _IN_ORDER.index(wanted.state):
        return Done({"standing": state})
    return Next(subjects=(wanted.ref,))
