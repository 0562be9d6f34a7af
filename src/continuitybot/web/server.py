"""The one HTTP server: console, portal, webhooks, health and metrics."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, PackageLoader, StrictUndefined

from continuitybot.errors import Refused
from continuitybot.settings.web import WebSettings
from continuitybot.web.errors import answer_errors

_STATIC = Path(__file__).parent / "static"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; frame-src *; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def templates() -> Environment:
    """The pages' templates; everything is escaped, and a missing value is an error."""
    return Environment(
        loader=PackageLoader("continuitybot.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def application(settings: WebSettings, routes: Iterable[web.RouteDef]) -> web.Application:
    """All routes behind one middleware for errors and one limit for bodies."""
    app = web.Application(middlewares=[answer_errors], client_max_size=settings.max_body)
    app.router.add_static("/static", _STATIC)
    app.router.add_routes(routes)
    app.on_response_prepare.append(_add_headers)
    return app


async def _add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)


class Server:
    """The running server."""

    def __init__(self, settings: WebSettings, app: web.Application) -> None:
        self._settings = settings
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)

    async def start(self) -> None:
        """Listen. Raises Refused when the address is taken."""
        await self._runner.setup()
        host, port = self._settings.host, self._settings.port
        try:
            await web.TCPSite(self._runner, host, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise Refused(
                f"{host}:{port} cannot be listened on: {error.strerror}.",
                remedy="Is another continuitybot running? Else set web.port.",
            ) from error

    async def stop(self) -> None:
        """Answer what is being answered, then listen no more."""
        await self._runner.cleanup()
