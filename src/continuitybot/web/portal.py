"""Pages for one person by signed link: an object with its buttons, and reports."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment
from markupsafe import Markup

from continuitybot.chat import text as plain_text
from continuitybot.chat.cards.rendering import Cards
from continuitybot.chat.grammar import parse
from continuitybot.chat.html import HtmlCards, posted_line
from continuitybot.chat.message import Card
from continuitybot.chat.platform import Command, Handle, Reply
from continuitybot.chat.store import first_time, forget
from continuitybot.chat.verbs import VERBS
from continuitybot.errors import Refused
from continuitybot.incidents import Incidents
from continuitybot.incidents.report.render import render
from continuitybot.people.model import Identity
from continuitybot.settings import Settings
from continuitybot.store import Change, Database
from continuitybot.web.forms import posted
from continuitybot.web.live import tell_changes
from continuitybot.web.run_page import RunPage
from continuitybot.web.visitor import Door, Visitor

_RUNS = ("RUN-", "DRILL-")
_NOISE = frozenset({"console.changed", "check.observed"})
_DONE = "It is done. This page shows how it stands now."
_TWICE = "This had been sent before; it was not done a second time."


@dataclass(frozen=True)
class Portal:
    """`/portal/<REF>`, what belongs to it, and `/portal/report/<REF>.<html|md|json>`."""

    settings: Settings
    database: Database
    door: Door
    cards: Cards
    incidents: Incidents
    runs: RunPage
    handle: Handle
    templates: Environment

    def routes(self) -> list[web.RouteDef]:
        """What the portal answers."""
        return [
            web.get("/portal/report/{ref}.{style}", self.report),
            web.get("/portal/{ref}/events", self.events),
            web.get("/portal/{ref}/flow.svg", self.picture),
            web.get("/portal/{ref}", self.page),
            web.post("/portal/{ref}", self.act),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """One object, and what can be done about it."""
        visitor = await self.door.visitor(request)
        said = {"1": _DONE, "again": _TWICE}.get(request.query.get("done", ""), "")
        return await self._page(_ref(request), visitor, (Card(said),) if said else ())

    async def act(self, request: web.Request) -> web.Response:
        """Perform the line of a button or a form, for the visitor, as any other way in would.

        The same form sent twice is performed once. Answers a page, or JSON to programs.
        """
        visitor = await self.door.visitor(request)
        fields, ref = await posted(request), _ref(request)
        line, wants_page = posted_line(fields), "text/html" in request.headers.get("Accept", "")
        looks, key = _only_looks(line), _key(visitor, dict(fields).get("once", ""), line)
        if not looks and not await self._is_first(key):
            return _moved(ref, visitor, "again") if wants_page else _json(True, _TWICE)
        identity = Identity("portal", "", visitor.person.handle)
        reply = await self.handle(Command(identity, line, key))
        if reply.refused:
            async with self.database.transaction() as tx:
                await forget(tx, key)
        if not wants_page:
            shown = (plain_text.render(card, self._zone(visitor)) for card in reply.cards)
            return _json(not reply.refused, "\n\n".join(shown))
        if looks or reply.refused:
            status = 422 if reply.refused else 200
            return await self._page(ref, visitor, _cards(reply), status, refused=reply.refused)
        return _moved(ref, visitor, "1")

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `changed` whenever something happened that the page may show."""
        await self.door.visitor(request)
        return await tell_changes(request, self.database, _matters)

    async def picture(self, request: web.Request) -> web.Response:
        """The flow of a run as SVG, with the state of each step."""
        await self.door.visitor(request)
        body = await self.runs.picture(_ref(request))
        headers = {"Cache-Control": "no-store"}
        return web.Response(text=body, content_type="image/svg+xml", headers=headers)

    async def report(self, request: web.Request) -> web.Response:
        """The report of an incident, to read, to print or to keep."""
        await self.door.visitor(request)
        ref, style = _ref(request), request.match_info["style"]
        form, content_type = _FORMS.get(style, (style, ""))
        text = render(await self.incidents.report(ref), form)
        return web.Response(text=text, content_type=content_type)

    async def _page(
        self, ref: str, visitor: Visitor, answer: tuple[Card, ...], status: int = 200,
        *, refused: bool = False,
    ) -> web.Response:  # fmt: skip
        notice = self._notice(ref, visitor, answer, refused)
        if ref.startswith(_RUNS):
            body = await self.runs.html(ref, visitor, notice)
        else:
            body = await self._object(ref, visitor, notice)
        headers = {"Cache-Control": "no-store"}
        return web.Response(text=body, status=status, content_type="text/html", headers=headers)

    async def _object(self, ref: str, visitor: Visitor, notice: Markup) -> str:
        async with self.database.reading() as tx:
            card = await self.cards.card(tx, ref)
            is_incident = ref.startswith("INC-")
            timeline = await self.incidents.timeline(tx, ref) if is_incident else []
            links = await self.incidents.links(tx, ref) if is_incident else []
            linked = [await self.cards.card(tx, link.ref) for link in links]
        zone, renderer = self._zone(visitor), self._renderer(ref, visitor)
        return self.templates.get_template("portal.html").render(
            visitor=visitor,
            ref=ref,
            organisation=self.settings.organisation.name,
            notice=notice,
            card=renderer.card(card),
            linked=[renderer.card(one) for one in linked],
            timeline=[(entry.at.astimezone(zone), entry) for entry in reversed(timeline)],
        )

    def _notice(
        self, ref: str, visitor: Visitor, answer: tuple[Card, ...], refused: bool
    ) -> Markup:
        renderer = self._renderer(ref, visitor)
        html = Markup("").join(map(renderer.card, answer))
        role = "alert" if refused else "status"
        return Markup('<div class="answer" role="{}">{}</div>').format(role, html) if html else html

    def _renderer(self, ref: str, visitor: Visitor) -> HtmlCards:
        hidden = {**visitor.proof, "once": secrets.token_urlsafe(9)}
        return HtmlCards(f"/portal/{ref}", self._zone(visitor), hidden, visitor.page_of)

    async def _is_first(self, key: str) -> bool:
        async with self.database.transaction() as tx:
            return await first_time(tx, key)

    def _zone(self, visitor: Visitor) -> ZoneInfo:
        return ZoneInfo(visitor.person.time_zone or self.settings.organisation.time_zone)


def _key(visitor: Visitor, once: str, line: str) -> str:
    """The same for the same form sent twice; programs that send no `once` mean each of theirs."""
    content = f"{visitor.person.handle}\n{once or secrets.token_hex(16)}\n{line}".encode()
    return f"portal/{hashlib.sha256(content).hexdigest()}"


def _ref(request: web.Request) -> str:
    return request.match_info["ref"].upper()


def _matters(change: Change) -> bool:
    return change.what not in _NOISE


def _only_looks(line: str) -> bool:
    """Whether a line changes nothing, so that its answer is all there is to see."""
    try:
        return VERBS[parse(line).verb].act in {"", "view"}
    except Refused:
        return False


def _cards(reply: Reply) -> tuple[Card, ...]:
    if reply.form is None:
        return reply.cards
    return (*reply.cards, Card(reply.form.title, form=reply.form))


def _moved(ref: str, visitor: Visitor, done: str) -> web.Response:
    location = f"/portal/{ref}?{visitor.query}&done={done}"
    return web.Response(status=303, headers={"Location": location})


def _json(ok: bool, text: str) -> web.Response:
    return web.json_response({"ok": ok, "text": text})


_FORMS = {
    "html": ("html", "text/html"),
    "md": ("markdown", "text/markdown"),
    "json": ("json", "application/json"),
}
