"""The console's messages are kept, and each person sees what is theirs."""

from __future__ import annotations

from continuitybot.chat.console import ConsolePlatform
from continuitybot.chat.message import Card
from continuitybot.people.model import Identity
from continuitybot.store import Database


async def test_the_feed_goes_on_from_a_version_and_shows_edits(database: Database) -> None:
    console = ConsolePlatform(database)
    card = await console.post("main", Card("INC-7", state="OPEN"), key="INC-7/card")
    below = await console.post("main", Card("Seen by Alice"), key="INC-7/say/1", thread=card)
    first = await console.feed(0, "alice")
    assert [(m.card.headline, m.thread) for m in first] == [
        ("INC-7", 0),
        ("Seen by Alice", int(card.id)),
    ]
    assert int(below.id) == first[1].id

    await console.edit(card, Card("INC-7", state="CLOSED"))
    (edited,) = await console.feed(first[-1].version, "alice")
    assert (edited.id, edited.card.state) == (int(card.id), "CLOSED")
    assert edited.edited is not None


async def test_a_private_message_is_seen_by_its_reader_only(database: Database) -> None:
    console = ConsolePlatform(database)
    await console.tell(Identity("console", "", "alice"), Card("Your code is 123456"))

    assert [m.private for m in await console.feed(0, "alice")] == [True]
    assert await console.feed(0, "bob") == []


async def test_posting_the_same_key_twice_is_once(database: Database) -> None:
    console = ConsolePlatform(database)
    one = await console.post("main", Card("INC-7"), key="INC-7/card")
    assert await console.post("main", Card("INC-7"), key="INC-7/card") == one
    assert len(await console.feed(0, "alice")) == 1


async def test_pages_that_wait_are_woken(database: Database) -> None:
    woken: list[str] = []
    database.on_commit(lambda changes: woken.extend(change.what for change in changes))
    await ConsolePlatform(database).post("main", Card("INC-7"), key="INC-7/card")
    assert woken == ["console.changed"]


async def test_from_the_beginning_the_newest_come(database: Database) -> None:
    console = ConsolePlatform(database)
    for number in range(5):
        await console.post("main", Card(str(number)), key=str(number))
    assert [m.card.headline for m in await console.feed(0, "alice", limit=2)] == ["3", "4"]
