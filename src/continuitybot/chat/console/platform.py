"""The console's side of the conversation, kept in the database: it survives a restart."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import or_, select, update

from continuitybot.chat.console.store import console_messages
from continuitybot.chat.message import Card
from continuitybot.chat.platform import MessageRef
from continuitybot.errors import NotFound
from continuitybot.people.model import Identity
from continuitybot.store import Change, Database, Transaction, from_document, to_document

PLATFORM = "console"


@dataclass(frozen=True)
class ConsoleMessage:
    """One message as the browser gets it. `thread` is the id of the message above it, or 0.

    `said` is the line when it is one that the reader has written, and "" for everything else.
    """

    id: int
    channel: str
    thread: int
    private: bool
    card: Card
    at: datetime
    edited: datetime | None
    version: int
    said: str = ""


class ConsolePlatform:
    """Posts, edits and private answers, for the web pages to show.

    Every change is announced as `console.changed`, so that pages that wait for it are woken.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def post(
        self, channel: str, card: Card, *, key: str, thread: MessageRef | None = None
    ) -> MessageRef:
        above = int(thread.id) if thread else 0
        return await self._write(channel, card, key=key, thread=above, reader="")

    async def find(
        self, channel: str, key: str, thread: MessageRef | None = None
    ) -> MessageRef | None:
        async with self._database.reading() as tx:
            return await _by_key(tx, channel, key)

    async def edit(self, message: MessageRef, card: Card) -> None:
        async with self._database.transaction() as tx:
            done = await tx.execute(
                update(console_messages)
                .where(console_messages.c.id == int(message.id))
                .values(card=to_document(card), edited=tx.now, version=await _next_version(tx))
            )
            if not done.rowcount:
                raise NotFound(f"The console has no message {message.id}.")
            await tx.announce(Change(message.channel, "console.changed"))

    async def tell(self, person: Identity, card: Card) -> MessageRef:
        return await self._write("", card, key=uuid.uuid4().hex, thread=0, reader=person.user)

    async def hear(self, person: Identity, line: str) -> MessageRef:
        """Keep a line that a person has written, for their own page."""
        card = Card(line)
        key = uuid.uuid4().hex
        return await self._write("", card, key=key, thread=0, reader=person.user, said=line)

    async def make_channel(self, name: str, topic: str, people: Sequence[Identity]) -> str:
        return name

    async def feed(self, since: int, reader: str, limit: int = 200) -> list[ConsoleMessage]:
        """What `reader` (a handle) may see that is newer than version `since`, the oldest first.

        From 0, the newest `limit` messages.
        """
        newest = (
            select(console_messages)
            .where(
                console_messages.c.version > since,
                or_(console_messages.c.reader == "", console_messages.c.reader == reader),
            )
            .order_by(console_messages.c.version.desc())
            .limit(limit)
        )
        async with self._database.reading() as tx:
            return [_message(row) for row in reversed(await tx.rows(newest))]

    async def _write(
        self, channel: str, card: Card, *, key: str, thread: int, reader: str, said: str = ""
    ) -> MessageRef:
        async with self._database.transaction() as tx:
            added = await tx.execute(
                tx.insert_once(
                    console_messages,
                    channel=channel,
                    key=key,
                    thread=thread,
                    reader=reader,
                    said=said,
                    card=to_document(card),
                    at=tx.now,
                    version=await _next_version(tx),
                )
            )
            message = await _by_key(tx, channel, key)
            if added.rowcount:
                await tx.announce(Change(channel, "console.changed"))
        if message is None:
            raise NotFound(f"The console's message {key} stands in another channel.")
        return message


async def _by_key(tx: Transaction, channel: str, key: str) -> MessageRef | None:
    row = await tx.row(
        select(console_messages.c.id).where(
            console_messages.c.key == key, console_messages.c.channel == channel
        )
    )
    return None if row is None else MessageRef(PLATFORM, channel, str(row.id))


async def _next_version(tx: Transaction) -> int:
    """One after another: the row of the sequence stays locked until the commit."""
    return int((await tx.next_ref("CONSOLE")).removeprefix("CONSOLE-"))


def _message(row: Any) -> ConsoleMessage:
    return ConsoleMessage(
        id=row.id,
        channel=row.channel,
        thread=row.thread,
        private=bool(row.reader),
        card=from_document(Card, row.card),
        at=row.at,
        edited=row.edited,
        version=row.version,
        said=row.said,
    )
