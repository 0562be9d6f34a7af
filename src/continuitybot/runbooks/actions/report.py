"""report: write down what was done, measured against the objectives."""

from __future__ import annotations

from continuitybot.runbooks.action import Action, Data
from continuitybot.runbooks.order import Order
from continuitybot.runbooks.ports import Reach
from continuitybot.settings.values import Section


class ReportBody(Section):
    """A report has nothing to choose: write `report: {}`."""


class Report(Action[ReportBody]):
    """Done when the report can be read."""

    name = "report"
    body = ReportBody
    outputs = frozenset({"location"})

    async def perform(self, reach: Reach, order: Order, body: ReportBody) -> Data:
        return {"location": await reach.ports.reports.write(order.place)}
