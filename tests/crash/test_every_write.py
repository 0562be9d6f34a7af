"""Killed at any write, and started again, the bot does what it would have done: all of it, once.

Every write of three stretches of an incident is tried, just before and just after its commit, and
seeded moments besides, a third of them with another death in the recovery. What the outside has
seen in the end is compared with a run that nobody killed.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from crash.plots import PLOTS, SWITCH, Plot
from crash.trial import Killing, Undisturbed, at_every_write, at_random, tried

_BY_DEFAULT = [at_random(plot, 1) for plot in PLOTS]
_LIVE = [at_random(plot, seed) for plot in PLOTS for seed in range(3, 6)]
_SWEEP = [
    *(killing for plot in PLOTS for killing in at_every_write(plot)),
    *(at_random(plot, seed) for plot in PLOTS for seed in range(6, 64)),
]
_SWEEP_ON_POSTGRESQL = [at_random(plot, seed) for plot in PLOTS for seed in range(100, 160)]
Notes = Callable[[str, object], None]


def _marked(mark: pytest.MarkDecorator, killings: list[Killing]) -> list[Any]:
    return [pytest.param(one, marks=mark, id=str(one)) for one in killings]


_ON_SQLITE = [
    *_BY_DEFAULT,
    *_marked(pytest.mark.live, _LIVE),
    *_marked(pytest.mark.sweep, _SWEEP),
]
_ON_POSTGRESQL = [
    at_random(SWITCH, 1),
    *_marked(pytest.mark.sweep, _SWEEP_ON_POSTGRESQL),
]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Undisturbed:
    """Plays each plot once without a death, and remembers what was seen."""
    return Undisturbed(tmp_path_factory, sqlite_template)


@pytest.mark.parametrize("killing", _ON_SQLITE, ids=str)
async def test_nobody_outside_notices_that_the_bot_was_killed(
    tmp_path: Path,
    sqlite_url: str,
    killing: Killing,
    undisturbed: Undisturbed,
    record_property: Notes,
) -> None:
    trial = await tried(killing.plot, tmp_path, sqlite_url, killing.moment, killing.again)
    record_property("deaths", trial.deaths)
    assert not trial.seen.differences(await undisturbed.seen(killing.plot))


@pytest.mark.parametrize("killing", _ON_POSTGRESQL, ids=str)
async def test_nor_does_anybody_on_postgresql(
    tmp_path: Path,
    postgresql_url: str,
    killing: Killing,
    undisturbed: Undisturbed,
    record_property: Notes,
) -> None:
    trial = await tried(killing.plot, tmp_path, postgresql_url, killing.moment, killing.again)
    record_property("deaths", trial.deaths)
    assert not trial.seen.differences(await undisturbed.seen(killing.plot))


@pytest.mark.sweep
@pytest.mark.parametrize("plot", PLOTS, ids=str)
async def test_the_killings_reach_the_last_write(
    tmp_path: Path, sqlite_url: str, plot: Plot
) -> None:
    trial = await tried(plot, tmp_path, sqlite_url)
    assert trial.writes <= plot.writes
