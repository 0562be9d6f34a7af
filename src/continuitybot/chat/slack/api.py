"""Calls to Slack's Web API over one pooled session, with errors that name their consequence."""

from __future__ import annotations

import json
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient
from slack_sdk.webhook.async_client import AsyncWebhookClient

from continuitybot.chat.slack.errors import NETWORK_FAULTS, consequence
from continuitybot.errors import Permanent
from continuitybot.settings.chat import SlackSettings

TIMEOUT = aiohttp.ClientTimeout(total=15, connect=5)


class SlackApi:
    """The Web API for one bot token.

    Nothing is retried in here: a refused or lost call is an error with its consequence, and the
    effect that made it waits as a row. (The SDK's own retries would post again what a dropped
    connection has already delivered.)
    """

    def __init__(self, settings: SlackSettings) -> None:
        self.client = AsyncWebClient(
            token=settings.bot_token.read(), base_url=settings.api_url, retry_handlers=[]
        )

    async def call(self, method: str, *, repeatable: bool = True, **fields: Any) -> dict[str, Any]:
        """One call. Raises Transient, Permanent, NotFound, or OutcomeUnknown unless repeatable."""
        self._open()
        form = {name: _encoded(value) for name, value in fields.items() if value not in (None, "")}
        try:
            answer = await self.client.api_call(method, data=form)
        except (SlackApiError, *NETWORK_FAULTS) as error:
            raise consequence(error, method, repeatable) from error
        return answer.data if isinstance(answer.data, dict) else {}

    async def respond(self, response_url: str, message: dict[str, Any]) -> None:
        """Answer through a response_url (good for 30 minutes, 5 times). Raises as `call` does."""
        hook = AsyncWebhookClient(response_url, session=self._open(), retry_handlers=[])
        try:
            answer = await hook.send_dict({"replace_original": False, **message})
        except NETWORK_FAULTS as error:
            raise consequence(error, "an answer to a command", repeatable=True) from error
        if answer.status_code != 200:
            raise Permanent(f"Slack refused an answer to a command: {answer.body}.")

    async def close(self) -> None:
        """Give the connections back."""
        if self.client.session is not None:
            await self.client.session.close()

    def _open(self) -> aiohttp.ClientSession:
        """The session, made at the first call: it belongs to the running loop."""
        if self.client.session is None:
            self.client.session = aiohttp.ClientSession(timeout=TIMEOUT)
        return self.client.session


def _encoded(value: Any) -> str:
    """As a form field, which every method takes; only some take a JSON body."""
    return value if isinstance(value, str) else json.dumps(value)
