"""The browser console: the same verbs and cards as in chat, live, and usable without a script."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from aiohttp import web
from jinja2 import Environment
from markupsafe import Markup

from continuitybot.chat import text as plain_text
from continuitybot.chat.console import ConsoleMessage, ConsolePlatform
from continuitybot.chat.html import HtmlCards, posted_line
from continuitybot.chat.message import Card
from continuitybot.chat.platform import Command, Handle, Reply
from continuitybot.errors import Refused
from continuitybot.people.model import Identity, Person
from continuitybot.settings import Settings
from continuitybot.store import Database
from continuitybot.web.forms import posted
from continuitybot.web.live import tell_changes
from continuitybot.web.visitor import Door, Visitor

_DIGEST = re.compile(r"(--plan [0-9a-f]{8})[0-9a-f]+")  # nobody reads all of it
_HINTS = ("status", "incidents", "events", "runs", "readiness", "help")
_LONGEST_VERSION = 18  # digits: what every database takes as an integer


@dataclass(frozen=True)
class Console:
    """The console's pages; `handle` answers commands, `platform` keeps the conversation."""

    settings: Settings
    database: Database
    door: Door
    platform: ConsolePlatform
    handle: Handle
    templates: Environment

    def routes(self) -> list[web.RouteDef]:
        """The page, what it fetches, and where it posts."""
        return [
            web.get("/console", self.page),
            web.get("/console/feed", self.feed),
            web.get("/console/events", self.events),
            web.post("/console/say", self.say),
        ]

    async def page(self, request: web.Request) -> web.Response:
        """The whole page, with the conversation so far."""
        visitor = await self.door.visitor(request)
        messages = await self.platform.feed(0, visitor.person.handle)
        in_order = sorted(messages, key=lambda message: message.id)
        body = self.templates.get_template("console.html").render(
            visitor=visitor,
            others=await self.door.others(visitor),
            organisation=self.settings.organisation.name,
            messages=[self._html(message, visitor) for message in in_order],
            newest=_newest(messages, 0),
            side_panel=self.settings.web.side_panel,
            hints=_HINTS,
        )
        return web.Response(text=body, content_type="text/html")

    async def feed(self, request: web.Request) -> web.Response:
        """What is new or edited after a version."""
        visitor = await self.door.visitor(request)
        after = _version(request.query.get("after", "0"))
        messages = await self.platform.feed(after, visitor.person.handle)
        found = [{"id": m.id, "html": self._html(m, visitor)} for m in messages]
        return web.json_response({"messages": found, "newest": _newest(messages, after)})

    async def events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: `changed` whenever the conversation has changed."""
        await self.door.visitor(request)
        return await tell_changes(
            request, self.database, lambda change: change.what == "console.changed"
        )

    async def say(self, request: web.Request) -> web.Response:
        """Perform one line: typed, or of a button or form. Answers a page, or JSON to programs."""
        visitor = await self.door.visitor(request)
        fields = await posted(request)
        typed = dict(fields).get("text", "").strip()
        line = typed or posted_line(fields)
        identity = Identity("console", "", visitor.person.handle)
        await self.platform.hear(identity, _DIGEST.sub(r"\1…", line))
        reply = await self.handle(Command(identity, line, f"console/{next(_numbers)}"))
        for card in _cards(reply):
            await self.platform.tell(identity, card)
        if "text/html" in request.headers.get("Accept", ""):
            raise web.HTTPSeeOther(f"/console?{visitor.query}#composer")
        return web.json_response(self._as_text(reply, visitor.person))

    def _html(self, message: ConsoleMessage, visitor: Visitor) -> Markup:
        zone = self._zone(visitor.person)
        cards = HtmlCards("/console/say", zone, visitor.proof, visitor.page_of)
        template = self.templates.get_template("message.html")
        return Markup(template.render(message=message, card=cards.card(message.card)))  # noqa: S704 - autoescaped

    def _as_text(self, reply: Reply, person: Person) -> dict[str, Any]:
        zone = self._zone(person)
        text = "\n\n".join(plain_text.render(card, zone) for card in reply.cards)
        return {"ok": not reply.refused, "text": text}

    def _zone(self, person: Person) -> ZoneInfo:
        return ZoneInfo(person.time_zone or self.settings.organisation.time_zone)


_numbers = itertools.count(1)


def _cards(reply: Reply) -> tuple[Card, ...]:
    if reply.form is None:
        return reply.cards
    return (*reply.cards, Card(reply.form.title, form=reply.form))


def _version(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST_VERSION):
        raise Refused("`after` is the number that the feed gave as `newest`.")
    return int(text)


def _newest(messages: Sequence[ConsoleMessage], before: int) -> int:
    return max((message.version for message in messages), default=before)
