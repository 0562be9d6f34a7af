"""The one HTTP listener of the lab."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from continuitybot.lab.addresses import HOST

# Streams and hanging requests never end by themselves.
_PATIENCE = 0.1


class HttpDoor:
    """Serves the routes it was given."""

    def __init__(self, port: int, routes: Iterable[web.AbstractRouteDef]) -> None:
        self._port = port
        application = web.Application()
        application.add_routes(routes)
        self._runner = web.AppRunner(
            application, access_log=None, handle_signals=False, shutdown_timeout=_PATIENCE
        )

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"

    async def open(self) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, HOST, self._port)
        await site.start()
        self._port = self._runner.addresses[0][1]

    async def close(self) -> None:
        await self._runner.cleanup()
