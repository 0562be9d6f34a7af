"""The Bolt app: requests verified, stored, acknowledged; over HTTP or Socket Mode."""

from __future__ import annotations

import asyncio
import json
import re
import secrets
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web
from slack_bolt.adapter.aiohttp import to_aiohttp_response, to_bolt_request
from slack_bolt.adapter.socket_mode.aiohttp import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncAck, AsyncApp, AsyncBoltContext
from slack_bolt.response import BoltResponse

from continuitybot.chat.grammar import Missing, parse
from continuitybot.chat.message import Form
from continuitybot.chat.platform import Handle
from continuitybot.chat.slack import blocks, inbound, views
from continuitybot.chat.slack.answering import Answering
from continuitybot.chat.slack.api import SlackApi
from continuitybot.chat.slack.platform import SlackPlatform
from continuitybot.chat.slack.replies import Replies
from continuitybot.errors import ContinuityError, Refused
from continuitybot.settings.chat import SlackSettings
from continuitybot.store import Database, Duty, from_document

log = structlog.get_logger(__name__)

Body = dict[str, Any]


class SlackBot:
    """What comes from Slack. Every request is stored before it is acknowledged."""

    def __init__(
        self, settings: SlackSettings, api: SlackApi, database: Database, handle: Handle
    ) -> None:
        self._settings = settings
        self._clock = database.clock
        self._replies = Replies(api, SlackPlatform(api), database.clock)
        self._answering = Answering(database, handle, self._replies)
        self._socket: AsyncSocketModeHandler | None = None
        self._app = AsyncApp(
            name="continuitybot",
            client=api.client,
            # Without a secret nobody can sign: in socket mode no request comes over HTTP.
            signing_secret=(
                settings.signing_secret.read() if settings.signing_secret else secrets.token_hex()
            ),
            process_before_response=True,  # acknowledge what is stored, not what may be lost
        )
        self._listen()

    def duties(self) -> list[Duty]:
        """Doing what commands say, and giving the answers."""
        return self._answering.duties()

    async def events(self, request: web.Request) -> web.StreamResponse:
        """The handler of `POST /slack/events`."""
        answer = await self._app.async_dispatch(await to_bolt_request(request))
        return await to_aiohttp_response(answer)

    async def run(self) -> None:
        """In socket mode: stay connected until cancelled. In http mode there is nothing to run."""
        if self._settings.app_token is None or self._settings.mode != "socket":
            return
        self._socket = AsyncSocketModeHandler(self._app, self._settings.app_token.read())
        try:
            # It tries until it succeeds, and reconnects by itself.
            await self._socket.connect_async()  # type: ignore[no-untyped-call]  # SDK
            await asyncio.Event().wait()
        finally:
            await self._socket.close_async()  # type: ignore[no-untyped-call]  # SDK

    async def connected(self) -> bool:
        """False while socket mode has no connection."""
        if self._settings.mode != "socket":
            return True
        return self._socket is not None and await self._socket.client.is_connected()

    def _listen(self) -> None:
        self._app.use(self._same_workspace)
        self._app.command(re.compile("."))(self._slash)
        self._app.event("app_mention")(self._mention)
        self._app.event("message")(self._direct)
        self._app.action(re.compile(f"^{blocks.SAY}:"))(self._click)
        self._app.action(blocks.ASK)(self._ask)
        self._app.view(views.FORM)(self._submit)

    async def _same_workspace(
        self, context: AsyncBoltContext, next: Callable[[], Awaitable[BoltResponse]]
    ) -> BoltResponse:
        ours = self._settings.team_id or _team_of_token(context)
        if context.team_id and ours and context.team_id != ours:
            log.warning("slack.other_workspace", team=context.team_id)
            return BoltResponse(status=403, body="This bot belongs to another workspace.")
        return await next()

    async def _slash(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        await self._answering.take(inbound.slash(body, _team(context), self._clock.now()))
        await ack()

    async def _mention(self, body: Body, context: AsyncBoltContext) -> None:
        await self._answering.take(inbound.mention(body, _team(context), self._clock.now()))

    async def _direct(self, body: Body, context: AsyncBoltContext) -> None:
        event = body["event"]
        if event.get("channel_type") == "im" and "subtype" not in event and "user" in event:
            await self._mention(body, context)

    async def _click(
        self, ack: AsyncAck, body: Body, action: Body, context: AsyncBoltContext
    ) -> None:
        arrival = inbound.click(body, action, _team(context), self._clock.now())
        await self._answering.take(arrival)
        await ack()

    async def _ask(self, ack: AsyncAck, body: Body, action: Body) -> None:
        """Open the form behind a button: nothing to store, and three seconds to do it."""
        await ack()
        form = from_document(Form, json.loads(action["value"]))
        try:
            await self._replies.open_form(form, inbound.back_of_action(body, self._clock.now()))
        except ContinuityError as error:
            log.warning("slack.form_not_opened", reason=str(error))

    async def _submit(self, ack: AsyncAck, body: Body, context: AsyncBoltContext) -> None:
        arrival = inbound.submission(body, _team(context), self._clock.now())
        try:
            parse(arrival.command.text)
        except Refused as error:
            text = error.text if isinstance(error, Missing) else str(error)
            await ack(
                response_action="errors", errors={views.first_block(body["view"]): text[:2_000]}
            )
            return
        await self._answering.take(arrival)
        await ack()


def _team(context: AsyncBoltContext) -> str:
    """The workspace of the person, which in a shared channel may be another than ours."""
    return context.actor_team_id or context.team_id or ""


def _team_of_token(context: AsyncBoltContext) -> str:
    known = context.authorize_result
    return (known.team_id or "") if known else ""
