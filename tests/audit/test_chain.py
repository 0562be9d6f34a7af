"""The record tells when anything in it was changed, removed, added or put elsewhere."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, insert, update

from continuitybot import audit
from continuitybot.audit.chain import Entry, Link, digest_of, fault
from continuitybot.audit.store import audit_entries, audit_head
from continuitybot.audit.verify import CHUNK
from continuitybot.errors import Refused
from continuitybot.store import Database, Transaction
from rig.clock import MovedClock

COLUMNS: dict[str, Any] = {
    "who": "mallory",
    "verb": "reject",
    "ref": "EVT-9",
    "text": "Nothing happened.",
    "platform": "sms",
    "approval": "APR-9",
    "outcome": "denied",
    "data": '{"amount":2}',
    "previous": "f" * 64,
    "digest": "f" * 64,
    "number": 40,
}


async def write(database: Database, count: int) -> None:
    for number in range(1, count + 1):
        async with database.transaction() as tx:
            await audit.record(
                tx,
                who="alice",
                verb="approve",
                ref=f"EVT-{number}",
                text="Mail moves to the standby.",
                platform="slack",
                approval=f"APR-{number}",
                data={"rate": 1.50, "amount": 10**20, "names": ["Zoë", "\N{RIGHTWARDS ARROW}"]},
            )


async def change(database: Database, *statements: Any) -> None:
    async with database.transaction() as tx:
        for statement in statements:
            await tx.execute(statement)


async def test_an_empty_record_is_whole(any_database: Database) -> None:
    assert await audit.verify(any_database) == audit.Verdict(True, 0)


async def test_an_untouched_record_is_whole(any_database: Database) -> None:
    await write(any_database, 4)
    assert await audit.verify(any_database) == audit.Verdict(True, 4)


@pytest.mark.parametrize("column", COLUMNS)
async def test_a_change_of_any_column_is_found(database: Database, column: str) -> None:
    await write(database, 4)
    third = audit_entries.c.number == 3
    await change(database, update(audit_entries).where(third).values({column: COLUMNS[column]}))
    verdict = await audit.verify(database)
    assert (verdict.ok, verdict.count, verdict.first_bad) == (False, 2, 3)
    assert verdict.reason


async def test_a_change_of_the_time_is_found(any_database: Database) -> None:
    await write(any_database, 3)
    later = any_database.clock.now() + timedelta(microseconds=1)
    await change(any_database, update(audit_entries).where(second).values(at=later))
    assert await audit.verify(any_database) == audit.Verdict(False, 1, 2, "Entry 2 was changed.")


second = audit_entries.c.number == 2


async def test_a_removed_entry_is_found(any_database: Database) -> None:
    await write(any_database, 3)
    await change(any_database, delete(audit_entries).where(second))
    verdict = await audit.verify(any_database)
    assert verdict == audit.Verdict(False, 1, 2, "Entry 2 is missing.")


async def test_a_removed_first_entry_is_found(database: Database) -> None:
    await write(database, 3)
    await change(database, delete(audit_entries).where(audit_entries.c.number == 1))
    assert (await audit.verify(database)).reason == "Entry 1 is missing."


async def test_a_removed_last_entry_is_found(any_database: Database) -> None:
    await write(any_database, 3)
    await change(any_database, delete(audit_entries).where(audit_entries.c.number == 3))
    verdict = await audit.verify(any_database)
    assert verdict == audit.Verdict(False, 2, 3, "The record ends before entry 3.")


async def test_two_entries_that_changed_places_are_found(database: Database) -> None:
    await write(database, 3)
    moves = [(1, 99), (2, 1), (99, 2)]
    statements = [
        update(audit_entries).where(audit_entries.c.number == old).values(number=new)
        for old, new in moves
    ]
    await change(database, *statements)
    assert (await audit.verify(database)).first_bad == 1


async def test_an_entry_written_past_the_record_is_found(database: Database) -> None:
    await write(database, 2)
    async with database.reading() as tx:
        last = (await audit.entries(tx))[0]
    forged = Entry(
        number=3,
        at=last.at,
        who="mallory",
        verb="approve",
        ref="EVT-2",
        text="",
        platform="slack",
        approval="",
        outcome="done",
        data="{}",
        previous=last.digest,
    )
    row = {**forged.__dict__, "digest": digest_of(forged)}
    await change(database, insert(audit_entries).values(row))
    verdict = await audit.verify(database)
    assert (verdict.ok, verdict.first_bad) == (False, 3)


async def test_a_changed_head_is_found(database: Database) -> None:
    await write(database, 2)
    await change(database, update(audit_head).values(digest="f" * 64))
    assert not (await audit.verify(database)).ok


async def test_a_record_longer_than_one_chunk_is_followed_to_its_end(database: Database) -> None:
    async with database.transaction() as tx:
        for _ in range(CHUNK + 2):
            await audit.record(tx, who="bot", verb="note")
    assert await audit.verify(database) == audit.Verdict(True, CHUNK + 2)


async def test_writers_at_once_make_one_chain(any_database: Database) -> None:
    await asyncio.gather(*(write(any_database, 3) for _ in range(5)))
    assert await audit.verify(any_database) == audit.Verdict(True, 15)


async def test_what_is_rolled_back_leaves_no_entry_but_its_denial(any_database: Database) -> None:
    async def approve(tx: Transaction) -> None:
        await audit.record(tx, who="alice", verb="approve", ref="EVT-1")
        raise Refused("You asked for this yourself.")

    with pytest.raises(Refused) as caught:
        async with any_database.transaction() as tx:
            await approve(tx)
    await audit.record_denial(
        any_database, who="alice", verb="approve", ref="EVT-1", text=caught.value.text
    )
    async with any_database.reading() as tx:
        (entry,) = await audit.entries(tx)
    assert (entry.number, entry.outcome, entry.text) == (1, "denied", caught.value.text)


async def test_entries_come_newest_first_and_of_one_object(
    database: Database, clock: MovedClock
) -> None:
    await write(database, 3)
    clock.advance(minutes=1)
    await write(database, 2)
    async with database.reading() as tx:
        assert [entry.number for entry in await audit.entries(tx, limit=2)] == [5, 4]
        about = await audit.entries(tx, ref="EVT-2")
    assert [entry.number for entry in about] == [5, 2]
    assert [entry.at for entry in about] == [clock.now(), clock.now() - timedelta(minutes=1)]


def test_a_first_entry_follows_the_start() -> None:
    assert fault_of_first(previous=Link().digest) == ""
    assert fault_of_first(previous="f" * 64) == "Entry 1 does not follow the entry before it."


def fault_of_first(previous: str) -> str:
    at = MovedClock().now()
    entry = Entry(1, at, "bot", "note", "", "", "", "", "done", "{}", previous)
    return fault(Entry(**{**entry.__dict__, "digest": digest_of(entry)}), Link())
