"""Pages by SMS: texts of their own, outside any broadcast, whose receipts come back."""

from __future__ import annotations

from typing import Protocol

from continuitybot.incidents.pagers.pager import Ended, Page
from continuitybot.incidents.wording import with_link
from continuitybot.people.model import Person
from continuitybot.store import Duty, Transaction


class Texts(Protocol):
    """The part of `Broadcasts` that a page needs."""

    async def text_person(
        self,
        tx: Transaction,
        *,
        key: str,
        person: Person,
        body: str,
        ref: str,
        purpose: str = "page",
    ) -> bool:
        """Store a text to one person; False when they have no number or opted out.

        Every further state is announced as `delivery.changed` with `key` in its data.
        """
        ...


class SmsPager:
    """Pages by SMS, reconciled with the carrier like every text: never sent twice."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts

    def reaches(self, person: Person) -> bool:
        return bool(person.phone) and not person.opted_out

    async def send(self, tx: Transaction, page: Page, person: Person) -> bool:
        body = with_link(page.text, page.link)
        return await self._texts.text_person(
            tx, key=page.key, person=person, body=body, ref=page.incident
        )

    def duties(self, ended: Ended) -> list[Duty]:
        """None: the broadcast room performs texts, and announces what becomes of them."""
        return []
