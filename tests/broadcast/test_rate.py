from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from continuitybot.broadcast.rate import Bucket, drawn, take_slots
from continuitybot.store import Database
from rig.clock import MovedClock

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("level", "sizes", "rate", "granted", "wait"),
    [
        (10, [1] * 5, 10, 5, 0.0),
        (10, [1] * 25, 10, 10, 1.0),
        (10, [3] * 5, 10, 3, 0.5),
        (0, [1], 2, 0, 0.5),
        (1, [4], 1, 1, 0.0),
        (0.5, [4], 1, 0, 0.5),
        (-5, [1], 1, 0, 6.0),
    ],
)
def test_texts_go_at_the_carriers_rate(
    level: float, sizes: list[int], rate: float, granted: int, wait: float
) -> None:
    _bucket, slots = drawn(Bucket(level, NOW), sizes, rate, NOW)

    assert (slots.granted, slots.wait) == (granted, pytest.approx(wait))


def test_a_bucket_refills_with_time_up_to_one_second() -> None:
    bucket, _ = drawn(Bucket(0, NOW), [], 10, NOW + timedelta(hours=1))

    assert bucket.level == 10


def test_a_clock_that_runs_behind_adds_nothing() -> None:
    bucket, slots = drawn(Bucket(0, NOW), [1], 10, NOW - timedelta(seconds=30))

    assert (bucket.at, slots.granted) == (NOW, 0)


def test_an_urgent_text_goes_at_once_and_the_others_pay_for_it() -> None:
    bucket, urgent = drawn(Bucket(0, NOW), [2], 1, NOW, urgent=True)
    _, other = drawn(bucket, [1], 1, NOW)

    assert urgent.granted == 1
    assert (other.granted, other.wait) == (0, 3.0)


async def test_instances_share_one_bucket(any_database: Database, clock: MovedClock) -> None:
    async def take() -> int:
        async with any_database.transaction() as tx:
            slots = await take_slots(tx, "twilio", [1] * 4, 6, urgent=False)
            return slots.granted

    assert [await take(), await take(), await take()] == [4, 2, 0]
    clock.advance(seconds=0.5)
    assert await take() == 3
