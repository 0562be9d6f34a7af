"""The rest of the world: people who write to the company, and a server that takes its mail."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime

from continuitybot.clock import Clock
from continuitybot.lab.addresses import NOWHERE, Door
from continuitybot.lab.company import EMPLOYEES, OUTSIDE_DOMAIN, OUTSIDE_PROBE_DOMAIN
from continuitybot.lab.mail.letter import Key, Letter, domain_of
from continuitybot.lab.mail.queue import Hop, Queue
from continuitybot.lab.mail.smtp_door import SmtpDoor
from continuitybot.lab.paces import Paces

_SUBJECTS = (
    "Container MSKU 884210-3 arrives Thursday",
    "Customs papers for the Trieste shipment",
    "Re: berth times next week",
    "Invoice 2026-0{number}",
    "Crane 4 maintenance window",
    "Question about the delivery note",
    "Reefer alarm, slot 17",
    "Offer for pallets, second try",
)


class Outside:
    """Senders that retry until the gateway takes their mail, and a receiving server.

    Mail to the outside probe address is passed on to the bot's own `listener`.
    """

    name = f"mx.{OUTSIDE_DOMAIN}"

    def __init__(
        self,
        port: int,
        gateway: Callable[[], Door],
        paces: Paces,
        clock: Clock,
        chance: random.Random,
    ) -> None:
        self.messages_per_second = paces.messages_per_second
        self.listener = NOWHERE
        self.sent: set[Key] = set()
        self.received = 0
        self.queue = Queue(
            f"senders.{OUTSIDE_DOMAIN}", lambda _: Hop("gateway", gateway()), paces, clock
        )
        self._forwards = Queue(self.name, lambda _: Hop("bot", self.listener), paces, clock)
        self._smtp = SmtpDoor(self.name, port, self._take, clock)
        self._clock = clock
        self._chance = chance
        self._numbers = itertools.count(1)

    @property
    def door(self) -> Door:
        return self._smtp.door

    async def open(self) -> None:
        await self._smtp.open()

    async def close(self) -> None:
        await self._smtp.close()

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.queue.run())
            tasks.create_task(self._forwards.run())
            tasks.create_task(self._write())

    async def _write(self) -> None:
        while self.messages_per_second:
            letter = self._letter()
            self.sent.add(letter.key)
            self.queue.put(letter)
            await asyncio.sleep(1 / self.messages_per_second)

    def _letter(self) -> Letter:
        number, now = next(self._numbers), self._clock.now()
        employee = self._chance.choice(EMPLOYEES)
        sender = f"desk{self._chance.randrange(1, 40)}@partners.{OUTSIDE_DOMAIN}"
        message = EmailMessage()
        message["Message-ID"] = f"<out-{number:06d}@senders.{OUTSIDE_DOMAIN}>"
        message["Date"] = format_datetime(now)
        message["From"] = sender
        message["To"] = employee.email
        message["Subject"] = self._chance.choice(_SUBJECTS).format(number=number)
        message.set_content(f"Dear {employee.name.split()[0]},\n\nplease see the subject.\n")
        return Letter(message["Message-ID"], sender, employee.email, bytes(message), now)

    def _take(self, letter: Letter) -> None:
        self.received += 1
        if domain_of(letter.recipient) == OUTSIDE_PROBE_DOMAIN:
            self._forwards.put(letter)
