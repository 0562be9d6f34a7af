"""Pages by chat: a direct message on the platform the person uses."""

from __future__ import annotations

from typing import Protocol

from continuitybot.incidents.pagers.pager import Ended, Page
from continuitybot.people.directory import Directory
from continuitybot.people.model import Person
from continuitybot.store import Duty, Effect, Outcome, Succeeded, Transaction


class ChatTell(Protocol):
    """Tells one person something in chat; wired in the composition root."""

    def reaches(self, person: Person) -> bool:
        """Whether the person is on any of the platforms."""
        ...

    async def tell(self, person: Person, ref: str, text: str, link: str, key: str) -> None:
        """Return when the platform took it. Raises Transient or Permanent.

        The same `key` comes again after a crash in the middle.
        """
        ...


class ChatPager:
    """Pages by chat. Acceptance by the platform says nothing about anybody reading it."""

    def __init__(self, chat: ChatTell, directory: Directory) -> None:
        self._chat = chat
        self._directory = directory

    def reaches(self, person: Person) -> bool:
        return self._chat.reaches(person)

    async def send(self, tx: Transaction, page: Page, person: Person) -> bool:
        payload = {"person": person.handle, "text": page.text, "link": page.link}
        await tx.enqueue(Effect(page.key, "page.chat", payload, ref=page.incident))
        return True

    def duties(self, ended: Ended) -> list[Duty]:
        # Redone after a crash: a page seen twice is better than one not seen.
        return [Duty("page.chat", self._perform, ended)]

    async def _perform(self, effect: Effect) -> Outcome:
        person = await self._directory.person(effect.payload["person"])
        text, link = effect.payload["text"], effect.payload["link"]
        await self._chat.tell(person, effect.ref, text, link, effect.key)
        return Succeeded()
