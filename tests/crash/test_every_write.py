"""Killed at any write, and started again, the bot does what it would have done: all of it, once.

Every shipped runbook is played from its start to its end, and a broadcast with and without
receipts. A play of which nobody kills the bot says what there is to die at: every write, and
every request to the outside. Then it is killed at each of them, on either side; and at seeded
moments besides. What the outside has seen in the end is the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crash.conftest import FreshDatabase
from crash.plots import (
    BROADCAST,
    CHECKLIST,
    EVERY_ACTION,
    FAIL_BACK,
    LIVE,
    PILOT,
    PLOTS,
    SILENT,
    TABLETOP,
    Plot,
)
from crash.trial import Chain, Play, Seeded, played, shares
from crash.world import Next

# In so many plays the bot dies at everything there is in a plot; the more there are, the longer
# it lives in between.
SHARES = {
    CHECKLIST: 3,
    TABLETOP: 3,
    PILOT: 8,
    LIVE: 10,
    FAIL_BACK: 6,
    BROADCAST: 6,
    SILENT: 6,
    EVERY_ACTION: 6,
}
# Two deaths that fall together leave one out: what never came is tried in another play.
_PLAYS = 3
ALONE, MANY = 1, 25  # deaths in one play
SEEDS = {ALONE: range(1, 25), MANY: range(101, 141)}  # 1,024 deaths on each kind of database

Notes = Callable[[str, object], None]


@dataclass(frozen=True)
class Share:
    """One of so many shares of everything there is in a plot."""

    plot: Plot
    number: int

    def __str__(self) -> str:
        return f"{self.plot}_{self.number}_of_{SHARES[self.plot]}"


@dataclass(frozen=True)
class Draw:
    """So many moments in one play of a plot."""

    plot: Plot
    count: int
    seed: int

    def __str__(self) -> str:
        return f"{self.plot}_seed_{self.seed}"


_SHARES = [Share(plot, number) for plot in PLOTS for number in range(1, SHARES[plot] + 1)]
_DRAWS = [
    Draw(PLOTS[seed % len(PLOTS)], count, seed) for count, seeds in SEEDS.items() for seed in seeds
]
_SAMPLE = (Share(CHECKLIST, 1), _DRAWS[0])
# One share of every plot, and every plot with deaths at random.
_LIVE = (
    *(Share(plot, 1) for plot in PLOTS),
    *(Draw(PLOTS[seed % len(PLOTS)], MANY, seed) for seed in range(101, 101 + len(PLOTS))),
    *(Draw(PLOTS[seed % len(PLOTS)], ALONE, seed) for seed in range(1, 5)),
)


def _trials() -> list[Any]:
    return [pytest.param(one, marks=_marks(one), id=str(one)) for one in (*_SHARES, *_DRAWS)]


def _marks(trial: Share | Draw) -> tuple[pytest.MarkDecorator, ...]:
    """`make test` plays the sample, `make test-live` more, `make test-sweep` all the others."""
    if trial in _SAMPLE:
        return ()
    return (pytest.mark.live,) if trial in _LIVE else (pytest.mark.sweep,)


class Undisturbed:
    """Each plot on each kind of database, played once without a death."""

    def __init__(self) -> None:
        self._plays: dict[tuple[Plot, str], Play] = {}

    async def play(self, plot: Plot, folder: Path, fresh_database: FreshDatabase) -> Play:
        """Played now, if it has not been on a database of this kind."""
        key = (plot, fresh_database.kind)
        if key not in self._plays:
            self._plays[key] = await played(plot, folder, await fresh_database.at(folder))
        return self._plays[key]


@pytest.fixture(scope="module")
def undisturbed() -> Undisturbed:
    """Remembers, for this process, what is seen when nobody kills the bot."""
    return Undisturbed()


@pytest.mark.parametrize("trial", _trials())
async def test_nobody_outside_notices_that_the_bot_was_killed(
    tmp_path: Path,
    fresh_database: FreshDatabase,
    trial: Share | Draw,
    undisturbed: Undisturbed,
    record_property: Notes,
    request: pytest.FixtureRequest,
) -> None:
    whole = await undisturbed.play(trial.plot, tmp_path / "undisturbed", fresh_database)
    deaths = _deaths(trial, whole)
    places: list[str] = []
    found: list[str] = []
    for folder in (tmp_path / f"killed{number}" for number in range(_PLAYS)):
        url = await fresh_database.at(folder)
        play = await played(trial.plot, folder, url, deaths, quick_takeover=_is_dense(trial))
        places += _places(play)
        found = play.seen.differences(whole.seen)
        missed = deaths.missed if isinstance(deaths, Chain) else []
        if found or not missed:
            break
        found = [f"never came: {', '.join(map(str, missed))}"]
        deaths = Chain(Counter(missed))
    record_property("deaths", (fresh_database.kind, str(trial.plot), places))
    assert not found, _told(found, request.node.name)


def _deaths(trial: Share | Draw, whole: Play) -> Next:
    if isinstance(trial, Share):
        return Chain(shares(whole, SHARES[trial.plot])[trial.number - 1])
    return Seeded(whole, trial.seed, trial.count)


def _is_dense(trial: Share | Draw) -> bool:
    """Dozens of leases that run out one after another would be hours, and the event be over."""
    return isinstance(trial, Share) or trial.count > ALONE


def _places(play: Play) -> list[str]:
    return [
        "" if strike is None else ", ".join(sorted(map(str, strike.marks)))
        for strike in play.strikes
    ]


def _told(found: list[str], name: str) -> str:
    again = f"pytest -q 'tests/crash/test_every_write.py::{name}'"
    return "\n".join(["the outside noticed:", *found, f"to see it again: {again}"])
