"""One play of a plot, with or without deaths, and what was seen of it."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from crash.moments import AtInstant, AtMarks, AtRequest, AtWrite, Mark, Moment, Strike
from crash.nursery import Change
from crash.plots import Plot
from crash.seen import Seen, see
from crash.world import Next, World, open_world

_WRITE = re.compile(r"(?:INSERT|UPDATE|DELETE) (?!.*(?: check/| leased waiting|/again/))")
_LEASE = re.compile(r"UPDATE effects \S+ leased$")


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
        slack=plot.slack,
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


def shares(undisturbed: Play, count: int) -> list[Counter[Mark]]:
    """Every write and every request, dealt out: neighbours go to different shares.

    Each is named by what is rarest in it, and is there with both of its sides.
    """
    whole = [*undisturbed.writes, *(frozenset({request}) for request in undisturbed.requests)]
    often = Counter(what for changed in whole for what in changed)
    dealt: list[Counter[Mark]] = [Counter() for _ in range(count)]
    for number, changed in enumerate(whole):
        rarest = min(changed, key=lambda what: (often[what], what))
        dealt[number % count].update(Mark(rarest, after) for after in (False, True))
    return dealt


class Chain:
    """Every life dies at the first of the marks that are left; the last one finishes.

    It does not die twice in a row at the same: what comes again and again is met all over a play.
    """

    def __init__(self, wanted: Counter[Mark]) -> None:
        self._left = Counter(wanted)
        self._never = set(wanted)

    @property
    def missed(self) -> list[Mark]:
        """The writes that never came. Requests leave together: a death at one lets others go.

        A check that fires by the clock may come after the end of a play that is over sooner, and
        what looks again later need not when the answer is there already. What is leased as it is
        enqueued is not leased by itself.
        """
        writes = (one for one in self._never if _WRITE.match(one.what))
        return sorted(one for one in writes if not _LEASE.match(one.what))

    def __call__(self, strike: Strike | None) -> Moment | None:
        just_now = strike.marks if strike is not None else frozenset()
        self._never -= just_now
        self._left = +(self._left - Counter(just_now))
        next_ones = self._left.keys() - just_now or self._left.keys()
        return AtMarks(frozenset(next_ones)) if next_ones else None


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
