"""The bot's Slack side with everything around it real but Slack itself and the commands."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

from continuitybot.chat.grammar import parse
from continuitybot.chat.message import Button, Card
from continuitybot.chat.platform import Command, Reply
from continuitybot.chat.slack import SlackApi, SlackBot, SlackPlatform
from continuitybot.settings.chat import SlackSettings
from continuitybot.store import Database, Workers
from rig.slack_peer import CHANNEL, SlackPeer, serving, slack_workspace


@dataclass
class Desk:
    """`heard` are the commands that reached the bot; `answers` what it says to a verb."""

    peer: SlackPeer
    bot: SlackBot
    platform: SlackPlatform
    workers: Workers
    heard: list[Command] = field(default_factory=list)
    answers: dict[str, Reply] = field(default_factory=dict)

    async def handle(self, command: Command) -> Reply:
        """Echo the verb with a button, unless `answers` knows better."""
        parsed = parse(command.text)
        self.heard.append(command)
        echo = Card(f"You said {parsed.verb}", buttons=(Button("Again", command.text),))
        return self.answers.get(parsed.verb, Reply((echo,)))


def slack_settings(peer: SlackPeer, mode: str) -> SlackSettings:
    return SlackSettings.model_validate(
        {
            "bot_token": "env:PEER_BOT_TOKEN",
            "app_token": "env:PEER_APP_TOKEN",
            "signing_secret": "env:PEER_SIGNING_SECRET",
            "mode": mode,
            "channel": CHANNEL,
            "api_url": f"{peer.url}/api/",
        }
    )


@asynccontextmanager
async def desk(database: Database, mode: str) -> AsyncIterator[Desk]:
    """A bot connected to a workspace over `http` or `socket`."""
    async with slack_workspace() as peer:
        settings = slack_settings(peer, mode)
        api = SlackApi(settings)
        found: list[Desk] = []

        async def handle(command: Command) -> Reply:
            return await found[0].handle(command)

        bot = SlackBot(settings, api, database, handle)
        workers = Workers(database, bot.duties(), database.clock)
        found.append(Desk(peer, bot, SlackPlatform(api), workers))
        app = web.Application()
        app.router.add_post("/slack/events", bot.events)
        async with serving(app) as url:
            peer.bot_url = f"{url}/slack/events"
            running = asyncio.create_task(bot.run())
            try:
                if mode == "socket":
                    await peer.connected()
                yield found[0]
            finally:
                running.cancel()
                await asyncio.gather(running, return_exceptions=True)
                await api.close()
