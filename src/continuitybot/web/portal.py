"""Pages for one person by signed link: an object with its buttons, and reports."""

from __future__ import annotations

from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment

from continuitybot.chat.cards.rendering import Cards
from continuitybot.chat.html import HtmlCards
from continuitybot.incidents import Incidents
from continuitybot.incidents.report.render import render
from continuitybot.settings import Settings
from continuitybot.store import Database
from continuitybot.web.visitor import Door


@dataclass(frozen=True)
class Portal:
    """`/portal/<REF>` and `/portal/report/<REF>.<html|md|json>`."""

    settings: Settings
    database: Database
    door: Door
    cards: Cards
    incidents: Incidents
    templates: Environment

    def routes(self) -> list[web.RouteDef]:
        """What the portal answers."""
        return [
            web.get("/portal/report/{ref}.{style}", self.report),
            web.get("/portal/{ref}", self.page),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """One object, the timeline of an incident below it, and what can be done."""
        visitor = await self.door.visitor(request)
        ref = request.match_info["ref"].upper()
        async with self.database.reading() as tx:
            card = await self.cards.card(tx, ref)
            is_incident = ref.startswith("INC-")
            timeline = await self.incidents.timeline(tx, ref) if is_incident else []
            links = await self.incidents.links(tx, ref) if is_incident else []
            linked = [await self.cards.card(tx, link.ref) for link in links]
        zone = ZoneInfo(visitor.person.time_zone or self.settings.organisation.time_zone)
        renderer = HtmlCards("/console/say", zone, visitor.proof)
        body = self.templates.get_template("portal.html").render(
            visitor=visitor,
            ref=ref,
            organisation=self.settings.organisation.name,
            card=renderer.card(card),
            linked=[renderer.card(one) for one in linked],
            timeline=[(entry.at.astimezone(zone), entry) for entry in reversed(timeline)],
        )
        return web.Response(text=body, content_type="text/html")

    async def report(self, request: web.Request) -> web.Response:
        """The report of an incident, to read, to print or to keep."""
        await self.door.visitor(request)
        ref, style = request.match_info["ref"].upper(), request.match_info["style"]
        form, content_type = _FORMS.get(style, (style, ""))
        text = render(await self.incidents.report(ref), form)
        return web.Response(text=text, content_type=content_type)


_FORMS = {
    "html": ("html", "text/html"),
    "md": ("markdown", "text/markdown"),
    "json": ("json", "application/json"),
}
