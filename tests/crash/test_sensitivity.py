"""The proof can fail: a bot that is broken on purpose is found out by it."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from crash.broken import (
    loses_milestones,
    repeats_calls,
    repeats_posts,
    repeats_switches,
    repeats_texts,
)
from crash.conftest import FreshDatabase
from crash.moments import Mark
from crash.nursery import Change
from crash.plots import CHECKLIST, EVERY_ACTION, SILENT, SWITCH, Plot
from crash.trial import Chain, Play, played


@dataclass(frozen=True)
class Fault:
    """What is broken, in which plot it shows, and at which of the marks of that it must."""

    broken: Change
    plot: Plot
    at: str
    after: bool

    def __str__(self) -> str:
        return self.broken.__name__

    def marks(self, whole: Play) -> set[Mark]:
        """The first two of them."""
        every = [*(what for changed in whole.writes for what in sorted(changed)), *whole.requests]
        fitting = dict.fromkeys(what for what in every if re.match(self.at, what))
        return {Mark(what, self.after) for what in list(fitting)[:2]}


FAULTS = (
    Fault(repeats_texts, SILENT, r"POST .*/Messages.json", after=True),
    Fault(repeats_switches, SWITCH, r"PUT /gateway/routes/", after=True),
    Fault(repeats_calls, EVERY_ACTION, r"POST /elsewhere/tickets", after=True),
    Fault(repeats_posts, CHECKLIST, r"UPDATE effects RUN-1/say/slack/… .*done", after=False),
    Fault(loses_milestones, CHECKLIST, r"UPDATE effects RUN-1/say/slack/… leased", after=True),
)


@pytest.mark.parametrize(
    "fault",
    [*FAULTS[:2], *(pytest.param(one, marks=pytest.mark.live) for one in FAULTS[2:])],
    ids=str,
)
async def test_a_bot_that_is_broken_is_found_out_and_a_sound_one_is_not(
    tmp_path: Path, sqlite_template: Path, fault: Fault
) -> None:
    async with AsyncExitStack() as until:
        fresh = FreshDatabase("sqlite", sqlite_template, "", until)

        async def play(name: str, marks: set[Mark], change: Change | None = None) -> Play:
            folder = tmp_path / name
            deaths = Chain(Counter(marks))
            return await played(fault.plot, folder, await fresh.at(folder), deaths, change=change)

        whole = await play("whole", set())
        marks = fault.marks(whole)
        sound = await play("sound", marks)
        broken = await play("broken", marks, fault.broken)
    assert sound.strikes
    assert not sound.seen.differences(whole.seen)
    assert broken.seen.differences(whole.seen)
