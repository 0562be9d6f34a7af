"""A mail site of the company: SMTP in, submission, mailboxes, IMAP; and the ways it breaks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from enum import StrEnum

from continuitybot.clock import Clock
from continuitybot.lab.addresses import Door, Login, SiteDoors, SitePorts
from continuitybot.lab.mail.imap.server import ImapDoor
from continuitybot.lab.mail.letter import Key, Letter
from continuitybot.lab.mail.mailboxes import Mailboxes
from continuitybot.lab.mail.queue import Hop, Queue
from continuitybot.lab.mail.smtp_door import SmtpDoor
from continuitybot.lab.paces import Paces


class Mode(StrEnum):
    """How a site behaves."""

    HEALTHY = "healthy"
    REFUSES = "refuses"
    DEFERS = "defers"
    LOSES = "loses"
    SLOW = "slow"


_DEFERRAL = "451 4.7.0 Temporary server error. Please try again later"


class MailSite:
    """Both the primary and the standby; `uplink` is the gateway that takes what goes out.

    Lost letters are kept by key alone: the site knows that it took them, and nothing else.
    """

    def __init__(
        self,
        name: str,
        ports: SitePorts,
        login: Login,
        uplink: Callable[[], Door],
        paces: Paces,
        clock: Clock,
    ) -> None:
        self.name = name
        self.mode = Mode.HEALTHY
        self.mailboxes = Mailboxes()
        self.lost: set[Key] = set()
        self.taken = 0
        self._paces = paces
        self._clock = clock
        self.outbound = Queue(name, lambda _: Hop("gateway", uplink()), paces, clock)
        self._smtp = SmtpDoor(name, ports.smtp, self._take, clock, before=self._before)
        self._submission = SmtpDoor(
            name, ports.submission, self._submit, clock, before=self._before, login=login
        )
        self._imap = ImapDoor(ports.imap, self.mailboxes, login)

    @property
    def doors(self) -> SiteDoors:
        return SiteDoors(self._smtp.door, self._submission.door, self._imap.door)

    async def open(self) -> None:
        for door in (self._smtp, self._submission, self._imap):
            await door.open()

    async def close(self) -> None:
        for door in (self._smtp, self._submission, self._imap):
            await door.close()

    async def set_mode(self, mode: Mode) -> None:
        self.mode = mode
        await (self.close() if mode is Mode.REFUSES else self.open())

    async def run(self) -> None:
        """Send out what was submitted, until cancelled."""
        await self.outbound.run()

    async def _before(self, command: str) -> str:
        if self.mode is Mode.SLOW:
            await asyncio.sleep(self._paces.slow_command)
        return _DEFERRAL if self.mode is Mode.DEFERS and command in ("MAIL", "RCPT") else ""

    def _take(self, letter: Letter) -> None:
        self.taken += 1
        if self.mode is Mode.LOSES:
            self.lost.add(letter.key)
        else:
            self.mailboxes.deliver(letter)

    def _submit(self, letter: Letter) -> None:
        if self.mode is Mode.LOSES:
            self.lost.add(letter.key)
        else:
            self.outbound.put(letter)
