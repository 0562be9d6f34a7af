"""A gateway on loopback with the HTTP interface of a mail gateway's control, and faults."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

DOMAIN = "harbour.example"
OTHER = "harbour.test"
TOKEN = "peer-token"
KEY = "peer-key"


class GatewayPeer:
    """Routes, operations by key, a standby that drains and books that count."""

    def __init__(self) -> None:
        self.routes = {DOMAIN: "primary", OTHER: "primary"}
        self.operations: dict[str, dict[str, Any]] = {}
        self.changes: list[str] = []
        self.requests: list[web.Request] = []
        self.signatures: list[bool] = []
        self.outstanding = 0
        self.answer: Callable[[], web.Response] | None = None
        self.drop_after_change = False
        self.url = ""

    @asynccontextmanager
    async def served(self) -> AsyncIterator[GatewayPeer]:
        app = web.Application(middlewares=[self._watched])
        app.add_routes(
            [
                web.get("/gateway/routes/{domain}", self._route),
                web.put("/gateway/routes/{domain}", self._change),
                web.post("/standby/drain", self._drain),
                web.get("/books/{domain}", self._books),
                web.post("/gateway/verify", self._verify),
            ]
        )
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        try:
            yield self
        finally:
            await runner.cleanup()

    @web.middleware
    async def _watched(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append(request)
        signed = b"\n".join(
            [
                request.method.encode(),
                request.raw_path.encode(),
                request.headers.get("Idempotency-Key", "").encode(),
                await request.read(),
            ]
        )
        wanted = "sha256=" + hmac.new(KEY.encode(), signed, hashlib.sha256).hexdigest()
        self.signatures.append(request.headers.get("X-Continuitybot-Signature") == wanted)
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            return web.json_response({"error": "who are you?"}, status=401)
        if self.answer is not None:
            return self.answer()
        response: web.StreamResponse = await handler(request)
        return response

    async def _route(self, request: web.Request) -> web.Response:
        domain = request.match_info["domain"]
        if domain not in self.routes:
            return web.json_response({"error": f"no route for {domain}"}, status=404)
        return web.json_response({"route": {"next_hop": self.routes[domain]}})

    async def _change(self, request: web.Request) -> web.Response:
        domain, key = request.match_info["domain"], request.headers["Idempotency-Key"]
        wish = await request.json()
        if key not in self.operations:
            if wish["expected"] != self.routes[domain]:
                return web.json_response({"error": "no longer expected"}, status=409)
            self.operations[key] = wish
            self.routes[domain] = wish["next_hop"]
            self.changes.append(f"{domain} {wish['next_hop']}")
        if self.drop_after_change:
            self.drop_after_change = False
            assert request.transport is not None
            request.transport.close()
        return web.Response(status=204)

    async def _drain(self, request: web.Request) -> web.Response:
        self.operations[request.headers["Idempotency-Key"]] = await request.json()
        return web.json_response({"draining": True}, status=202)

    async def _books(self, _request: web.Request) -> web.Response:
        left = self.outstanding
        return web.json_response(
            {"taken": 9, "copied_back": 9 - left, "duplicates": 0, "outstanding": left, "lost": 0}
        )

    async def _verify(self, _request: web.Request) -> web.Response:
        return web.Response(status=200, text="in effect")


def settings_of(peer: GatewayPeer) -> dict[str, Any]:
    """How this gateway is driven, as an administrator writes it into the settings."""
    return {
        "name": "gateway",
        "kind": "webhook",
        "base_url": peer.url,
        "bearer": "env:GATEWAY_TOKEN",
        "signing": {"secret": "env:GATEWAY_KEY"},
        "standby": "standby",
        "read": {"url": "/gateway/routes/{{ domain }}", "value": "route.next_hop"},
        "apply": {
            "method": "PUT",
            "url": "/gateway/routes/{{ domain }}",
            "json": {"next_hop": "{{ change.after }}", "expected": "{{ change.before }}"},
        },
        "revert": {
            "method": "PUT",
            "url": "/gateway/routes/{{ domain }}",
            "json": {"next_hop": "{{ change.before }}", "expected": "{{ change.after }}"},
        },
        "verify": {"method": "POST", "url": "/gateway/verify", "json": {"plan": "{{ plan.id }}"}},
        "drain": {"method": "POST", "url": "/standby/drain", "json": {"domain": "{{ domain }}"}},
        "drained": {
            "url": "/books/{{ domain }}",
            "taken": "taken",
            "delivered": "copied_back",
            "duplicates": "duplicates",
            "outstanding": "outstanding",
            "lost": "lost",
        },
    }
