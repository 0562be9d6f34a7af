"""Is the bot itself well? Liveness, readiness by part, and metrics."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from continuitybot.errors import Transient
from continuitybot.store.instances import Instance

Part = Callable[[], Awaitable[str]]
"""Asks one part how it is: "" when well, else one sentence on what is wrong."""

Figures = Callable[[], Awaitable[bytes]]
"""Gives every figure in the text format of Prometheus."""


def routes(
    parts: Mapping[str, Part],
    instances: Callable[[], Awaitable[Sequence[Instance]]],
    figures: Figures,
) -> list[web.RouteDef]:
    """`/healthz` (the process runs), `/readyz` (each part is well), `/metrics` (Prometheus).

    Where several instances share a database, `/readyz` of each names them all.
    """

    async def healthz(_request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async def readyz(_request: web.Request) -> web.Response:
        answers = {name: await ask() for name, ask in parts.items()}
        ill = {name: answer for name, answer in answers.items() if answer}
        body: dict[str, Any] = {
            "status": "ill" if ill else "ok",
            "parts": {name: answer or "ok" for name, answer in answers.items()},
        }
        with suppress(Transient):  # the part `database` has said so
            if found := await instances():
                body["instances"] = [_shown(one) for one in found]
        return web.json_response(body, status=503 if ill else 200)

    async def metrics(_request: web.Request) -> web.Response:
        return web.Response(body=await figures(), headers={"Content-Type": CONTENT_TYPE_LATEST})

    return [
        web.get("/healthz", healthz),
        web.get("/readyz", readyz),
        web.get("/metrics", metrics),
    ]


def _shown(one: Instance) -> dict[str, str]:
    return {
        "id": one.id,
        "host": one.host,
        "version": one.version,
        "seen": one.seen.isoformat(timespec="seconds"),
    }
