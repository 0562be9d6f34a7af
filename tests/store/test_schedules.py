"""Scheduled things come when they should, and once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select

from continuitybot.clock import SystemClock
from continuitybot.store import (
    Database,
    Schedule,
    Schedules,
    cron,
    effects,
    every,
    next_after,
)
from rig.clock import MovedClock

MARCH = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)  # a Sunday


async def firings(database: Database) -> list[Row[Any]]:
    async with database.reading() as tx:
        return list(await tx.rows(select(effects).order_by(effects.c.key)))


def schedules_of(database: Database, *schedules: Schedule) -> Schedules:
    found = Schedules(database)
    for schedule in schedules:
        found.add(schedule)
    return found


HOURLY = Schedule("drill/monthly", every(timedelta(hours=1)), "drill", {"mode": "tabletop"})


async def test_two_instances_fire_a_due_time_once(
    any_url: str, any_database: Database, clock: MovedClock
) -> None:
    elsewhere = Database.at(any_url, clock)
    both = [schedules_of(one, HOURLY) for one in (any_database, elsewhere)]
    await asyncio.gather(*(one.fire("drill/monthly", clock.now()) for one in both * 3))
    (row,) = await firings(any_database)
    assert row.key == "drill/monthly/2026-03-10T09:00:00.000+00:00"
    assert (row.kind, row.ref) == ("drill", "drill/monthly")
    assert row.payload == {
        "mode": "tabletop",
        "schedule": "drill/monthly",
        "due": "2026-03-10T09:00:00.000+00:00",
        "late": False,
    }
    await elsewhere.close()


async def test_a_firing_after_its_grace_is_marked_late(
    database: Database, clock: MovedClock
) -> None:
    schedules = schedules_of(database, HOURLY)
    for minutes in (5, 6):
        await schedules.fire("drill/monthly", clock.now() - timedelta(minutes=minutes))
    assert [row.payload["late"] for row in await firings(database)] == [True, False]


async def test_what_was_missed_is_caught_up_once(database: Database, clock: MovedClock) -> None:
    daily = Schedule("report/daily", every(timedelta(days=1)), "report")
    schedules = schedules_of(database, HOURLY, daily)
    since = clock.now() - timedelta(hours=3)
    for _ in range(2):
        await schedules.catch_up(since, only=lambda schedule: schedule.kind == "drill")
    assert [row.key for row in await firings(database)] == [
        "drill/monthly/2026-03-10T07:00:00.000+00:00",
        "drill/monthly/2026-03-10T08:00:00.000+00:00",
        "drill/monthly/2026-03-10T09:00:00.000+00:00",
    ]


async def test_the_next_firing_is_told_by_the_database_clock(
    database: Database, clock: MovedClock
) -> None:
    schedules = schedules_of(database, HOURLY)
    assert schedules.next_firing("drill/monthly") == clock.now() + timedelta(hours=1)


async def test_a_schedule_that_was_removed_fires_no_more(
    database: Database, clock: MovedClock
) -> None:
    schedules = schedules_of(database, HOURLY)
    schedules.remove("drill/monthly")
    schedules.remove("drill/monthly")
    with pytest.raises(KeyError):
        await schedules.fire("drill/monthly", clock.now())


async def test_a_running_scheduler_fires_with_the_due_time(any_url: str) -> None:
    database = Database.at(any_url, SystemClock())
    schedules = schedules_of(database, Schedule("tick", every(timedelta(seconds=0.1)), "tick"))
    ticking = asyncio.create_task(schedules.run(database.clock.now()))
    await asyncio.wait_for(database.wake.wait(), timeout=5)
    ticking.cancel()
    row = (await firings(database))[0]
    due = datetime.fromisoformat(row.payload["due"])
    assert due.microsecond % 100_000 == 0
    assert not row.payload["late"]
    await database.close()


def test_every_means_the_same_moments_everywhere() -> None:
    assert next_after(every(timedelta(minutes=5)), MARCH) == MARCH + timedelta(minutes=5)
    odd = MARCH + timedelta(minutes=3, seconds=7)
    assert next_after(every(timedelta(minutes=5)), odd) == MARCH + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("expression", "days"),
    [
        ("0 10 8-14 * 2", ["Tue 10 Mar", "Tue 14 Apr"]),
        ("0 10 * * 0", ["Sun 08 Mar", "Sun 15 Mar"]),
        ("0 10 * * 7", ["Sun 08 Mar", "Sun 15 Mar"]),
        ("0 10 * * 1-5", ["Mon 02 Mar", "Tue 03 Mar"]),
        ("0 10 * * 5-7", ["Fri 06 Mar", "Sat 07 Mar"]),
        ("0 10 * * 2,4", ["Tue 03 Mar", "Thu 05 Mar"]),
        ("0 10 * * */3", ["Wed 04 Mar", "Sat 07 Mar"]),
        ("0 10 * * 1-5/4", ["Mon 02 Mar", "Fri 06 Mar"]),
        ("0 10 * * mon", ["Mon 02 Mar", "Mon 09 Mar"]),
        ("0 10 1 * *", ["Wed 01 Apr", "Fri 01 May"]),
    ],
)
def test_weekdays_are_those_of_cron(expression: str, days: list[str]) -> None:
    found = []
    moment: datetime | None = MARCH
    for _ in days:
        assert moment is not None
        moment = next_after(cron(expression), moment)
        assert moment is not None
        found.append(f"{moment:%a %d %b}")
    assert found == days


def test_cron_follows_its_time_zone_through_summer_time() -> None:
    trigger = cron("0 10 * * *", "Europe/Vienna")
    assert next_after(trigger, datetime(2026, 3, 28, tzinfo=UTC)) == MARCH.replace(day=28, hour=9)
    assert next_after(trigger, datetime(2026, 3, 29, tzinfo=UTC)) == MARCH.replace(day=29, hour=8)


@pytest.mark.parametrize(
    "expression", ["", "daily", "60 * * * *", "0 10 * * 8", "0 10 * * 5-2", "0 10 * * */0"]
)
def test_a_wrong_cron_expression_is_refused(expression: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        cron(expression)
