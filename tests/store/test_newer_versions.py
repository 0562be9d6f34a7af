"""What a newer version has written is read as far as possible, and else left alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import pytest
from sqlalchemy import select

from continuitybot.errors import Unreadable
from continuitybot.store import (
    Database,
    Duty,
    Effect,
    Outcome,
    Succeeded,
    Workers,
    effects,
    from_document,
)
from rig.clock import MovedClock


class Shape(StrEnum):
    """The states that this version knows."""

    ROUND = "round"


@dataclass(frozen=True)
class Corner:
    """A part of a document."""

    angle: int = 90


@dataclass(frozen=True)
class Thing:
    """A document of this version."""

    shape: Shape
    corner: Corner = Corner()


ROUNDER = {"shape": "round", "since": "2030", "corner": {"angle": 45, "soft": True}}
UNHEARD_OF = {"shape": "hyperbolic"}


async def _look(effect: Effect) -> Outcome:
    return Succeeded({"angle": from_document(Thing, effect.payload).corner.angle})


async def _enqueue(database: Database, kind: str, payload: dict[str, object]) -> None:
    async with database.transaction() as tx:
        await tx.enqueue(Effect("look/1", kind, payload))


async def _state(database: Database) -> str:
    async with database.reading() as tx:
        found = await tx.execute(select(effects.c.state))
        return str(found.scalar_one())


def test_fields_of_a_newer_version_are_passed_over() -> None:
    assert from_document(Thing, ROUNDER) == Thing(Shape.ROUND, Corner(45))


def test_a_value_that_only_a_newer_version_knows_is_named() -> None:
    with pytest.raises(
        Unreadable, match=r"stored Thing cannot be read .* shape: .*'round'"
    ) as told:
        from_document(Thing, UNHEARD_OF)
    assert "update this instance" in str(told.value)


async def test_an_effect_of_a_kind_that_only_a_newer_version_knows_waits_for_it(
    any_database: Database, clock: MovedClock
) -> None:
    await _enqueue(any_database, "look.closely", {})
    assert await Workers(any_database, [Duty("look", _look)], clock).run_due() == 0
    assert await _state(any_database) == "waiting"


async def test_an_effect_that_an_older_version_cannot_read_is_left_to_a_newer_one(
    any_database: Database, clock: MovedClock
) -> None:
    async def understood(_effect: Effect) -> Outcome:
        return Succeeded()

    await _enqueue(any_database, "look", UNHEARD_OF)
    older = Workers(any_database, [Duty("look", _look)], clock)
    for _ in range(10):
        assert await older.run_due() == 1
        assert await _state(any_database) == "waiting"
        clock.advance(seconds=timedelta(minutes=1).total_seconds())
    newer = Workers(any_database, [Duty("look", understood)], clock)
    assert await newer.run_due() == 1
    assert await _state(any_database) == "done"
