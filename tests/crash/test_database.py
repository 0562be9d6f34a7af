"""A database that takes nothing: the bot says so, and goes on afterwards with nothing lost."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError

from rig.company import Company

MANY = 1_000_000


async def test_a_full_disk_is_said_and_work_goes_on_when_there_is_room_again(
    company: Company,
) -> None:
    await company.mail_stops()
    await company.settles()
    with full_disk(company):
        text = "x" * 7000
        answer = await company.http.post(
            "/console/say", data={**company.link("alice"), "text": f'note INC-1 "{text}"'}
        )
        assert answer.status_code == 503
        assert "The disk is full; free some space" in answer.json()["text"]
        await _probes_until_nothing_fits(company)
        ready = await company.http.get("/readyz")
        assert ready.status_code == 503
        assert "The disk is full" in ready.json()["parts"]["workers"]

    await company.mail_works_again(minutes=10)
    assert "monitoring" in await company.card("INC-1")
    assert "disk" not in (await company.http.get("/readyz")).text
    await company.alice.says('note INC-1 "there is room again"')


@pytest.mark.live  # it takes as long as the bot is patient
async def test_a_database_held_by_another_process_is_said_clearly(company: Company) -> None:
    with locked_by_another(company):
        answer = await company.http.post(
            "/console/say", data={**company.link("alice"), "text": "invoke"}
        )
        assert answer.status_code == 503
        assert "Another process holds the file" in answer.json()["text"]
    assert "EVT-1 is planned" in await company.alice.says("invoke")


def _fill_the_last_pages(company: Company) -> None:
    """Something else takes what room the pages that are there have yet."""
    with company.bot.database.engine.sync_engine.connect() as connection:
        for size in (2_000, 200, 20):
            with suppress(OperationalError):
                for _ in range(10_000):
                    connection.exec_driver_sql(f"INSERT INTO filler VALUES (zeroblob({size}))")


async def _probes_until_nothing_fits(company: Company) -> None:
    """Rows that only change have room yet, and now and then a new one."""
    for _ in range(100):
        before = company.clock.now()
        company.clock.advance(minutes=2)
        await company.bot.schedules.catch_up(before, only=lambda one: one.name == "check/primary")
        await company.bot.workers.run_due()
        if company.bot.workers.trouble:
            return
    raise AssertionError("the disk never was full")


@contextmanager
def full_disk(company: Company) -> Iterator[None]:
    """The database may not grow by a page, on whichever connection it is asked to."""
    engine = company.bot.database.engine.sync_engine
    with engine.connect() as connection:
        connection.exec_driver_sql("CREATE TABLE filler (content BLOB)")
    pages = [0]

    def limit(connection: Any, *_: Any) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA page_count")
        count = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages[0] or count}")
        cursor.close()

    event.listen(engine, "checkout", limit)
    _fill_the_last_pages(company)
    try:
        yield
    finally:
        pages[0] = MANY


@contextmanager
def locked_by_another(company: Company) -> Iterator[None]:
    """Somebody else has begun to write, and does not end."""
    other = sqlite3.connect(company.folder / "continuitybot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()
