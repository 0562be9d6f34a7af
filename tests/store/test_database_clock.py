"""The database's clock decides: not the machine's, and not whoever answers late."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from sqlalchemy import Row, make_url, select

from continuitybot.clock import SystemClock, steady
from continuitybot.store import (
    Database,
    Duty,
    Effect,
    Outcome,
    Schedule,
    Schedules,
    Succeeded,
    Workers,
    effects,
    every,
)
from continuitybot.store.database_clock import DatabaseClock, agree, clock_for
from continuitybot.store.instances import Instances
from rig.clock import MovedClock

AHEAD = timedelta(minutes=1)
_A_MOMENT = timedelta(seconds=10)  # that anything may take on a busy machine
_PERIOD = timedelta(seconds=0.5)


def test_it_goes_on_from_what_the_database_said_last() -> None:
    clock = DatabaseClock()
    assert abs(clock.now() - SystemClock().now()) < _A_MOMENT
    said = datetime(2030, 1, 1, tzinfo=UTC)
    clock.hear(said, steady())
    assert said <= clock.now() < said + _A_MOMENT


def test_an_answer_that_took_long_says_nothing_of_now() -> None:
    clock = DatabaseClock()
    said = datetime(2030, 1, 1, tzinfo=UTC)
    clock.hear(said, steady())
    clock.hear(said + timedelta(days=1), steady() - 2)
    assert clock.now() < said + _A_MOMENT


def test_half_of_the_round_trip_has_passed_since_the_answer() -> None:
    clock = DatabaseClock()
    said = datetime(2030, 1, 1, tzinfo=UTC)
    clock.hear(said, steady() - 0.8)
    assert clock.now() >= said + timedelta(seconds=0.4)


def test_only_postgresql_has_a_clock_of_its_own() -> None:
    assert isinstance(clock_for("postgresql://db/bot"), DatabaseClock)
    assert isinstance(clock_for("sqlite:///bot.db"), SystemClock)


@pytest.fixture
async def ahead_url(postgresql_url: str) -> str:
    """A database whose server's clock is a minute ahead of this machine's."""
    connection = await asyncpg.connect(postgresql_url)
    await connection.execute(
        f"""
        CREATE SCHEMA elsewhere;
        CREATE FUNCTION elsewhere.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE
            AS $$ SELECT pg_catalog.clock_timestamp() + interval '{AHEAD.seconds} seconds' $$;
        ALTER DATABASE {make_url(postgresql_url).database}
            SET search_path = elsewhere, public, pg_catalog;
        """
    )
    await connection.close()
    return postgresql_url


async def test_a_command_agrees_on_the_time_before_it_writes(ahead_url: str) -> None:
    database = Database.at(ahead_url, clock_for(ahead_url))
    await agree(database)
    assert abs(database.clock.now() - SystemClock().now() - AHEAD) < _A_MOMENT
    async with database.transaction() as tx:
        assert abs(tx.now - SystemClock().now() - AHEAD) < _A_MOMENT
    await database.close()


async def test_instances_whose_machines_are_a_minute_behind_fire_once_and_in_time(
    ahead_url: str,
) -> None:
    here, there = (_Ticking(ahead_url) for _ in range(2))
    try:
        await here.start()
        await there.start()
        async with asyncio.timeout(30):
            while len(rows := await here.firings()) < 6:  # noqa: ASYNC110 - seconds have to pass
                await asyncio.sleep(0.1)
    finally:
        await here.stop()
        await there.stop()
    performed = here.performed + there.performed
    assert len(set(performed)) == len(performed)
    for row in rows:
        due = datetime.fromisoformat(row.payload["due"])
        assert not row.payload["late"]
        assert timedelta() <= row.ended - due < _A_MOMENT
    assert rows[0].ended - SystemClock().now() > AHEAD - _A_MOMENT - _PERIOD * 6


async def test_what_is_fired_early_is_not_performed_before_its_time(
    any_database: Database, clock: MovedClock
) -> None:
    schedules = Schedules(any_database)
    schedules.add(Schedule("drill/monthly", every(timedelta(hours=1)), "drill"))
    await schedules.fire("drill/monthly", clock.now() + AHEAD)
    workers = Workers(any_database, [Duty("drill", _held)], clock)
    assert await workers.run_due() == 0
    clock.advance(minutes=1)
    assert await workers.run_due() == 1


async def test_three_that_tick_fire_each_due_time_once(
    postgresql_url: str, clock: MovedClock
) -> None:
    databases = [Database.at(postgresql_url, clock) for _ in range(3)]
    ticking = []
    for database in databases:
        schedules = Schedules(database)
        schedules.add(Schedule("drill/monthly", every(timedelta(hours=1)), "drill"))
        ticking.append(asyncio.create_task(schedules.run(clock.now() - timedelta(seconds=1))))
    async with asyncio.timeout(20):
        for _ in range(5):
            await asyncio.sleep(0.1)  # three schedulers on a real database, which tell nobody
            clock.advance(minutes=20)
        while len(rows := await _firings(databases[0])) < 2:
            clock.advance(seconds=5)
            await asyncio.sleep(0.05)
    assert [row.key for row in rows] == [
        "drill/monthly/2026-03-10T09:00:00.000+00:00",
        "drill/monthly/2026-03-10T10:00:00.000+00:00",
    ]
    for task in ticking:
        task.cancel()
    for database in databases:
        await database.close()


class _Ticking:
    """An instance that only ticks, and performs what is due."""

    def __init__(self, url: str) -> None:
        self.performed: list[str] = []
        self._database = Database.at(url, clock_for(url))
        self._instances = Instances(self._database)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        await self._instances.join()
        clock = self._database.clock
        schedules = Schedules(self._database)
        schedules.add(Schedule("check/primary", every(_PERIOD), "check", grace=_A_MOMENT))
        workers = Workers(self._database, [Duty("check", self._perform)], clock)
        self._tasks = [
            asyncio.create_task(schedules.run(clock.now())),
            asyncio.create_task(workers.run()),
        ]

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await self._instances.leave()
        await self._database.close()

    async def firings(self) -> list[Row[tuple[object, ...]]]:
        return [row for row in await _firings(self._database) if row.state == "done"]

    async def _perform(self, effect: Effect) -> Outcome:
        self.performed.append(effect.key)
        return Succeeded()


async def _held(_effect: Effect) -> Outcome:
    return Succeeded()


async def _firings(database: Database) -> list[Row[tuple[object, ...]]]:
    async with database.reading() as tx:
        return list(await tx.rows(select(effects).order_by(effects.c.key)))
