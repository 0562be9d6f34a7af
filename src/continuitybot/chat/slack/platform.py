"""Slack as a platform: cards posted, found again, edited, told to one person."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC
from typing import Any

import structlog

from continuitybot.chat import text
from continuitybot.chat.message import Card
from continuitybot.chat.platform import MessageRef
from continuitybot.chat.slack import blocks
from continuitybot.chat.slack.api import SlackApi
from continuitybot.errors import Permanent
from continuitybot.people.model import Identity

log = structlog.get_logger(__name__)

PLATFORM = "slack"
METADATA = "continuitybot_card"


class SlackPlatform:
    """Implements `chat.platform.Platform`. A message carries its key in its metadata."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def post(
        self, channel: str, card: Card, *, key: str, thread: MessageRef | None = None
    ) -> MessageRef:
        sent = await self._send(
            "chat.postMessage",
            card,
            repeatable=False,
            channel=channel,
            thread_ts=thread.id if thread else None,
            metadata={"event_type": METADATA, "event_payload": {"key": key}},
        )
        return MessageRef(PLATFORM, sent["channel"], sent["ts"])

    async def find(
        self, channel: str, key: str, thread: MessageRef | None = None
    ) -> MessageRef | None:
        method = "conversations.replies" if thread else "conversations.history"
        found = await self._api.call(
            method,
            channel=channel,
            ts=thread.id if thread else None,
            include_all_metadata=True,
            limit=200,
        )
        for message in found["messages"]:
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == METADATA and payload.get("key") == key:
                return MessageRef(PLATFORM, channel, message["ts"])
        return None

    async def edit(self, message: MessageRef, card: Card) -> None:
        await self._send("chat.update", card, channel=message.channel, ts=message.id)

    async def tell(self, person: Identity, card: Card) -> MessageRef:
        sent = await self._send("chat.postMessage", card, repeatable=False, channel=person.user)
        return MessageRef(PLATFORM, sent["channel"], sent["ts"])

    async def tell_here(self, channel: str, user: str, card: Card, thread: str = "") -> None:
        """Show a card to one person in a channel; it is gone when the client reloads."""
        await self._send("chat.postEphemeral", card, channel=channel, user=user, thread_ts=thread)

    async def make_channel(self, name: str, topic: str, people: Sequence[Identity]) -> str:
        slug = re.sub(r"[^a-z0-9_-]+", "-", name.lower()).strip("-")[:80]
        try:
            made = await self._api.call("conversations.create", name=slug)
            channel = str(made["channel"]["id"])
        except Permanent as error:
            if error.code != "name_taken":
                raise
            channel = await self._channel_named(slug)
        if topic:
            await self._api.call("conversations.setTopic", channel=channel, topic=topic[:250])
        await self._invite(channel, [person.user for person in people])
        return channel

    async def _invite(self, channel: str, users: list[str]) -> None:
        for start in range(0, len(users), 100):
            some = ",".join(users[start : start + 100])
            try:
                await self._api.call(
                    "conversations.invite", channel=channel, users=some, force=True
                )
            except Permanent as error:
                if error.code not in ("already_in_channel", "cant_invite_self"):
                    raise

    async def _channel_named(self, name: str) -> str:
        cursor = ""
        while True:
            page = await self._api.call("conversations.list", limit=999, cursor=cursor)
            for channel in page["channels"]:
                if channel["name"] == name:
                    return str(channel["id"])
            cursor = (page.get("response_metadata") or {}).get("next_cursor", "")
            if not cursor:
                raise Permanent(
                    f"A channel {name} exists that the bot cannot see.",
                    remedy="Invite the bot to it, or rename it.",
                )

    async def _send(
        self, method: str, card: Card, *, repeatable: bool = True, **fields: Any
    ) -> dict[str, Any]:
        """Send the card; in a plainer form when Slack does not take a kind of block."""
        unread = {"unfurl_links": False, "unfurl_media": False, "mrkdwn": False}
        for message in (blocks.message(card), blocks.message(card, plain_tables=True)):
            try:
                return await self._api.call(
                    method, repeatable=repeatable, **fields, **unread, **message
                )
            except Permanent as error:
                if error.code not in ("invalid_blocks", "invalid_blocks_format"):
                    raise
                log.warning("slack.blocks_refused", card=card.headline)
        words = {"text": blocks.escape(text.render(card, UTC)), "blocks": []}
        return await self._api.call(method, repeatable=repeatable, **fields, **unread, **words)
