"""Where everything in the lab is found once it runs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

HOST = "127.0.0.1"


@dataclass(frozen=True)
class Door:
    """One TCP address."""

    host: str
    port: int


# Nothing ever listens on port 0: mail for it waits.
NOWHERE = Door(HOST, 0)


@dataclass(frozen=True)
class SitePorts:
    """Which ports a mail site shall use; 0 takes any free one."""

    smtp: int = 0
    submission: int = 0
    imap: int = 0


@dataclass(frozen=True)
class Ports:
    """Which ports the lab shall use; 0 takes any free one."""

    http: int = 0
    gateway: int = 0
    outside: int = 0
    relay: int = 0
    primary: SitePorts = SitePorts()
    standby: SitePorts = SitePorts()


@dataclass(frozen=True)
class SiteDoors:
    """The doors of a mail site: mail in, submission (AUTH needed), mailboxes."""

    smtp: Door
    submission: Door
    imap: Door


@dataclass(frozen=True)
class Login:
    """A user of a mail site, at submission and at IMAP."""

    user: str
    password: str


@dataclass(frozen=True)
class CarrierAccount:
    """The company's account at the SMS carrier; `number` is what its texts come from."""

    account_sid: str
    auth_token: str
    number: str


@dataclass(frozen=True)
class Addresses:
    """All a bot has to be told to watch and switch this company. Nothing here speaks TLS.

    `gateway_token` is the bearer token of the gateway's and the standby's control API; the
    carrier's API is at `http_url` as well.
    """

    http_url: str
    panel_url: str
    gateway: Door
    outside: Door
    relay: Door
    primary: SiteDoors
    standby: SiteDoors
    probe: Login
    outside_probe: str
    gateway_token: str
    carrier: CarrierAccount


@dataclass(frozen=True)
class BotDoors:
    """Where the outside world finds the bot.

    `listener` receives what is sent to the outside probe address; replies to texts are posted
    to `inbound_sms_url`; `kill` ends the bot's process as the panel's button asks.
    """

    listener: Door = NOWHERE
    inbound_sms_url: str = ""
    kill: Callable[[], Awaitable[None]] | None = None
