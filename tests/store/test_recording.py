"""Outcomes are stored in groups, and what they lead to begins at once; each still stands alone."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from pathlib import Path

import pytest
import structlog
from sqlalchemy import event, select, text, update

from continuitybot.errors import Transient
from continuitybot.log import present_facts
from continuitybot.store import (
    Change,
    Database,
    Duty,
    Effect,
    Outcome,
    Succeeded,
    Transaction,
    Workers,
    effects,
)
from rig.clock import MovedClock
from rig.databases import opened


class Gate:
    """Effects that are performed all at the same moment, so that they end together."""

    def __init__(self, number: int) -> None:
        self._barrier = asyncio.Barrier(number)
        self.all_but_one = asyncio.Event()
        self.recorded: list[str] = []

    async def perform(self, effect: Effect) -> Outcome:
        if self._barrier.n_waiting == self._barrier.parties - 2:
            self.all_but_one.set()
        await self._barrier.wait()
        return Succeeded()

    async def record(self, tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        if effect.payload.get("broken"):
            raise RuntimeError("cannot be recorded")
        await tx.enqueue(Effect(f"{effect.key}/told", "tell"))
        await tx.announce(Change(effect.key, "thing.done"))
        self.recorded.append(effect.key)

    def duty(self) -> Duty:
        return Duty("thing", self.perform, self.record)


async def enqueue(database: Database, *names: str, kind: str = "thing", **payload: bool) -> None:
    async with database.transaction() as tx:
        for name in names:
            await tx.enqueue(Effect(name, kind, payload))


async def states(database: Database) -> dict[str, str]:
    async with database.reading() as tx:
        return {row.key: row.state for row in await tx.rows(select(effects))}


class Commits:
    """Counts the commits that change something."""

    def __init__(self, database: Database) -> None:
        self.number = 0
        event.listen(database.engine.sync_engine, "commit", self._count)

    def _count(self, _connection: object) -> None:
        self.number += 1


async def test_what_ends_together_is_stored_by_one_commit(any_database: Database) -> None:
    gate = Gate(8)
    await enqueue(any_database, *"abcdefgh")
    commits = Commits(any_database)
    await Workers(any_database, [gate.duty()], any_database.clock).run_due()
    assert sorted(gate.recorded) == sorted("abcdefgh")
    assert commits.number <= 2 + 4  # leased once, stored once or twice, and some looks


async def test_one_that_cannot_be_recorded_keeps_no_other_from_it(any_database: Database) -> None:
    gate = Gate(3)
    await enqueue(any_database, "a", "c")
    await enqueue(any_database, "b", broken=True)
    with structlog.testing.capture_logs():  # a fault of ours is logged with its traceback
        await Workers(any_database, [gate.duty()], any_database.clock).run_due()
    assert await states(any_database) == {
        "a": "done",
        "a/told": "waiting",
        "b": "leased",
        "c": "done",
        "c/told": "waiting",
    }


async def test_one_that_another_took_over_keeps_no_other_from_it(any_database: Database) -> None:
    gate = Gate(3)
    await enqueue(any_database, "a", "b")
    work = asyncio.create_task(Workers(any_database, [gate.duty()], any_database.clock).run_due())
    await gate.all_but_one.wait()
    async with any_database.transaction() as tx:
        taken_over = update(effects).where(effects.c.key == "a").values(token=2, owner="other")
        await tx.execute(taken_over)
    await gate.perform(Effect("the third", "thing"))
    await work
    assert await states(any_database) == {"a": "leased", "b": "done", "b/told": "waiting"}


async def test_what_a_step_leads_to_begins_without_having_waited(any_database: Database) -> None:
    """One commit for each link of a chain, besides the first lease."""
    seen: list[tuple[str, int]] = []

    async def perform(effect: Effect) -> Outcome:
        seen.append((effect.key, effect.token))
        return Succeeded()

    async def record(tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        number = int(effect.key)
        if number < 5:
            await tx.enqueue(Effect(str(number + 1), "link"))

    await enqueue(any_database, "1", kind="link")
    leases: list[str] = []
    event.listen(any_database.engine.sync_engine, "before_cursor_execute", _noting(leases))
    workers = Workers(any_database, [Duty("link", perform, record)], any_database.clock)
    assert await workers.run_due() == 5
    assert seen == [(str(number), 1) for number in range(1, 6)]
    assert set((await states(any_database)).values()) == {"done"}
    assert len(leases) == 1


def _noting(leases: list[str]) -> object:
    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE effects") and "leased_until" in statement:
            leases.append(statement)

    return note


async def test_a_stop_begins_nothing_that_what_ends_leads_to(database: Database) -> None:
    begun, may_end = asyncio.Event(), asyncio.Event()

    async def perform(_effect: Effect) -> Outcome:
        begun.set()
        await may_end.wait()
        return Succeeded()

    async def record(tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        await tx.enqueue(Effect(f"{effect.key}+", "link"))

    await enqueue(database, "a", kind="link")
    workers = Workers(database, [Duty("link", perform, record)], database.clock)
    work = asyncio.create_task(workers.run())
    await begun.wait()
    work.cancel()
    asyncio.get_running_loop().call_later(0.05, may_end.set)
    await workers.stop()
    assert await states(database) == {"a": "done", "a+": "waiting"}


async def test_a_listener_that_breaks_undoes_nothing(database: Database) -> None:
    def breaks(_changes: Sequence[Change]) -> None:
        raise RuntimeError("nobody hears this")

    gate = Gate(2)
    database.on_commit(breaks)
    await enqueue(database, "a", "b")
    with structlog.testing.capture_logs() as logged:
        await Workers(database, [gate.duty()], database.clock).run_due()
    assert (await states(database))["a"] == "done"
    assert {line["event"] for line in logged} == {"database.listener_broke"}


async def test_what_has_waited_longer_is_not_overtaken(database: Database) -> None:
    order: list[str] = []

    async def perform(effect: Effect) -> Outcome:
        order.append(effect.key)
        return Succeeded()

    async def record(tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        if effect.key == "first":
            await tx.enqueue(Effect("what the first led to", "link"))

    await enqueue(database, "first", "second", "third", kind="link")
    duty = Duty("link", perform, record)
    await Workers(database, [duty], database.clock, limit=1).run_due()
    assert order == ["first", "second", "third", "what the first led to"]


async def test_each_change_is_told_in_the_context_of_what_led_to_it(database: Database) -> None:
    told: list[tuple[str, str]] = []

    def listen(changes: Sequence[Change]) -> None:
        told.extend((change.ref, present_facts().get("effect")) for change in changes)

    async def perform(_effect: Effect) -> Outcome:
        await gate.wait()
        return Succeeded()

    async def record(tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        await tx.announce(Change(effect.key, "thing.done"))

    gate = asyncio.Barrier(3)
    database.on_commit(listen)
    await enqueue(database, "a", "b", "c")
    await Workers(database, [Duty("thing", perform, record)], database.clock).run_due()
    assert sorted(told) == [("a", "a"), ("b", "b"), ("c", "c")]


async def test_a_file_that_another_process_is_changing_is_waited_for(
    database: Database, tmp_path: Path
) -> None:
    other = sqlite3.connect(tmp_path / "bot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    turns = []

    async def lets_go_later() -> None:
        for turn in range(3):
            await asyncio.sleep(0)
            turns.append(turn)
        other.execute("COMMIT")

    await asyncio.gather(enqueue(database, "a"), lets_go_later())
    other.close()
    assert len(turns) == 3  # the loop went on meanwhile
    assert await states(database) == {"a": "waiting"}


async def test_a_commit_goes_on_when_whoever_waits_for_it_is_cancelled(database: Database) -> None:
    async def changed() -> None:
        async with database.transaction() as tx:
            await tx.enqueue(Effect("a", "thing"))
            asyncio.get_running_loop().call_soon(task.cancel)

    task = asyncio.create_task(changed())
    with pytest.raises(asyncio.CancelledError):
        await task
    await enqueue(database, "b")  # the connection is free again
    assert (await states(database)).get("b") == "waiting"


async def test_a_server_that_has_closed_its_connections_is_connected_to_anew(
    postgresql_url: str, clock: MovedClock
) -> None:
    database, other = opened(postgresql_url, clock), opened(postgresql_url, clock)
    await enqueue(database, "a")
    async with other.transaction() as tx:
        await tx.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        )
    try:
        await enqueue(database, "b")
    except Transient:
        await enqueue(database, "b")  # one caller learns of it, and the pool is made anew
    assert set(await states(database)) == {"a", "b"}
    await database.close()
    await other.close()
