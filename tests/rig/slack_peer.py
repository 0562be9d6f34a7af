"""Slack on loopback: its Web API, its Socket Mode and its people, as strict as the real one."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import json
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import aiohttp
from aiohttp import WSMsgType, web
from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

from continuitybot.clock import SystemClock

BOT_TOKEN, APP_TOKEN, SIGNING_SECRET = "xoxb-peer", "xapp-peer", "peer-signing-secret"
TEAM, CHANNEL, BOT_USER = "T0PEER", "C0PEER", "U0BOT"


@dataclass
class SlackMessage:
    """A message as the workspace sees it; `only_for` is a user for ephemeral ones."""

    channel: str
    ts: str
    text: str
    blocks: list[dict[str, Any]]
    thread: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    only_for: str = ""
    edits: int = 0

    @property
    def words(self) -> str:
        """Everything that can be read in it."""
        return " ".join([*_texts(self.blocks)] or [self.text])

    def button(self, label: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The button with this label, and its block."""
        for block in self.blocks:
            for element in block.get("elements", ()):
                if element.get("type") == "button" and element["text"]["text"] == label:
                    return block, element
        raise AssertionError(f"no button {label!r} in: {self.words}")


class Answer(Exception):
    """Ends a call with an error of Slack's."""

    def __init__(self, error: str) -> None:
        self.error = error


class SlackPeer:
    """One workspace. `deliver` sends a request of its people to the bot, the way it is connected.

    Faults are asked for by method and happen once: `limit`, `refuse`, `drop` (the request has its
    effect, the answer is lost).
    """

    def __init__(self) -> None:
        self.messages: list[SlackMessage] = []
        self.views: list[dict[str, Any]] = []
        self.channels = {CHANNEL: "continuity"}
        self.members: dict[str, set[str]] = defaultdict(set)
        self.calls: list[str] = []
        self.refused_blocks: list[str] = []
        self.takes_tables = True
        self.bot_url = ""
        self.url = ""
        self._faults: dict[str, list[tuple[str, Any]]] = defaultdict(list)
        self._numbers = itertools.count(1)
        self._http = aiohttp.ClientSession()
        self._socket: web.WebSocketResponse | None = None
        self._connected = asyncio.Event()
        self._acks: dict[str, asyncio.Future[dict[str, Any]]] = {}

    # ------------------------------------------------------------ faults

    def limit(self, method: str, retry_after: int = 7) -> None:
        self._faults[method].append(("limit", retry_after))

    def refuse(self, method: str, error: str) -> None:
        self._faults[method].append(("refuse", error))

    def drop(self, method: str) -> None:
        self._faults[method].append(("drop", None))

    # ------------------------------------------------------------ what people do

    async def slash(self, user: str, text: str, *, times: int = 1) -> int:
        """`/continuity text`, delivered `times` times; the status of the last answer."""
        body = {
            "command": "/continuity", "text": text, "user_id": user, "user_name": user.lower(),
            "team_id": TEAM, "channel_id": CHANNEL, "channel_name": "continuity",
            "trigger_id": self._id("trigger"), "response_url": self._response_url(user),
        }  # fmt: skip
        return (await self._send("slash_commands", body, times))[0]

    async def mention(self, user: str, text: str, *, times: int = 1, channel: str = CHANNEL) -> int:
        kind = "im" if channel.startswith("D") else "channel"
        event = {
            "type": "message" if kind == "im" else "app_mention", "user": user, "text": text,
            "channel": channel, "channel_type": kind, "ts": self._ts(), "team": TEAM,
        }  # fmt: skip
        body = {
            "type": "event_callback", "team_id": TEAM, "event_id": self._id("Ev"), "event": event,
            "authorizations": [{"team_id": TEAM, "user_id": BOT_USER}],
        }  # fmt: skip
        return (await self._send("events_api", body, times))[0]

    async def click(self, user: str, message: SlackMessage, label: str, *, times: int = 1) -> int:
        block, element = message.button(label)
        action = {"type": "button", "action_id": element["action_id"], "value": element["value"],
                  "block_id": block["block_id"], "action_ts": self._ts()}  # fmt: skip
        body = {
            "type": "block_actions", "team": {"id": TEAM}, "user": {"id": user, "team_id": TEAM},
            "channel": {"id": message.channel}, "actions": [action],
            "container": {"type": "message", "channel_id": message.channel},
            "message": {"ts": message.ts}, "trigger_id": self._id("trigger"),
            "response_url": self._response_url(user),
        }  # fmt: skip
        return (await self._send("interactive", body, times))[0]

    async def submit(self, user: str, answers: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """Fill the last form, by field name, and send it."""
        view = self.views[-1]
        values: dict[str, Any] = {}
        for block in (each for each in view["blocks"] if each["type"] == "input"):
            name = block["block_id"].partition(":")[2]
            answer = answers.get(name)
            state: dict[str, Any] = {"type": block["element"]["type"], "value": answer}
            if block["element"]["type"] == "static_select":
                state = {"selected_option": {"value": answer} if answer else None}
            values[block["block_id"]] = {"answer": state}
        body = {"type": "view_submission", "team": {"id": TEAM},
                "user": {"id": user, "team_id": TEAM}, "trigger_id": self._id("trigger"),
                "view": {**view, "state": {"values": values}}}  # fmt: skip
        return await self._send("interactive", body, 1)

    async def post_signed(
        self, body: dict[str, Any], *, secret: str = SIGNING_SECRET, age: float = 0
    ) -> tuple[int, str]:
        """A request over HTTP: signed now, or `age` seconds ago."""
        interactive = body.get("type") in ("block_actions", "view_submission")
        if body.get("type") == "event_callback":
            raw, kind = json.dumps(body), "application/json"
        else:
            raw = urlencode({"payload": json.dumps(body)} if interactive else body)
            kind = "application/x-www-form-urlencoded"
        stamp = str(int(SystemClock().now().timestamp() - age))
        digest = hmac.new(secret.encode(), f"v0:{stamp}:{raw}".encode(), hashlib.sha256)
        headers = {"Content-Type": kind, "X-Slack-Request-Timestamp": stamp,
                   "X-Slack-Signature": f"v0={digest.hexdigest()}"}  # fmt: skip
        async with self._http.post(self.bot_url, data=raw, headers=headers) as answer:
            return answer.status, await answer.text()

    async def connected(self) -> None:
        """Return when the bot has a Socket Mode connection."""
        async with asyncio.timeout(5):
            await self._connected.wait()

    async def disconnect(self) -> None:
        """Ask the bot to reconnect, as Slack does every few hours."""
        assert self._socket is not None
        self._connected.clear()
        await self._socket.send_json({"type": "disconnect", "reason": "refresh_requested"})

    def seen_by(self, user: str) -> list[SlackMessage]:
        """The messages that a person sees, the oldest first."""
        return [m for m in self.messages if m.only_for in ("", user)]

    # ------------------------------------------------------------ delivery

    async def _send(self, kind: str, body: dict[str, Any], times: int) -> tuple[int, Any]:
        answer: tuple[int, Any] = (0, None)
        for _ in range(times):
            if self._socket is not None:
                answer = (200, await self._over_socket(kind, body))
            else:
                status, text = await self.post_signed(body)
                answer = (status, json.loads(text) if text.startswith("{") else {})
        return answer

    async def _over_socket(self, kind: str, body: dict[str, Any]) -> dict[str, Any]:
        envelope = self._id("envelope")
        acked = self._acks[envelope] = asyncio.get_running_loop().create_future()
        assert self._socket is not None
        await self._socket.send_json(
            {"envelope_id": envelope, "type": kind, "payload": body,
             "accepts_response_payload": kind != "events_api"}
        )  # fmt: skip
        async with asyncio.timeout(3):
            return await acked

    async def socket(self, request: web.Request) -> web.WebSocketResponse:
        socket = self._socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "num_connections": 1})
        self._connected.set()
        async for message in socket:
            if message.type == WSMsgType.TEXT:
                ack = message.json()
                if (waiting := self._acks.pop(ack["envelope_id"], None)) is not None:
                    waiting.set_result(ack.get("payload") or {})
        return socket

    # ------------------------------------------------------------ Web API

    async def api(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        self.calls.append(method)
        kind, value = self._faults[method].pop(0) if self._faults[method] else ("", None)
        if kind == "limit":
            return web.json_response(
                {"ok": False, "error": "ratelimited"}, status=429,
                headers={"Retry-After": str(value)},
            )  # fmt: skip
        try:
            if kind == "refuse":
                raise Answer(value)
            token = request.headers.get("Authorization", "").removeprefix("Bearer ")
            if token != (APP_TOKEN if method == "apps.connections.open" else BOT_TOKEN):
                raise Answer("invalid_auth")
            fields = {name: _decoded(str(v)) for name, v in (await request.post()).items()}
            answer = getattr(self, "_" + method.replace(".", "_"))(fields)
        except Answer as error:
            return web.json_response({"ok": False, "error": error.error})
        if kind == "drop":
            assert request.transport is not None
            request.transport.close()
        return web.json_response({"ok": True, **answer})

    def _auth_test(self, _fields: dict[str, Any]) -> dict[str, Any]:
        return {"team_id": TEAM, "user_id": BOT_USER, "bot_id": "B0PEER", "url": self.url}

    def _apps_connections_open(self, _fields: dict[str, Any]) -> dict[str, Any]:
        return {"url": self.url.replace("http", "ws") + "/socket"}

    def _chat_postMessage(self, fields: dict[str, Any]) -> dict[str, Any]:
        channel = fields["channel"]
        if channel.startswith("U"):
            channel = f"D{channel[1:]}"
        elif not channel.startswith("D"):
            self._known(channel)
        self._check(fields)
        message = SlackMessage(
            channel, self._ts(), fields["text"], fields["blocks"], fields.get("thread_ts", ""),
            fields.get("metadata", {}), only_for=f"U{channel[1:]}" if channel[0] == "D" else "",
        )  # fmt: skip
        self.messages.append(message)
        return {"channel": channel, "ts": message.ts}

    def _chat_postEphemeral(self, fields: dict[str, Any]) -> dict[str, Any]:
        self._known(fields["channel"])
        self._check(fields)
        self.messages.append(
            SlackMessage(
                fields["channel"], self._ts(), fields["text"], fields["blocks"],
                fields.get("thread_ts", ""), only_for=fields["user"],
            )
        )  # fmt: skip
        return {"message_ts": self._ts()}

    def _chat_update(self, fields: dict[str, Any]) -> dict[str, Any]:
        message = next((m for m in self.messages if m.ts == fields["ts"]), None)
        if message is None or message.channel != fields["channel"]:
            raise Answer("message_not_found")
        self._check(fields)
        message.text, message.blocks = fields["text"], fields["blocks"]
        message.edits += 1
        return {"channel": message.channel, "ts": message.ts}

    def _views_open(self, fields: dict[str, Any]) -> dict[str, Any]:
        try:
            View(**fields["view"]).validate_json()
        except SlackObjectFormationError as error:
            self.refused_blocks.append(str(error))
            raise Answer("invalid_arguments") from error
        self.views.append({**fields["view"], "id": self._id("V"), "hash": self._id("hash")})
        return {"view": self.views[-1]}

    def _conversations_history(self, fields: dict[str, Any]) -> dict[str, Any]:
        found = [m for m in self.messages if m.channel == fields["channel"] and not m.thread]
        return {"messages": [{"ts": m.ts, "metadata": m.metadata} for m in reversed(found)]}

    def _conversations_replies(self, fields: dict[str, Any]) -> dict[str, Any]:
        found = [m for m in self.messages if fields["ts"] in (m.ts, m.thread)]
        return {"messages": [{"ts": m.ts, "metadata": m.metadata} for m in found]}

    def _conversations_create(self, fields: dict[str, Any]) -> dict[str, Any]:
        if fields["name"] in self.channels.values():
            raise Answer("name_taken")
        channel = self._id("C")
        self.channels[channel] = fields["name"]
        return {"channel": {"id": channel}}

    def _conversations_list(self, _fields: dict[str, Any]) -> dict[str, Any]:
        return {"channels": [{"id": i, "name": name} for i, name in self.channels.items()]}

    def _conversations_setTopic(self, fields: dict[str, Any]) -> dict[str, Any]:
        self._known(fields["channel"])
        return {}

    def _conversations_invite(self, fields: dict[str, Any]) -> dict[str, Any]:
        self._known(fields["channel"])
        self.members[fields["channel"]] |= set(fields["users"].split(","))
        return {}

    async def response(self, request: web.Request) -> web.Response:
        body = await request.json()
        only_for = request.match_info["user"] if body["response_type"] == "ephemeral" else ""
        try:
            self._check(body)
        except Answer as error:
            return web.Response(status=500, text=error.error)
        self.messages.append(
            SlackMessage(CHANNEL, self._ts(), body["text"], body["blocks"], only_for=only_for)
        )
        return web.Response(text="ok")

    def _known(self, channel: str) -> None:
        if channel not in self.channels:
            raise Answer("channel_not_found")

    def _check(self, fields: dict[str, Any]) -> None:
        blocks = fields["blocks"]
        ids = [block["block_id"] for block in blocks]
        try:
            for block in Block.parse_all(blocks):
                block.validate_json()
            if len(blocks) > 50 or len(set(ids)) < len(ids) or not fields["text"]:
                raise SlackObjectFormationError("too many blocks, two of one id, or no text")
            if not self.takes_tables and any(block["type"] == "table" for block in blocks):
                raise SlackObjectFormationError("unknown block: table")
        except SlackObjectFormationError as error:
            self.refused_blocks.append(str(error))
            raise Answer("invalid_blocks") from error

    def _id(self, prefix: str) -> str:
        return f"{prefix}{next(self._numbers)}"

    def _ts(self) -> str:
        return f"1770000000.{next(self._numbers):06}"

    def _response_url(self, user: str) -> str:
        return f"{self.url}/response/{user}"

    async def close(self) -> None:
        if self._socket is not None:
            await self._socket.close()
        await self._http.close()


@asynccontextmanager
async def serving(app: web.Application) -> AsyncIterator[str]:
    """The address of an application that listens on loopback."""
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def slack_workspace() -> AsyncIterator[SlackPeer]:
    """A workspace that answers at `peer.url` until the end of the test."""
    peer = SlackPeer()
    app = web.Application()
    app.router.add_post("/api/{method}", peer.api)
    app.router.add_post("/response/{user}", peer.response)
    app.router.add_get("/socket", peer.socket)
    async with serving(app) as url:
        peer.url = url
        try:
            yield peer
        finally:
            await peer.close()


def _decoded(value: str) -> Any:
    return json.loads(value) if value[:1] in ("{", "[") else value


def _texts(value: Any) -> list[str]:
    """Every text inside blocks, in order."""
    if isinstance(value, list):
        return [text for item in value for text in _texts(item)]
    if not isinstance(value, dict):
        return []
    own = [value["text"]] if isinstance(value.get("text"), str) else []
    return own + [text for key, item in value.items() if key != "confirm" for text in _texts(item)]
