"""Killed at any moment: after a restart the event goes on, and no switch is made twice."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from continuitybot.continuity.model import State
from continuitybot.settings.continuity import FailBack
from rig.clock import MovedClock
from rig.continuity import (
    DOMAIN,
    SETTINGS,
    Life,
    Mailhouse,
    MemoryProvider,
    frozen,
    mailhouse,
    thawed,
)
from rig.databases import opened
from rig.people import BOB

QUICK = SETTINGS.model_copy(update={"fail_back": FailBack(clean_round_trips=1)})
WHOLE_STORY = 21  # heartbeats of a life in which nothing goes wrong


@pytest.fixture(scope="module")
def approved(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A database file in which EVT-1 is approved and nothing has been done yet."""
    return frozen(sqlite_template, tmp_path_factory.mktemp("approved"), _approved)


async def _approved(house: Mailhouse) -> None:
    await house.invoked()
    await house.approvals.decide(subject="EVT-1", by=BOB, approve=True)


async def _live_on(house: Mailhouse, life: Life) -> None:
    """Work, and let time pass, until the event has ended or the process is dead."""
    await house.workers.release_own_leases()
    await house.works()
    while not life.over and (event := await house.event()).state is not State.ENDED:
        if event.fail_back == "asked":
            await house.approves()
        else:
            await house.passes(timedelta(seconds=30))


async def _story(approved: Path, folder: Path, life: Life) -> Mailhouse:
    """The event's whole life, with a restart when `life` ends before it."""
    clock, provider = MovedClock(), MemoryProvider()
    database = thawed(approved, folder, clock)
    house = await mailhouse(database, clock, settings=QUICK, life=life, provider=provider)
    with capture_logs():  # deaths are logged with their whole traceback
        await _live_on(house, life)
    if life.over:
        await database.close()
        database = opened(f"sqlite:///{folder}/bot.db", clock)
        house = await mailhouse(database, clock, settings=QUICK, provider=provider)
        await _live_on(house, Life())
    return house


async def test_an_uninterrupted_story_has_as_many_heartbeats_as_are_tried(
    approved: Path, tmp_path: Path
) -> None:
    life = Life()
    house = await _story(approved, tmp_path, life)
    await house.database.close()
    assert life.beats == WHOLE_STORY


@pytest.mark.parametrize("deadline", range(1, WHOLE_STORY + 1))
async def test_a_bot_killed_at_any_moment_goes_on_after_its_restart(
    approved: Path, tmp_path: Path, deadline: int
) -> None:
    house = await _story(approved, tmp_path, Life(deadline))
    event = await house.event()
    await house.database.close()
    assert event.state is State.ENDED
    assert house.provider.routes.switches == [f"apply {DOMAIN}", f"revert {DOMAIN}"]
    texts = [entry.text for entry in event.history]
    assert len(texts) == len(set(texts)), "something was said twice"
