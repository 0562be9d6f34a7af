"""page: wake people."""

from __future__ import annotations

from pydantic import Field

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.fields import Template
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.settings.values import Section


class PageBody(Section):
    """Whom to page, and what they read."""

    text: Template
    who: Template = Field("on-call", description="An audience: on-call, role:admin, a handle, …")


class Page(Action[PageBody]):
    """Succeeds when the page is on its way; a page too many is better than none."""

    name = "page"
    body = PageBody
    outputs = frozenset({"people"})

    async def perform(self, reach: Reach, order: Order, body: PageBody) -> Data:
        return {"people": list(await reach.ports.paging.page(order.place, body.who, body.text))}
