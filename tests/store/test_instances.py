"""Several instances on one PostgreSQL: who is gone is fenced, and its work is free for the others.

Beats are real, so these tests are on the real clock, with beats of milliseconds.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta

import pytest
from sqlalchemy import Row, select, text, update

from continuitybot.clock import steady
from continuitybot.errors import Transient
from continuitybot.store import (
    Database,
    Duty,
    Effect,
    Outcome,
    Succeeded,
    Workers,
    effects,
)
from continuitybot.store.database_clock import DatabaseClock
from continuitybot.store.instances import Instance, Instances, Pace, instances, present

QUICK = Pace(beat=0.05, sure_for=0.3, fenced_after=0.4)
SILENT = Pace(beat=1.0, sure_for=10, fenced_after=60)
UNSURE = Pace(beat=60, sure_for=0.0)
_SOON = 5.0

Open = Callable[[Pace], Awaitable["Member"]]


class Member:
    """One instance, as a process would be: a database of its own, its beat, its workers."""

    def __init__(self, url: str, pace: Pace) -> None:
        self.database = Database.at(url, DatabaseClock())
        self.instances = Instances(self.database, pace)
        self.performed: list[str] = []

    async def enqueue(self, key: str, kind: str = "send") -> None:
        async with self.database.transaction() as tx:
            await tx.enqueue(Effect(key, kind))

    async def row(self, key: str) -> Row[tuple[object, ...]]:
        async with self.database.reading() as tx:
            found = await tx.row(select(effects).where(effects.c.key == key))
        assert found is not None
        return found

    async def takes_and_never_ends(self, key: str) -> asyncio.Task[int]:
        """Lease an effect for an hour, and be in the middle of it."""
        begun = asyncio.Event()

        async def hang(_effect: Effect) -> Outcome:
            begun.set()
            await asyncio.Event().wait()
            raise AssertionError

        await self.enqueue(key)
        task = asyncio.create_task(self._workers(hang).run_due())
        await asyncio.wait_for(begun.wait(), _SOON)
        return task

    async def works_until_done(self, key: str) -> None:
        """Work as `serve` does, until that is done."""

        async def note(effect: Effect) -> Outcome:
            self.performed.append(effect.key)
            return Succeeded()

        async def is_done() -> bool:
            return (await self.row(key)).state == "done"

        working = asyncio.create_task(self._workers(note).run())
        await _until(is_done)
        working.cancel()

    async def takes_late(self, key: str) -> None:
        """The commit of a lease that was on its way when this instance was fenced."""
        await self.enqueue(key)
        async with self.database.transaction() as tx:
            until = tx.now + timedelta(hours=1)
            own = {"owner": self.database.instance, "token": 1, "leased_until": until}
            await tx.execute(update(effects).values(state="leased", **own))

    async def present(self) -> Sequence[Instance]:
        async with self.database.reading() as tx:
            return await present(tx)

    async def is_seen_after(self, moment: datetime) -> bool:
        return (await self.present())[0].seen > moment

    async def states(self) -> list[str]:
        async with self.database.reading() as tx:
            rows = await tx.rows(select(instances.c.state).order_by(instances.c.started))
        return [row.state for row in rows]

    def _workers(self, perform: Callable[[Effect], Awaitable[Outcome]]) -> Workers:
        duty = Duty("send", perform, lease=timedelta(hours=1))
        return Workers(self.database, [duty], self.database.clock)


async def _until(done: Callable[[], bool | Awaitable[bool]]) -> None:
    async with asyncio.timeout(_SOON):
        # Another instance tells nobody.
        while not (now if isinstance(now := done(), bool) else await now):  # noqa: ASYNC110
            await asyncio.sleep(0.01)


@asynccontextmanager
async def _opened(url: str, pace: Pace) -> AsyncIterator[Member]:
    member = Member(url, pace)
    await member.instances.join()
    try:
        yield member
    finally:
        await member.instances.leave()
        await member.database.close()


@pytest.fixture
async def member(postgresql_url: str) -> AsyncIterator[Open]:
    """Opens instances on one database."""
    async with AsyncExitStack() as stack:

        async def opened(pace: Pace) -> Member:
            return await stack.enter_async_context(_opened(postgresql_url, pace))

        yield opened


async def test_whoever_works_is_registered_and_whoever_stops_is_not(member: Open) -> None:
    one, other = await member(QUICK), await member(QUICK)
    found = await one.present()
    assert [each.id for each in found] == [one.database.instance, other.database.instance]
    assert all(each.host and each.process and each.version for each in found)
    await other.instances.leave()
    assert await one.states() == ["alive", "stopped"]


async def test_an_instance_that_is_silent_is_fenced_and_its_work_done_at_once(
    member: Open,
) -> None:
    frozen = await member(SILENT)
    hanging = await frozen.takes_and_never_ends("texts/1")
    other = await member(QUICK)
    await other.works_until_done("texts/1")
    assert other.performed == ["texts/1"]
    row = await other.row("texts/1")
    assert (row.state, row.owner, row.token) == ("done", other.database.instance, 2)
    assert await other.states() == ["fenced", "alive"]
    hanging.cancel()


async def test_an_instance_that_was_fenced_hears_of_it_with_its_next_beat(member: Open) -> None:
    frozen, _other = await member(SILENT), await member(QUICK)
    await asyncio.wait_for(frozen.instances.fenced.wait(), _SOON)
    assert not frozen.database.tenure.is_sure


async def test_an_instance_that_beats_is_left_alone(member: Open) -> None:
    patient = Pace(beat=0.05, sure_for=2.0, fenced_after=2.5)
    one, other = await member(patient), await member(patient)
    seen = (await one.present())[0].seen
    await _until(lambda: other.is_seen_after(seen + timedelta(seconds=3)))
    assert await one.states() == ["alive", "alive"]
    assert one.database.tenure.is_sure


async def test_a_stop_in_order_frees_what_was_under_way_at_once(member: Open) -> None:
    stopped, other = await member(QUICK), await member(QUICK)
    hanging = await stopped.takes_and_never_ends("texts/1")
    await stopped.instances.leave()
    await other.works_until_done("texts/1")
    assert other.performed == ["texts/1"]
    hanging.cancel()


async def test_a_lease_that_was_committed_after_the_fence_is_ended_too(member: Open) -> None:
    frozen, other = await member(SILENT), await member(QUICK)
    await asyncio.wait_for(frozen.instances.fenced.wait(), _SOON)
    await frozen.takes_late("texts/1")
    await other.works_until_done("texts/1")
    assert other.performed == ["texts/1"]


async def test_whoever_is_not_sure_of_its_lease_performs_nothing_and_puts_it_back(
    member: Open,
) -> None:
    cut_off = await member(UNSURE)
    await cut_off.enqueue("texts/1")
    duty = Duty("send", _never)
    await Workers(cut_off.database, [duty], cut_off.database.clock).run_due()
    row = await cut_off.row("texts/1")
    assert (row.state, row.attempts) == ("waiting", 1)
    assert "another may have taken over its work" in row.note


async def test_an_instance_that_the_database_lost_joins_no_more(member: Open) -> None:
    one = await member(Pace(beat=0.05))
    async with one.database.transaction() as tx:
        await tx.execute(instances.delete())
    await asyncio.wait_for(one.instances.fenced.wait(), _SOON)


async def test_a_beat_goes_on_when_its_connection_was_lost(member: Open) -> None:
    one = await member(Pace(beat=0.05, sure_for=60))
    before = (await one.present())[0].seen
    await _lose_other_connections(one)
    await _until(lambda: one.is_seen_after(before + timedelta(seconds=0.3)))
    assert not one.instances.fenced.is_set()


async def test_an_instance_beats_while_all_connections_of_its_pool_are_taken(member: Open) -> None:
    one = await member(Pace(beat=0.05, sure_for=60))
    other = await member(Pace(beat=60))
    before = (await other.present())[0].seen
    async with AsyncExitStack() as taken:
        for _ in range(16):
            await taken.enter_async_context(one.database.transaction())
        await _until(lambda: other.is_seen_after(before + timedelta(seconds=0.3)))


async def test_what_one_enqueues_wakes_the_other_long_before_its_sweep(member: Open) -> None:
    one, other = await member(Pace()), await member(Pace())
    await _hears(one, other)
    other.database.wake.clear()
    begun = steady()
    await one.enqueue("texts/1")
    await other.database.wake.wait()
    assert steady() - begun < 1.0


async def test_the_bell_is_heard_again_after_its_connection_was_lost(member: Open) -> None:
    one, other = await member(Pace()), await member(Pace())
    await _hears(one, other)
    await _lose_other_connections(one)
    await _hears(one, other)


async def test_on_a_moved_clock_and_on_sqlite_nobody_is_registered(any_database: Database) -> None:
    alone = Instances(any_database, QUICK)
    await alone.join()
    async with any_database.reading() as tx:
        assert await present(tx) == []
    assert any_database.tenure.is_sure
    assert any_database.on_wake == []
    await alone.leave()


@pytest.mark.live  # five seconds, which are the server's
async def test_the_rows_of_a_frozen_transaction_are_free_after_five_seconds(member: Open) -> None:
    frozen, other = await member(Pace()), await member(Pace())
    await frozen.enqueue("texts/1")
    begun = steady()
    with pytest.raises(Transient):
        await _frozen_in_its_transaction(frozen.database, other.database)
    assert steady() - begun < 9
    assert (await other.row("texts/1")).note == "theirs"


async def _frozen_in_its_transaction(frozen: Database, other: Database) -> None:
    async with frozen.transaction() as tx:
        await tx.execute(update(effects).values(note="mine"))
        async with other.transaction() as theirs:
            await theirs.execute(update(effects).values(note="theirs"))
        await tx.execute(update(effects).values(note="late"))


async def _never(_effect: Effect) -> Outcome:
    raise AssertionError("it was performed")


async def _hears(one: Member, other: Member) -> None:
    """Both lines of the bell are up: what one enqueues arrives at the other."""

    async def heard() -> bool:
        other.database.wake.clear()
        await one.enqueue(f"ring/{steady()}")
        waiting = asyncio.ensure_future(other.database.wake.wait())
        await asyncio.wait([waiting], timeout=0.2)
        waiting.cancel()
        return other.database.wake.is_set()

    await _until(heard)


async def _lose_other_connections(member: Member) -> None:
    async with member.database.transaction() as tx:
        await tx.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        )
