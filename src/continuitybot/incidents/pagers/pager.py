"""What a channel must be able to do to page a person."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from continuitybot.people.model import Person
from continuitybot.store import Duty, Effect, Outcome, Transaction

Ended = Callable[[Transaction, Effect, Outcome], Awaitable[None]]


@dataclass(frozen=True)
class Page:
    """One page: `key` names it for ever (`INC-7/page/alice/sms/3`), `text` fits one SMS.

    `link` is where the person can go on, or "".
    """

    key: str
    incident: str
    text: str
    link: str = ""


class Pager(Protocol):
    """One channel. What became of a page is heard later, never in the transaction that sends."""

    def reaches(self, person: Person) -> bool:
        """Whether this person has what the channel needs."""
        ...

    async def send(self, tx: Transaction, page: Page, person: Person) -> bool:
        """Store the page as an effect under its key; False when it surely cannot be sent."""
        ...

    def duties(self, ended: Ended) -> list[Duty]:
        """The duties that perform this channel's pages and record each ending with `ended`."""
        ...
