"""A bot connected to Slack on loopback, over HTTP and over Socket Mode."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from chat.slack_desk import Desk, desk
from continuitybot.store import Database
from rig.slack_peer import APP_TOKEN, BOT_TOKEN, SIGNING_SECRET


@pytest.fixture
def slack_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment that the settings name."""
    monkeypatch.setenv("PEER_BOT_TOKEN", BOT_TOKEN)
    monkeypatch.setenv("PEER_APP_TOKEN", APP_TOKEN)
    monkeypatch.setenv("PEER_SIGNING_SECRET", SIGNING_SECRET)


@pytest.fixture(params=["http", "socket"])
async def slack(
    request: pytest.FixtureRequest, database: Database, slack_secrets: None
) -> AsyncIterator[Desk]:
    """The bot in Slack; the test runs over HTTP and over Socket Mode."""
    async with desk(database, request.param) as found:
        yield found


@pytest.fixture
async def slack_http(database: Database, slack_secrets: None) -> AsyncIterator[Desk]:
    """The bot in Slack over HTTP."""
    async with desk(database, "http") as found:
        yield found


@pytest.fixture
async def slack_socket(database: Database, slack_secrets: None) -> AsyncIterator[Desk]:
    """The bot in Slack over Socket Mode."""
    async with desk(database, "socket") as found:
        yield found
