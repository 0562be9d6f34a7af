"""One stretch of an incident, with or without deaths, and what was seen of it."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from crash.death import Moment
from crash.plots import Plot
from crash.seen import Seen, see
from crash.world import open_world

_RECOVERY = 60  # writes from a start on, in which a second death may come


@dataclass(frozen=True)
class Trial:
    """What was seen, how many writes there were since the last start, and how often it died."""

    seen: Seen
    writes: int
    deaths: int


async def tried(
    plot: Plot, folder: Path, url: str, moment: Moment | None = None, again: Moment | None = None
) -> Trial:
    """Play a plot to its end; die at `moment`, and `again` in the life after it."""
    async with open_world(folder, url, receipts=plot.receipts) as world:
        await plot.before(world)
        await world.dies(moment, again)
        await plot.during(world)
        seen = await see(world)
        return Trial(seen, await world.dies(None), world.deaths)


class Undisturbed:
    """What is seen of each plot when nobody kills the bot; the same on every database."""

    def __init__(self, folders: pytest.TempPathFactory, template: Path) -> None:
        self._folders = folders
        self._template = template
        self._seen: dict[Plot, Seen] = {}

    async def seen(self, plot: Plot) -> Seen:
        if plot not in self._seen:
            folder = self._folders.mktemp("undisturbed")
            file = shutil.copy(self._template, folder / "bot.db")
            self._seen[plot] = (await tried(plot, folder, f"sqlite:///{file}")).seen
        return self._seen[plot]


@dataclass(frozen=True)
class Killing:
    """When the bot is killed in a plot, and, if at all, in its recovery."""

    plot: Plot
    moment: Moment
    again: Moment | None = None

    def __str__(self) -> str:
        twice = f", and {self.again} of the recovery" if self.again else ""
        return f"{self.plot}, {self.moment}{twice}"


def at_random(plot: Plot, seed: int) -> Killing:
    """A killing anywhere in a plot; every third is followed by another."""
    chance = random.Random(f"{plot} {seed}")
    moment = Moment(chance.randint(1, plot.writes), chance.random() < 0.5)
    if chance.random() < 2 / 3:
        return Killing(plot, moment)
    return Killing(plot, moment, Moment(chance.randint(1, _RECOVERY), chance.random() < 0.5))


def at_every_write(plot: Plot) -> list[Killing]:
    """A killing just before and one just after each write of a plot."""
    return [
        Killing(plot, Moment(number, after))
        for number in range(1, plot.writes + 1)
        for after in (False, True)
    ]
