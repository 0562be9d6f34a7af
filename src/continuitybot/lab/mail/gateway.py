"""The mail gateway in front of the company: always takes mail, and routes it as it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from continuitybot.clock import Clock
from continuitybot.lab.addresses import Door
from continuitybot.lab.company import DOMAIN, mailboxes
from continuitybot.lab.mail.letter import Key, Letter, domain_of
from continuitybot.lab.mail.queue import Hop, Queue
from continuitybot.lab.mail.routes import Route, RouteTable
from continuitybot.lab.mail.smtp_door import SmtpDoor
from continuitybot.lab.paces import Paces

SITES = frozenset({"primary", "standby"})


class Gateway:
    """Company mail goes to the site its route names; all else goes to the outside world.

    `hops` tells the SMTP door of `primary`, `standby` and `outside`.
    """

    name = f"mx1.{DOMAIN}"

    def __init__(
        self, port: int, hops: Mapping[str, Callable[[], Door]], paces: Paces, clock: Clock
    ) -> None:
        self.routes = RouteTable((Route(DOMAIN, "primary"),), SITES)
        self.queue = Queue(self.name, self._next_hop, paces, clock, self._delivered)
        self.routes.on_change(self.queue.rerouted)
        self.accepted: set[Key] = set()
        self.handed: dict[str, set[Key]] = {hop: set() for hop in hops}
        self._hops = hops
        self._known = mailboxes()
        self._smtp = SmtpDoor(self.name, port, self._take, clock, admit=self._admit)

    @property
    def door(self) -> Door:
        return self._smtp.door

    async def open(self) -> None:
        await self._smtp.open()

    async def close(self) -> None:
        await self._smtp.close()

    async def run(self) -> None:
        await self.queue.run()

    def _admit(self, sender: str, recipient: str) -> str:
        if domain_of(recipient) == DOMAIN:
            known = recipient.lower() in self._known
            return "" if known else "550 5.1.1 No such mailbox"
        return "" if domain_of(sender) == DOMAIN else "550 5.7.1 Relaying denied"

    def _take(self, letter: Letter) -> None:
        self.accepted.add(letter.key)
        self.queue.put(letter)

    def _next_hop(self, letter: Letter) -> Hop:
        domain = domain_of(letter.recipient)
        name = self.routes.route(domain).next_hop if domain == DOMAIN else "outside"
        return Hop(name, self._hops[name]())

    def _delivered(self, letter: Letter, hop: Hop) -> None:
        self.handed[hop.name].add(letter.key)
