"""What a transaction promises, on both databases."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import Column, Integer, MetaData, Table, insert, select, text
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.schema import CreateTable

from continuitybot.errors import Refused, Transient
from continuitybot.store import (
    Change,
    Database,
    Effect,
    Json,
    Transaction,
    UtcTime,
    effects,
)
from rig.clock import MovedClock

moments = Table(
    "moments",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("at", UtcTime),
    Column("document", Json),
)


@pytest.fixture
async def with_moments(any_database: Database) -> Database:
    """A database with a table of moments and documents."""
    async with any_database.transaction() as tx:
        await tx.execute(CreateTable(moments))
    return any_database


async def stored_effects(database: Database) -> dict[str, str]:
    async with database.reading() as tx:
        return {row.key: row.state for row in await tx.rows(select(effects))}


async def test_a_raised_error_undoes_everything_in_the_transaction(any_database: Database) -> None:
    async def enqueued_then_refused() -> None:
        async with any_database.transaction() as tx:
            await tx.enqueue(Effect("EVT-1/apply/1", "apply"))
            await tx.next_ref("EVT")
            raise Refused("No.")

    with pytest.raises(Refused):
        await enqueued_then_refused()
    assert await stored_effects(any_database) == {}
    assert not any_database.wake.is_set()
    async with any_database.transaction() as tx:
        assert await tx.next_ref("EVT") == "EVT-1"


async def test_references_count_up_without_gaps_or_twins_under_concurrency(
    any_database: Database,
) -> None:
    async def one() -> str:
        async with any_database.transaction() as tx:
            return await tx.next_ref("INC")

    found = await asyncio.gather(*(one() for _ in range(12)))
    assert sorted(found, key=lambda ref: int(ref[4:])) == [f"INC-{n}" for n in range(1, 13)]


async def test_each_series_of_references_counts_by_itself(database: Database) -> None:
    async with database.transaction() as tx:
        found = [await tx.next_ref(prefix) for prefix in ("INC", "RUN", "INC")]
    assert found == ["INC-1", "RUN-1", "INC-2"]


async def test_the_same_key_is_enqueued_once(any_database: Database) -> None:
    async def enqueue(number: int) -> None:
        async with any_database.transaction() as tx:
            await tx.enqueue(Effect("EVT-1/apply/1", "apply", {"number": number}))
            await tx.enqueue(Effect("EVT-1/apply/1", "apply", {"number": -number}))

    await enqueue(1)
    await asyncio.gather(*(enqueue(number) for number in range(2, 7)))
    async with any_database.reading() as tx:
        (row,) = await tx.rows(select(effects))
    assert (row.key, row.state, row.payload) == ("EVT-1/apply/1", "waiting", {"number": 1})


async def test_effects_are_withdrawn_by_key_or_by_reference(any_database: Database) -> None:
    async with any_database.transaction() as tx:
        for key, ref in (("a", "EVT-1"), ("b", "EVT-1"), ("c", "EVT-2"), ("d", "EVT-2")):
            await tx.enqueue(Effect(key, "apply", ref=ref))
        assert await tx.cancel_effects(ref="EVT-1") == 2
        assert await tx.cancel_effects(key="c") == 1
        assert await tx.cancel_effects(key="c") == 0
    assert await stored_effects(any_database) == {
        "a": "cancelled",
        "b": "cancelled",
        "c": "cancelled",
        "d": "waiting",
    }


async def test_what_is_enqueued_wakes_the_workers_only_when_it_is_committed(
    database: Database,
) -> None:
    async with database.transaction() as tx:
        await tx.enqueue(Effect("a", "apply"))
        assert not database.wake.is_set()
    assert database.wake.is_set()


async def test_subscribers_of_a_prefix_act_inside_the_transaction(any_database: Database) -> None:
    async def follow(tx: Transaction, change: Change) -> None:
        await tx.enqueue(Effect(f"{change.ref}/card/1", "card"))

    any_database.subscribe("event.", follow)
    async with any_database.transaction() as tx:
        await tx.announce(Change("EVT-1", "event.activated"))
        await tx.announce(Change("INC-1", "incident.opened"))
    assert list(await stored_effects(any_database)) == ["EVT-1/card/1"]


async def test_a_subscriber_that_refuses_undoes_what_it_heard_of(any_database: Database) -> None:
    async def refuse(_tx: Transaction, _change: Change) -> None:
        raise Refused("Not now.")

    async def announced() -> None:
        async with any_database.transaction() as tx:
            await tx.enqueue(Effect("a", "apply"))
            await tx.announce(Change("EVT-1", "event.activated"))

    any_database.subscribe("event.", refuse)
    with pytest.raises(Refused, match="Not now"):
        await announced()
    assert await stored_effects(any_database) == {}


async def test_listeners_hear_of_changes_after_the_commit_and_until_they_leave(
    database: Database,
) -> None:
    heard: list[str] = []
    leave = database.on_commit(lambda changes: heard.extend(change.what for change in changes))

    async def announce(*, then: Exception | None = None) -> None:
        async with database.transaction() as tx:
            await tx.announce(Change("EVT-1", "event.activated"))
            assert heard == []
            if then:
                raise then

    with pytest.raises(Refused):
        await announce(then=Refused("No."))
    assert heard == []
    await announce()
    assert heard == ["event.activated"]
    leave()
    heard.clear()
    await announce()
    assert heard == []


async def test_a_look_sees_one_moment_while_others_write(any_database: Database) -> None:
    async with any_database.reading() as look:
        assert await look.rows(select(effects)) == []
        async with any_database.transaction() as tx:
            await tx.enqueue(Effect("a", "apply"))
        assert await look.rows(select(effects)) == []
    assert await stored_effects(any_database) == {"a": "waiting"}


async def test_moments_come_back_in_utc_and_in_order(with_moments: Database) -> None:
    noon = datetime(2026, 3, 10, 12, 0, 0, 5, tzinfo=UTC)
    in_vienna = (noon + timedelta(seconds=1)).astimezone(timezone(timedelta(hours=1)))
    async with with_moments.transaction() as tx:
        for number, at in enumerate((in_vienna, None, noon)):
            await tx.execute(insert(moments).values(id=number, at=at))
    async with with_moments.reading() as tx:
        later = moments.c.at > noon
        rows = await tx.rows(select(moments.c.at).where(later))
    assert [row.at for row in rows] == [noon + timedelta(seconds=1)]
    assert rows[0].at.utcoffset() == timedelta(0)


async def test_a_moment_without_a_zone_is_refused(with_moments: Database) -> None:
    naive = datetime(2026, 3, 10, 12, 0)  # noqa: DTZ001  # the fault that is tested
    with pytest.raises(Exception, match="a time without a zone cannot be stored"):
        async with with_moments.transaction() as tx:
            await tx.execute(insert(moments).values(id=1, at=naive))


async def test_documents_come_back_as_they_were(with_moments: Database) -> None:
    document: dict[str, Any] = {"names": ["Zoë"], "rate": 1.5, "none": None, "deep": {"a": True}}
    async with with_moments.transaction() as tx:
        await tx.execute(insert(moments).values(id=1, document=document))
    async with with_moments.reading() as tx:
        row = await tx.row(select(moments.c.document))
    assert row is not None
    assert row.document == document


async def test_a_wrong_statement_is_not_taken_for_a_database_that_is_away(
    with_moments: Database,
) -> None:
    async def same_row_twice() -> None:
        async with with_moments.transaction() as tx:
            await tx.execute(insert(moments).values(id=1))
            await tx.execute(insert(moments).values(id=1))

    with pytest.raises(IntegrityError):
        await same_row_twice()


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://bot@127.0.0.1:1/bot",
        "postgresql://bot@/bot?host=/nowhere",
        "sqlite:////nowhere/bot.db",
    ],
)
async def test_a_database_that_is_away_is_transient(url: str, clock: MovedClock) -> None:
    database = Database.at(url, clock)
    with pytest.raises(Transient, match="The database did not take the change"):
        async with database.transaction() as tx:
            await tx.next_ref("INC")
    with pytest.raises(Transient):
        async with database.reading() as tx:
            await tx.rows(select(effects))
    await database.close()


def test_another_kind_of_database_is_refused(clock: MovedClock) -> None:
    with pytest.raises(ValueError, match="a database is sqlite:///FILE or postgresql://"):
        Database.at("mysql://root@localhost/bot", clock)


async def test_a_lost_connection_is_transient(postgresql_url: str, clock: MovedClock) -> None:
    database = Database.at(postgresql_url, clock)

    async def cut_off() -> None:
        async with database.transaction() as tx:
            row = await tx.row(text("SELECT pg_backend_pid()"))
            assert row is not None
            async with database.transaction() as other:
                await other.execute(text(f"SELECT pg_terminate_backend({row[0]})"))
            await tx.next_ref("INC")

    with pytest.raises(Transient):
        await cut_off()
    async with database.transaction() as tx:
        assert await tx.next_ref("INC") == "INC-1"
    await database.close()


async def test_two_that_wait_for_each_other_are_parted(
    postgresql_url: str, clock: MovedClock
) -> None:
    database = Database.at(postgresql_url, clock)
    async with database.transaction() as tx:
        await tx.next_ref("A")
        await tx.next_ref("B")
    both_hold_one = asyncio.Barrier(2)

    async def take(first: str, second: str) -> str:
        async with database.transaction() as tx:
            await tx.next_ref(first)
            await both_hold_one.wait()
            return await tx.next_ref(second)

    found = await asyncio.gather(take("A", "B"), take("B", "A"), return_exceptions=True)
    assert sorted(type(one) for one in found if isinstance(one, Exception)) == [Transient]
    await database.close()


async def test_nothing_can_be_written_in_a_look(postgresql_url: str, clock: MovedClock) -> None:
    database = Database.at(postgresql_url, clock)
    with pytest.raises(DBAPIError, match="read-only transaction"):
        async with database.reading() as tx:
            await tx.next_ref("INC")
    await database.close()
