"""The simulated company, put together."""

from __future__ import annotations

import asyncio
import random
import secrets
from contextlib import AsyncExitStack, suppress

from continuitybot.clock import Clock, SystemClock
from continuitybot.lab.addresses import Addresses, BotDoors, CarrierAccount, Login, Ports
from continuitybot.lab.carrier.api import CarrierApi
from continuitybot.lab.carrier.network import Network
from continuitybot.lab.carrier.phones import Phones
from continuitybot.lab.carrier.webhooks import Webhooks
from continuitybot.lab.company import EMPLOYEES, OUTSIDE_PROBE, PROBE_MAILBOX
from continuitybot.lab.mail.sites import MailSites
from continuitybot.lab.paces import Paces
from continuitybot.lab.web.control import ControlApi
from continuitybot.lab.web.panel import Panel
from continuitybot.lab.web.server import HttpDoor
from continuitybot.lab.web.state import Scene

_CARRIER_NUMBER = "+436605550100"


class Lab:
    """A company on loopback: its mail sites, its carrier and its employees' phones.

    The bot reaches it by SMTP, IMAP and HTTP only. `seed` makes the people in it repeat
    themselves; passwords and tokens are new in every lab.
    """

    def __init__(
        self,
        *,
        ports: Ports | None = None,
        paces: Paces | None = None,
        seed: int = 7,
        clock: Clock | None = None,
    ) -> None:
        ports, paces, clock = ports or Ports(), paces or Paces(), clock or SystemClock()
        chance = random.Random(seed)  # noqa: S311 - the same people every time; no secret
        self._probe = Login(PROBE_MAILBOX, secrets.token_urlsafe(12))
        self._token = secrets.token_urlsafe(16)
        self._account = _new_account()
        self.mail = MailSites(ports, self._probe, paces, clock, chance)
        self.phones = Phones(EMPLOYEES)
        self._webhooks = Webhooks(self._account.auth_token, paces.webhook_retry)
        self._network = Network(self._account, self.phones, self._webhooks, paces, clock, chance)
        self.carrier = CarrierApi(self._account, self._network, clock, chance)
        scene = Scene(self.mail, self.carrier, self.phones)
        self._panel = Panel(scene, self._network, paces.push)
        control = ControlApi(self._token, self.mail)
        self._http = HttpDoor(
            ports.http, [*control.routes(), *self.carrier.routes(), *self._panel.routes()]
        )
        self._open = AsyncExitStack()

    async def start(self) -> None:
        """Open every door and let the traffic begin; nothing stays open when one fails."""
        async with AsyncExitStack() as opening:
            for part in (self.mail, self._webhooks, self._http):
                opening.push_async_callback(part.close)
                await part.open()
            opening.push_async_callback(self._network.close)
            flow = asyncio.create_task(self.mail.run())
            opening.push_async_callback(_end, flow)
            self._open = opening.pop_all()

    async def stop(self) -> None:
        """Close every door; no task, connection or port is left."""
        await self._open.aclose()

    def connect(self, bot: BotDoors) -> None:
        """Tell the outside world where the bot is; may be repeated."""
        self.mail.outside.listener = bot.listener
        self._network.inbound_url = bot.inbound_sms_url
        self._panel.kill = bot.kill

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is on its way to or from a phone, or out of the standby."""
        return self._network.is_quiet and not self.mail.copy_back.draining

    @property
    def addresses(self) -> Addresses:
        """Where everything is, from `start` on."""
        mail = self.mail
        return Addresses(
            http_url=self._http.url,
            panel_url=f"{self._http.url}/panel",
            gateway=mail.gateway.door,
            outside=mail.outside.door,
            relay=mail.relay.door,
            primary=mail.primary.doors,
            standby=mail.standby.doors,
            probe=self._probe,
            outside_probe=OUTSIDE_PROBE,
            gateway_token=self._token,
            carrier=self._account,
        )


def _new_account() -> CarrierAccount:
    return CarrierAccount(f"AC{secrets.token_hex(16)}", secrets.token_hex(16), _CARRIER_NUMBER)


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
