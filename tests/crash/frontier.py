"""The border between the bot and the systems it calls by HTTP: every request passes here.

Each is noted when it has got through. The bot can be killed at any of them: before the request
arrives at the other side, or when that has answered and the bot has not heard it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from urllib.parse import parse_qs

import aiohttp
from aiohttp import web

from continuitybot.lab.addresses import HOST
from crash.moments import AtMarks, AtRequest, Mark, Moment, Strike
from crash.sameness import PUT_TO_A_PERSON, same

_SLACK = "/api/"  # what was posted there is compared as messages
_DOUBT = "POST (what a crash has left in doubt)"
_READS = frozenset({"GET", "HEAD"})
_Answered = Callable[[web.Request, bytes], Awaitable[web.Response]]
# Those of the connection, not of the request.
_HOP_BY_HOP = frozenset({"host", "connection", "content-length", "transfer-encoding"})


class Frontier:
    """Passes on what the bot asks of `outside` and of `slack`; `kill` ends the bot."""

    def __init__(self, outside: str, slack: str, kill: Callable[[Strike], None]) -> None:
        self.requests: list[str] = []
        """Every request that has come here since the last count, by what it is known by."""
        self.arrived: Counter[str] = Counter()
        """What got through and changed something, ever."""
        self._outside = outside
        self._slack = slack
        self._kill = kill
        self._moment: Moment | None = None
        self._flaky = 0
        app = web.Application()
        app.router.add_route("*", "/elsewhere/{what}", self._elsewhere)
        app.router.add_route("*", "/{path:.*}", self._onward)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)

    async def start(self) -> None:
        self._client = aiohttp.ClientSession(auto_decompress=False)
        await self._runner.setup()
        await web.TCPSite(self._runner, HOST, 0).start()

    async def stop(self) -> None:
        await self._runner.cleanup()
        await self._client.close()

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._runner.addresses[0][1]}"

    def has_taken(self, request: str) -> bool:
        """Whether a request that begins so got through."""
        return any(what.startswith(request) for what in self.arrived)

    def set(self, moment: Moment | None) -> None:
        """Count anew, and kill then."""
        self.requests, self._moment = [], moment

    async def _onward(self, request: web.Request) -> web.StreamResponse:
        return await self._passed(request, self._ask_outside)

    async def _elsewhere(self, request: web.Request) -> web.StreamResponse:
        return await self._passed(request, self._answer_here)

    async def _passed(self, request: web.Request, answered: _Answered) -> web.StreamResponse:
        body = await request.read()
        what = _known_by(request, body)
        self.requests.append(what)
        number = len(self.requests)
        if self._is_fatal(number, what, after=False):
            return await self._dies(what, after=False)
        response = await answered(request, body)
        if request.method not in _READS and response.status < 400 and not _is_told(what):
            self.arrived[what] += 1
        if self._is_fatal(number, what, after=True):
            return await self._dies(what, after=True)
        return response

    def _is_fatal(self, number: int, what: str, after: bool) -> bool:
        match self._moment:
            case AtRequest(number=wanted, after=side):
                return (wanted, side) == (number, after)
            case AtMarks(marks=marks):
                return Mark(what, after) in marks
        return False

    async def _dies(self, what: str, after: bool) -> web.Response:
        self._moment = None
        self._kill(Strike(frozenset({Mark(what, after)})))
        await asyncio.sleep(0)
        return web.Response(status=502)

    async def _ask_outside(self, request: web.Request, body: bytes) -> web.Response:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _HOP_BY_HOP}
        host = self._slack if request.path.startswith(_SLACK) else self._outside
        url = host + request.raw_path
        async with self._client.request(request.method, url, headers=headers, data=body) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() == "content-type"}
            return web.Response(status=answer.status, body=await answer.read(), headers=kept)

    async def _answer_here(self, request: web.Request, _body: bytes) -> web.Response:
        """Another system: one address is never there, one only at every second look."""
        what = request.match_info["what"]
        self._flaky += what == "flaky"
        is_well = what != "gone" and (what != "flaky" or self._flaky % 2 == 0)
        return web.json_response({"well": is_well}, status=200 if is_well else 404)


def _is_told(what: str) -> bool:
    """Whether it is compared by the words that arrived (`seen.py`), or a doubt that is told."""
    return _SLACK in what or what == _DOUBT


def _known_by(request: web.Request, body: bytes) -> str:
    """The same for the same request of another day: nothing of time or chance is in it."""
    text = same(body.decode(errors="replace"))
    form = parse_qs(text)
    to, told = form.get("To", [""])[0], "".join(form.get("Body") or form.get("text") or [text])
    if PUT_TO_A_PERSON in told:
        return _DOUBT
    digest = hashlib.sha256(told.encode()).hexdigest()[:8] if told else ""
    return " ".join(word for word in (request.method, same(request.path), to, digest) if word)
