"""All mail sites of the lab, connected to each other."""

from __future__ import annotations

import asyncio
import random

from continuitybot.clock import Clock
from continuitybot.lab.addresses import Login, Ports
from continuitybot.lab.company import DOMAIN
from continuitybot.lab.mail.books import Books
from continuitybot.lab.mail.copy_back import CopyBack
from continuitybot.lab.mail.gateway import Gateway
from continuitybot.lab.mail.outside import Outside
from continuitybot.lab.mail.relay import Relay
from continuitybot.lab.mail.site import MailSite
from continuitybot.lab.paces import Paces


class MailSites:
    """The outside world, the gateway, the primary, the standby, and a relay apart from them."""

    gateway: Gateway
    outside: Outside
    primary: MailSite
    standby: MailSite

    def __init__(
        self, ports: Ports, login: Login, paces: Paces, clock: Clock, chance: random.Random
    ) -> None:
        hops = {
            "primary": lambda: self.primary.doors.smtp,
            "standby": lambda: self.standby.doors.smtp,
            "outside": lambda: self.outside.door,
        }
        self.gateway = Gateway(ports.gateway, hops, paces, clock)
        self.outside = Outside(ports.outside, lambda: self.gateway.door, paces, clock, chance)
        self.primary = MailSite(
            f"mail.{DOMAIN}", ports.primary, login, lambda: self.gateway.door, paces, clock
        )
        self.standby = MailSite(
            "standby.continuity.example",
            ports.standby,
            login,
            lambda: self.gateway.door,
            paces,
            clock,
        )
        self.relay = Relay(ports.relay, clock)
        self.copy_back = CopyBack(self.standby, hops["primary"], paces, clock)
        self.books = Books(self.outside, self.gateway, self.primary, self.copy_back)

    async def open(self) -> None:
        for site in (self.gateway, self.outside, self.primary, self.standby, self.relay):
            await site.open()

    async def close(self) -> None:
        for site in (self.gateway, self.outside, self.primary, self.standby, self.relay):
            await site.close()

    async def run(self) -> None:
        """Let the mail flow, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for site in (self.outside, self.gateway, self.primary, self.standby, self.copy_back):
                tasks.create_task(site.run())
