"""A wrong address that takes everything: what is sent there never reaches the bot."""

from __future__ import annotations

from aiohttp import web

from continuitybot.lab.addresses import HOST


class Astray:
    """Answers every post with thanks, and tells nobody."""

    def __init__(self) -> None:
        app = web.Application()
        app.router.add_post("/{path:.*}", self._thank)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def start(self) -> None:
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()

    async def stop(self) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._runner.addresses[0][1]}"

    async def _thank(self, _request: web.Request) -> web.Response:
        return web.Response(status=204)
