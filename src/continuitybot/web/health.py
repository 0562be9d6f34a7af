"""Is the bot itself well? Liveness, readiness by part, and metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

Part = Callable[[], Awaitable[str]]
"""Asks one part how it is: "" when well, else one sentence on what is wrong."""

Figures = Callable[[], Awaitable[bytes]]
"""Gives every figure in the text format of Prometheus."""


def routes(parts: Mapping[str, Part], figures: Figures) -> list[web.RouteDef]:
    """`/healthz` (the process runs), `/readyz` (each part is well), `/metrics` (Prometheus)."""

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        answers = {name: await ask() for name, ask in parts.items()}
        ill = {name: answer for name, answer in answers.items() if answer}
        body = {
            "status": "ill" if ill else "ok",
            "parts": {name: answer or "ok" for name, answer in answers.items()},
        }
        return web.json_response(body, status=503 if ill else 200)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=await figures(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/metrics", metrics),
    ]
