"""The panel: a page that shows the company and breaks it, and the lab API behind it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from continuitybot.errors import BadInput, NotFound, Problem, Refused
from continuitybot.lab.carrier.faults import Fault
from continuitybot.lab.carrier.network import Network
from continuitybot.lab.company import COMPANY, DOMAIN
from continuitybot.lab.mail.site import Mode
from continuitybot.lab.web.fields import require_json, text_field
from continuitybot.lab.web.state import Scene

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_STATIC = Path(__file__).parent / "static"
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "img-src 'self' data:",
        "base-uri 'none'",
        "frame-ancestors http://127.0.0.1:* http://localhost:*",
    )
)


class Panel:
    """`kill` ends the bot's process; None when there is nothing to end."""

    def __init__(self, scene: Scene, network: Network, push: float) -> None:
        self.kill: Callable[[], Awaitable[None]] | None = None
        self._scene = scene
        self._network = network
        self._push = push
        self._page = Environment(
            loader=PackageLoader("continuitybot.lab.web"),
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
        ).get_template("panel.html")

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/panel", self._show),
            web.static("/panel/static", _STATIC),
            web.get("/lab/state", self._state),
            web.get("/lab/events", self._events),
            web.post("/lab/primary", _answered(self._set_primary)),
            web.post("/lab/phones/{handle}/reply", _answered(self._reply)),
            web.post("/lab/carrier", _answered(self._set_carrier)),
            web.post("/lab/bot/kill", _answered(self._kill)),
        ]

    def _document(self) -> dict[str, Any]:
        return self._scene.document() | {"bot": {"killable": self.kill is not None}}

    async def _show(self, _request: web.Request) -> web.Response:
        html = self._page.render(company=COMPANY, domain=DOMAIN)
        headers = {"Content-Security-Policy": _POLICY}
        return web.Response(text=html, content_type="text/html", headers=headers)

    async def _state(self, _request: web.Request) -> web.Response:
        return web.json_response(self._document())

    async def _events(self, request: web.Request) -> web.StreamResponse:
        """Server-sent events: the whole state, whenever it has changed since the last push."""
        headers = {"Content-Type": "text/event-stream", "Cache-Control": "no-store"}
        response = web.StreamResponse(headers=headers)
        await response.prepare(request)
        with suppress(ConnectionError):  # the reader has left
            await self._push_changes(response)
        return response

    async def _push_changes(self, response: web.StreamResponse) -> None:
        told = ""
        while True:
            state = json.dumps(self._document())
            if state != told:
                await response.write(f"event: state\ndata: {state}\n\n".encode())
                told = state
            await asyncio.sleep(self._push)

    async def _set_primary(self, request: web.Request) -> None:
        mode = await _choice(request, "mode", list(Mode))
        await self._scene.mail.primary.set_mode(Mode(mode))

    async def _set_carrier(self, request: web.Request) -> None:
        self._scene.carrier.fault = Fault(await _choice(request, "fault", list(Fault)))

    async def _reply(self, request: web.Request) -> None:
        handle = request.match_info["handle"]
        phone = self._scene.phones.of(handle)
        if phone is None:
            raise NotFound(f"Nobody called {handle} has a phone.")
        self._network.reply(phone, await text_field(request, "text"))

    async def _kill(self, request: web.Request) -> None:
        require_json(request)
        if self.kill is None:
            raise Refused("No bot is connected that could be killed.")
        await self.kill()


def _answered(act: Callable[[web.Request], Awaitable[None]]) -> Handler:
    async def answer(request: web.Request) -> web.Response:
        try:
            await act(request)
        except Refused as refusal:
            return web.json_response({"error": str(refusal)}, status=_status_of(refusal))
        return web.json_response({"done": True}, status=202)

    return answer


def _status_of(refusal: Refused) -> int:
    return {NotFound: 404, BadInput: 400}.get(type(refusal), 409)


async def _choice(request: web.Request, name: str, choices: list[str]) -> str:
    chosen = await text_field(request, name)
    if chosen not in choices:
        known = Problem(name, "is not known", chosen, f"Use one of: {', '.join(choices)}.")
        raise BadInput("Nothing was done.", [known])
    return chosen
