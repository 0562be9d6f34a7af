"""Carriers on loopback that the real clients talk to, and that can fall ill in every known way."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import format_datetime
from typing import Any, Protocol
from urllib.parse import urlencode

from aiohttp import web
from aiohttp.test_utils import TestServer
from twilio.request_validator import RequestValidator

from continuitybot.clock import Clock

PUBLIC_URL = "https://bot.example.com"
ACCOUNT, TOKEN, KEY = "AC0123456789", "the-token", "the-signing-key"


@dataclass(frozen=True)
class Taken:
    """A text the carrier accepted."""

    sid: str
    to: str
    text: str
    fields: dict[str, str]
    created: datetime
    status: str = "queued"
    error_code: str = ""


@dataclass(frozen=True)
class Signed:
    """A callback as it comes in to the bot: what `receipt` and `inbound` take."""

    url: str
    headers: dict[str, str]
    form: dict[str, str]
    body: bytes = b""


class SmsPeer(Protocol):
    """What tests need of a carrier, whatever it speaks."""

    mode: str
    taken: list[Taken]

    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def settings(self, **changes: Any) -> dict[str, Any]: ...
    def receipt(self, of: Taken, status: str, code: str = "") -> Signed: ...
    def reply(self, sid: str, sender: str, text: str) -> Signed: ...


class _Peer:
    """The part that is the same: a server, its illnesses, and what it accepted.

    Modes: `well`, `refuse:<code>`, `busy` (429), `error` (500), `garbage`, `hang`, `drop` (takes
    the text, then drops the connection), `blackhole` (drops the connection and takes nothing).
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.mode = "well"
        self.taken: list[Taken] = []
        self.posts = 0
        self.at_once = 0
        self.most_at_once = 0
        self.latency = 0.0
        self._idle = asyncio.Event()
        self._idle.set()
        self._stopped = asyncio.Event()
        app = web.Application()
        self.routes(app.router)
        self._server = TestServer(app, host="127.0.0.1")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.port}"

    async def start(self) -> None:
        await self._server.start_server()

    async def stop(self) -> None:
        self._stopped.set()
        await self._server.close()

    def routes(self, router: web.UrlDispatcher) -> None:
        raise NotImplementedError

    def refusal(self, code: str) -> web.Response:
        raise NotImplementedError

    def accepted(self, taken: Taken) -> web.Response:
        raise NotImplementedError

    def take(self, to: str, text: str, fields: dict[str, str]) -> Taken:
        taken = Taken(f"SM{len(self.taken):04}", to, text, fields, self._clock.now())
        self.taken.append(taken)
        return taken

    async def idle(self) -> None:
        """Return when no request is under way."""
        await self._idle.wait()

    def becomes(self, taken: Taken, status: str, error_code: str = "") -> Taken:
        """Change what the carrier says of a text when it is asked."""
        changed = replace(taken, status=status, error_code=error_code)
        self.taken[self.taken.index(taken)] = changed
        return changed

    async def answer(
        self, request: web.Request, to: str, text: str, fields: dict[str, str]
    ) -> web.StreamResponse:
        self.posts += 1
        self.at_once += 1
        self._idle.clear()
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            await asyncio.sleep(self.latency)
            return await self._answer(request, to, text, fields)
        finally:
            self.at_once -= 1
            if not self.at_once:
                self._idle.set()

    async def _answer(
        self, request: web.Request, to: str, text: str, fields: dict[str, str]
    ) -> web.StreamResponse:
        kind, _, code = self.mode.partition(":")
        if kind == "refuse":
            return self.refusal(code)
        if kind == "busy":
            return web.json_response({"code": 20429}, status=429, headers={"Retry-After": "7"})
        if kind == "error":
            return web.Response(status=500, text="<html>oops</html>")
        if kind == "hang":
            await self._stopped.wait()
        if kind in {"drop", "blackhole"}:
            if kind == "drop":
                self.take(to, text, fields)
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        taken = self.take(to, text, fields)
        if kind == "garbage":
            return web.Response(status=201, text="<html>thank you</html>")
        return self.accepted(taken)


class TwilioPeer(_Peer):
    """Twilio's Messages API, as far as the bot uses it."""

    def routes(self, router: web.UrlDispatcher) -> None:
        path = f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
        router.add_post(path, self._post)
        router.add_get(path, self._list)

    def settings(self, **changes: Any) -> dict[str, Any]:
        return {
            "name": "twilio",
            "kind": "twilio",
            "api_url": self.url,
            "account_sid": ACCOUNT,
            "auth_token": "env:TEST_TWILIO_TOKEN",
            "from_number": "+436609999999",
            "timeout": "250ms",
            "rate_per_second": 1000,
        } | changes

    def refusal(self, code: str) -> web.Response:
        said = {"code": int(code), "message": "no", "status": 400, "more_info": ""}
        return web.json_response(said, status=400)

    def accepted(self, taken: Taken) -> web.Response:
        return web.json_response(self._resource(taken), status=201)

    def receipt(self, of: Taken, status: str, code: str = "") -> Signed:
        form = {"MessageSid": of.sid, "MessageStatus": status, "To": of.to}
        if code:
            form["ErrorCode"] = code
        return self._signed(of.fields["StatusCallback"], form)

    def reply(self, sid: str, sender: str, text: str) -> Signed:
        form = {"MessageSid": sid, "From": sender, "Body": text}
        return self._signed(f"{PUBLIC_URL}/sms/twilio/inbound", form)

    def _signed(self, url: str, form: dict[str, str]) -> Signed:
        signature = RequestValidator(TOKEN).compute_signature(url, form)
        return Signed(url.removeprefix(PUBLIC_URL), {"X-Twilio-Signature": signature}, form)

    def _resource(self, taken: Taken) -> dict[str, Any]:
        return {
            "sid": taken.sid,
            "to": taken.to,
            "body": taken.text,
            "status": taken.status,
            "error_code": int(taken.error_code) if taken.error_code else None,
            "date_created": format_datetime(taken.created),
            "date_sent": None,
        }

    async def _post(self, request: web.Request) -> web.StreamResponse:
        form = {name: str(value) for name, value in (await request.post()).items()}
        return await self.answer(request, form["To"], form["Body"], form)

    async def _list(self, request: web.Request) -> web.Response:
        if self.mode == "error":
            return web.Response(status=500)
        found = [one for one in reversed(self.taken) if one.to == request.query["To"]]
        return web.json_response(
            {"messages": [self._resource(one) for one in found], "next_page_uri": None, "page": 0}
        )


class GatewayPeer(_Peer):
    """A small HTTP gateway with a JSON interface of its own."""

    def routes(self, router: web.UrlDispatcher) -> None:
        router.add_post("/send", self._post)
        router.add_get("/texts", self._look_up)

    def settings(self, **changes: Any) -> dict[str, Any]:
        return {
            "name": "gateway",
            "kind": "webhook",
            "url": f"{self.url}/send",
            "headers": {
                "Content-Type": "application/json",
                "Authorization": "Bearer {{ token }}",
            },
            "id_field": "message.id",
            "lookup_url": f"{self.url}/texts?reference={{{{ reference | urlencode }}}}",
            "token": "env:TEST_TWILIO_TOKEN",
            "signing_secret": "env:TEST_GATEWAY_KEY",
            "timeout": "250ms",
            "rate_per_second": 1000,
        } | changes

    def refusal(self, code: str) -> web.Response:
        return web.json_response({"error": code}, status=422)

    def accepted(self, taken: Taken) -> web.Response:
        return web.json_response({"message": {"id": taken.sid}}, status=202)

    def receipt(self, of: Taken, status: str, code: str = "") -> Signed:
        said = {"id": of.sid, "reference": of.fields["reference"], "status": status, "code": code}
        verdicts = {"30003": "transient", "30007": "refused"}
        return self.signed("status", said | {"verdict": verdicts.get(code, "other")})

    def reply(self, sid: str, sender: str, text: str) -> Signed:
        return self.signed("inbound", {"id": sid, "from": sender, "text": text})

    def signed(self, what: str, said: dict[str, str], at: int | None = None) -> Signed:
        stamp = str(int(self._clock.now().timestamp()) if at is None else at)
        body = urlencode(said).encode()
        mac = hmac.new(KEY.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Timestamp": stamp, "X-Signature": f"sha256={mac}"}
        return Signed(f"/sms/gateway/{what}", headers, said, body)

    async def _post(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["Authorization"] == f"Bearer {TOKEN}"
        said = {name: str(value) for name, value in json.loads(await request.text()).items()}
        return await self.answer(request, said["to"], said["text"], said)

    async def _look_up(self, request: web.Request) -> web.Response:
        if self.mode == "error":
            return web.Response(status=503)
        wanted = request.query["reference"]
        found = [one for one in self.taken if one.fields["reference"] == wanted]
        if not found:
            return web.Response(status=404)
        status = "sent" if found[0].status == "queued" else found[0].status
        return web.json_response({"id": found[0].sid, "status": status, "reference": wanted})
