"""What every room stands on, and the outside world that knocks at the bot's door."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
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
from continuitybot.clock import Clock
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.settings import Settings, database_url
from continuitybot.settings.chat import SlackSettings
from continuitybot.store import Database
from continuitybot.store.database_clock import clock_for
from continuitybot.web.links import Links, link_key

_HTTP_TIMEOUT = 20.0


class FrontDoor:
    """Where the edges hand in what people say; behind it are the commands, which are built last."""

    commands: Commands

    async def handle(self, command: Command) -> Reply:
        """Answer a command from chat or the web."""
        return await self.commands.handle(command)

    async def handle_sms(self, person: Person, text: str) -> str | None:
        """Answer a text message; None when it is not a command."""
        return await self.commands.handle_sms(person, text)


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


def make_edges(ground: Ground) -> Edges:
    settings = ground.settings
    door = FrontDoor()
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
