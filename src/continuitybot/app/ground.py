"""What every room stands on, and the outside world that knocks at the bot's door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import httpx

from continuitybot.approvals import Approvals
from continuitybot.approvals.codes import Codes
from continuitybot.broadcast import open_carriers
from continuitybot.broadcast.carrier import Carrier
from continuitybot.chat.commands import Commands
from continuitybot.chat.console import ConsolePlatform
from continuitybot.chat.platform import Command, Platform, Reply
from continuitybot.chat.slack import SlackApi, SlackBot, SlackPlatform
from continuitybot.chat.verbs import VERBS
from continuitybot.clock import Clock
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.settings import Settings, database_url
from continuitybot.settings.chat import SlackSettings
from continuitybot.store import Database
from continuitybot.store.database_clock import clock_for
from continuitybot.web.links import Links, link_key

_HTTP_TIMEOUT = 20.0

Watched = Callable[[str, str], AbstractContextManager[None]]
"""Is told of a verb and its platform, and around what follows from it."""


class FrontDoor:
    """Where the edges hand in what people say; behind it are the commands, which are built last."""

    commands: Commands

    def __init__(self, watched: Watched) -> None:
        self._watched = watched

    async def handle(self, command: Command) -> Reply:
        """Answer a command from chat or the web."""
        with self._watched(_verb(command.text), command.identity.platform):
            return await self.commands.handle(command)

    async def handle_sms(self, person: Person, text: str) -> str | None:
        """Answer a text message; None when it is not a command."""
        with self._watched(_verb(text), "sms"):
            return await self.commands.handle_sms(person, text)


def _verb(text: str) -> str:
    """The verb that a line begins with, or ""; what else it says is nobody's business."""
    words = text.lower().split()
    names = (" ".join(words[:count]) for count in (2, 1))
    return next((name for name in names if name in VERBS), "")


@dataclass(frozen=True)
class Ground:
    """What every room stands on."""

    settings: Settings
    folder: Path
    clock: Clock
    database: Database
    directory: Directory
    approvals: Approvals
    links: Links
    codes: Codes


@dataclass(frozen=True)
class Slack:
    """The Slack workspace: what is said there, what comes from there, and the calls under both."""

    platform: SlackPlatform
    bot: SlackBot
    api: SlackApi
    is_http: bool

    async def trouble(self) -> str:
        """Why nothing comes from Slack at present; "" when it does."""
        return "" if await self.bot.connected() else "There is no connection to Slack."


@dataclass(frozen=True)
class Edges:
    """The outside world: platforms, carriers, and the door they knock at."""

    door: FrontDoor
    console: ConsolePlatform
    slack: Slack | None
    carriers: Mapping[str, Carrier]
    http: httpx.AsyncClient

    @property
    def platforms(self) -> dict[str, Platform]:
        """Every chat platform, the console first."""
        found: dict[str, Platform] = {"console": self.console}
        if self.slack is not None:
            found["slack"] = self.slack.platform
        return found


def make_ground(settings: Settings, folder: Path, clock: Clock | None) -> Ground:
    url = database_url(settings, folder)
    clock = clock or clock_for(url)
    database = Database.at(url, clock)
    directory = Directory(database, on_call=settings.oncall.queries())
    key = link_key(settings, folder)
    return Ground(
        settings=settings,
        folder=folder,
        clock=clock,
        database=database,
        directory=directory,
        approvals=Approvals(database, directory),
        links=Links(key),
        codes=Codes(key),
    )


def make_edges(ground: Ground, watched: Watched) -> Edges:
    settings = ground.settings
    door = FrontDoor(watched)
    slack = _slack(settings.chat.slack, ground, door) if settings.chat.slack else None
    carriers = open_carriers(settings.broadcast, settings.web.url)
    http = httpx.AsyncClient(
        timeout=_HTTP_TIMEOUT, event_hooks={"request": [_only_while_sure(ground.database)]}
    )
    return Edges(door, ConsolePlatform(ground.database), slack, carriers, http)


def _only_while_sure(database: Database) -> Callable[[httpx.Request], Awaitable[None]]:
    async def confirm(_request: httpx.Request) -> None:
        database.tenure.confirm()

    return confirm


def _slack(settings: SlackSettings, ground: Ground, door: FrontDoor) -> Slack:
    api = SlackApi(settings)
    bot = SlackBot(settings, api, ground.database, door.handle)
    return Slack(SlackPlatform(api), bot, api, settings.mode == "http")


def page_address(ground: Ground, person: Person, ref: str) -> str:
    """The address of an object's page, signed for one person."""
    key = ground.links.sign(person.handle, ground.clock.now())
    return f"{ground.settings.web.url}/portal/{ref}?key={key}"
