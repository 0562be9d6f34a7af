"""One play of a plot, with or without deaths, and what was seen of it."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crash.moments import AtInstant, AtMarks, AtRequest, AtWrite, Mark, Moment, Strike
from crash.nursery import Change
from crash.plots import Plot
from crash.seen import Seen, see
from crash.world import Next, World, open_world

_WRITE = re.compile(r"(?:INSERT|UPDATE|DELETE) (?!.* check/)")


@dataclass(frozen=True)
class Play:
    """What was seen, what there was to die at, and where it was died at."""

    seen: Seen
    writes: tuple[frozenset[str], ...]
    requests: tuple[str, ...]
    milliseconds: int
    strikes: tuple[Strike | None, ...]


async def played(
    plot: Plot,
    folder: Path,
    url: str,
    deaths: Next | None = None,
    *,
    change: Change | None = None,
    quick_takeover: bool = False,
) -> Play:
    """Play a plot to its end; `deaths` says when the bot dies."""
    async with open_world(
        folder,
        url,
        receipts=plot.receipts,
        pilot=plot.pilot,
        checks_every=plot.checks_every,
        change=change,
        quick_takeover=quick_takeover,
    ) as world:
        await plot.before(world)
        await world.dies(deaths or _never)
        await plot.during(world)
        seen = await see(world)
        return await _play(world, seen)


async def _play(world: World, seen: Seen) -> Play:
    tally = await world.dies_no_more()
    requests = tuple(world.frontier.requests)
    return Play(seen, tally.writes, requests, tally.milliseconds, tuple(world.strikes))


def _never(_strike: Strike | None) -> None:
    """No death."""


# ----------------------------------------------------------- every write, every request


def shares(undisturbed: Play, count: int) -> list[frozenset[Mark]]:
    """Everything there is to die at, dealt out: neighbours go to different shares.

    A write is died at where it first changes something; so it is in one share, with both sides.
    """
    dealt: list[set[Mark]] = [set() for _ in range(count)]
    for number, new in enumerate(_news(undisturbed)):
        dealt[number % count] |= {Mark(what, after) for what in new for after in (False, True)}
    return [frozenset(share) for share in dealt]


def _news(play: Play) -> Iterator[set[str]]:
    """What each write and each request has that none had before it."""
    known: set[str] = set()
    for changed in (*play.writes, *({request} for request in play.requests)):
        if new := set(changed) - known:
            known |= new
            yield new


@dataclass
class Chain:
    """Every life dies at the first of the marks that are left; the last one finishes."""

    left: set[Mark]

    @property
    def missed(self) -> list[Mark]:
        """The writes that never came. Requests leave together: a death at one lets others go.

        A check that fires by the clock may come after the end of a play that is over sooner.
        """
        return sorted(one for one in self.left if _WRITE.match(one.what))

    def __call__(self, strike: Strike | None) -> Moment | None:
        if strike is not None:
            self.left -= strike.marks
        return AtMarks(frozenset(self.left)) if self.left else None


# ------------------------------------------------------------------- seeded moments


class Seeded:
    """So many moments, one in each life, anywhere in a play: of three kinds, drawn by a seed."""

    def __init__(self, undisturbed: Play, seed: int, count: int) -> None:
        chance = random.Random(seed)
        self.moments = [_drawn(undisturbed, chance, count) for _ in range(count)]
        self._left = list(self.moments)

    def __call__(self, _strike: Strike | None) -> Moment | None:
        return self._left.pop(0) if self._left else None


def _drawn(play: Play, chance: random.Random, count: int) -> Moment:
    """Counted from the death before: so that all of them come, twice the mean is the most."""
    most = 2 / (count + 1)
    after = chance.random() < 0.5
    kind = chance.choice(("write", "request", "instant"))
    if kind == "request" and play.requests:
        return AtRequest(_up_to(chance, len(play.requests) * most), after)
    if kind == "instant":
        return AtInstant(_up_to(chance, play.milliseconds * most))
    return AtWrite(_up_to(chance, len(play.writes) * most), after)


def _up_to(chance: random.Random, most: float) -> int:
    return chance.randint(1, max(1, round(most)))
