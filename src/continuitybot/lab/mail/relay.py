"""A mail relay that shares nothing with the company: what goes to private mailboxes."""

from __future__ import annotations

from continuitybot.clock import Clock
from continuitybot.lab.addresses import Door
from continuitybot.lab.mail.mailboxes import Mailboxes
from continuitybot.lab.mail.smtp_door import SmtpDoor


class Relay:
    """Takes mail for anybody and keeps it in the recipient's mailbox."""

    name = "relay.alternate.example"

    def __init__(self, port: int, clock: Clock) -> None:
        self.mailboxes = Mailboxes()
        self._smtp = SmtpDoor(self.name, port, self.mailboxes.deliver, clock)

    @property
    def door(self) -> Door:
        return self._smtp.door

    async def open(self) -> None:
        await self._smtp.open()

    async def close(self) -> None:
        await self._smtp.close()
