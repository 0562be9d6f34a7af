"""The standby's last duty in an event: everything it took goes home to the primary."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from continuitybot.clock import Clock
from continuitybot.errors import NotFound
from continuitybot.lab.addresses import Door
from continuitybot.lab.company import DOMAIN
from continuitybot.lab.mail.letter import Key, Letter, on_the_books
from continuitybot.lab.mail.operations import Operations
from continuitybot.lab.mail.queue import Hop, Queue
from continuitybot.lab.mail.site import MailSite
from continuitybot.lab.paces import Paces


class CopyBack:
    """Sends each letter as it came, with its own Message-ID, so that the primary knows a copy.

    It ends when it has found nothing more to send for `paces.linger` seconds: a letter that was
    on its way to the standby when the route changed is copied as well. Probe mail stays.
    """

    def __init__(
        self, standby: MailSite, primary: Callable[[], Door], paces: Paces, clock: Clock
    ) -> None:
        self.operations = Operations()
        self.copied: set[Key] = set()
        self._standby = standby
        self._linger = paces.linger
        self._queue = Queue(
            standby.name, lambda _: Hop("primary", primary()), paces, clock, self._delivered
        )
        self._begun = asyncio.Event()

    @property
    def draining(self) -> bool:
        return self._begun.is_set()

    def begin(self, domain: str, key: str) -> None:
        """Begin, unless this key did already. Raises NotFound for a domain that is not here."""
        if domain != DOMAIN:
            raise NotFound(f"The standby keeps no mail of {domain}.")
        if not self.operations.repeated(key, domain):
            self.operations.remember(key, domain)
            self._begun.set()

    def outstanding(self) -> set[Key]:
        """What the standby took and has not given back."""
        return set(filter(on_the_books, self._standby.mailboxes.keys())) - self.copied

    async def run(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._queue.run())
            tasks.create_task(self._drain())

    async def _drain(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await self._begun.wait()
            quiet_since = loop.time()
            while loop.time() - quiet_since < self._linger:
                if self._send_outstanding():
                    quiet_since = loop.time()
                await asyncio.sleep(self._linger / 20)
            self._begun.clear()

    def _send_outstanding(self) -> bool:
        outstanding = self.outstanding()
        if outstanding:
            unsent = outstanding - self._queue.keys()
            for letter in self._standby.mailboxes.letters():
                if letter.key in unsent:
                    self._queue.put(letter)
        return bool(outstanding)

    def _delivered(self, letter: Letter, _hop: Hop) -> None:
        self.copied.add(letter.key)
