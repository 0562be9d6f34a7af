"""The HTTP probe against a real web server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from aiohttp import web

from continuitybot.mailflow.model import Hop, Observation, State
from continuitybot.mailflow.probes import http
from continuitybot.settings.mailflow import HttpCheck
from rig.clock import MovedClock
from rig.mailflow import vantage_point
from rig.smtp_peer import DROP, smtp_peer


@asynccontextmanager
async def site() -> AsyncIterator[str]:
    """A site with the pages /good, /down, /moved (to /good) and /silent; yields its address."""
    over = asyncio.Event()

    async def good(_request: web.Request) -> web.Response:
        return web.Response(text="Sign in to webmail")

    async def down(_request: web.Request) -> web.Response:
        return web.Response(status=503)

    async def moved(_request: web.Request) -> web.Response:
        raise web.HTTPFound("/good")

    async def silent(_request: web.Request) -> web.Response:
        await over.wait()
        return web.Response()

    app = web.Application()
    for page in (good, down, moved, silent):
        app.router.add_get(f"/{page.__name__}", page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield "http://{}:{}".format(*runner.addresses[0])
    finally:
        over.set()
        await runner.cleanup()


async def look(clock: MovedClock, url: str, **more: Any) -> Observation:
    known = {"kind": "http", "name": "webmail", "url": url, "failed_after": 0.4}
    with vantage_point(clock) as vantage:
        return await http.probe(HttpCheck.model_validate({**known, **more}), vantage)


@pytest.mark.parametrize(
    ("page", "more", "state", "hop", "code"),
    [
        ("good", {}, State.OK, None, ""),
        ("moved", {}, State.OK, None, ""),
        ("good", {"expect_text": "Sign in"}, State.OK, None, ""),
        ("good", {"expect_text": "Sign up"}, State.FAILED, None, "other_text"),
        ("down", {}, State.FAILED, None, "503"),
        ("down", {"expect_status": 503}, State.OK, None, ""),
        ("silent", {}, State.FAILED, Hop.CONNECT, "timeout"),
    ],
)
async def test_a_page_is_as_it_should_be_or_not(
    clock: MovedClock, page: str, more: dict[str, Any], state: State, hop: Hop | None, code: str
) -> None:
    async with site() as address:
        seen = await look(clock, f"{address}/{page}", **more)
    assert (seen.state, seen.hop, seen.code) == (state, hop, code)


async def test_a_site_that_is_not_there_is_refused(clock: MovedClock) -> None:
    async with site() as address:
        pass
    seen = await look(clock, f"{address}/good")
    assert (seen.state, seen.hop, seen.code) == (State.FAILED, Hop.CONNECT, "refused")


async def test_a_connection_that_breaks_is_said(clock: MovedClock) -> None:
    async with smtp_peer(banner=DROP) as peer:
        seen = await look(clock, f"http://127.0.0.1:{peer.port}/")
    assert (seen.state, seen.hop, seen.code) == (State.FAILED, Hop.CONNECT, "eof")
