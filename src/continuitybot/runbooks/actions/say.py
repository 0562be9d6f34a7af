"""say: tell those who follow the run."""

from __future__ import annotations

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Template
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.settings.values import Section


class SayBody(Section):
    """What to say, and where."""

    text: Template
    to: Template = Field("", description="A channel's name; empty: where the run is followed.")


class Say(Action[SayBody]):
    """Succeeds when it was said."""

    name = "say"
    body = SayBody

    async def perform(self, reach: Reach, order: Order, body: SayBody) -> Data:
        await reach.ports.speaker.say(order.place, body.text, body.to)
        return {}
