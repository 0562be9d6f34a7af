"""`kill -9` at any moment: after the restart it goes on, nothing doubled, nothing lost."""

from __future__ import annotations

import asyncio
import random
import re
from pathlib import Path
from typing import Any

import pytest

from continuitybot.lab.company import EMPLOYEES
from rig.served import Served, serve_company

TEXT = "Read your mail at the standby."
STAFF = [one.handle for one in EMPLOYEES if one.phone and not one.switched_off]


def _live(seeds: range) -> list[Any]:
    return [pytest.param(seed, marks=pytest.mark.live) for seed in seeds]


@pytest.mark.parametrize("seed", [1, *_live(range(2, 7))])
async def test_a_switch_and_a_broadcast_happen_once_whenever_the_bot_is_killed(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    async with serve_company(tmp_path) as served:
        await served.says("alice", "invoke --for 1h")
        await served.says("bob", "approve EVT-1")
        await served.killed()
        await served.killed(after=chance.uniform(0, 0.6))
        assert "inbound canary arrived" in await served.until("show EVT-1", "ACTIVE")
        assert served.switches == 1

        await served.says("alice", f'broadcast all "{TEXT}"')
        await served.says("bob", "approve SMS-1")
        await served.killed(after=chance.uniform(0.1, 1.2))
        await _until_all_have_left(served)
        assert all(served.texts(handle).count(TEXT) <= 1 for handle in STAFF)


@pytest.mark.parametrize("seed", _live(range(1, 4)))
async def test_everybody_is_texted_exactly_once_when_all_is_reconciled(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    async with serve_company(tmp_path) as served:
        await served.says("alice", f'broadcast all "{TEXT}"')
        await served.says("bob", "approve SMS-1")
        for _ in range(3):
            await served.killed(after=chance.uniform(0.0, 0.5))
        async with asyncio.timeout(120):
            while any(served.texts(handle).count(TEXT) != 1 for handle in STAFF):
                assert all(served.texts(handle).count(TEXT) <= 1 for handle in STAFF)
                await asyncio.sleep(0.2)


@pytest.mark.parametrize("seed", _live(range(1, 3)))
async def test_the_way_back_loses_no_mail_whenever_the_bot_is_killed(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    async with serve_company(tmp_path) as served:
        await served.says("alice", "invoke --for 1h")
        await served.says("bob", "approve EVT-1")
        await served.until("show EVT-1", "ACTIVE")
        await served.says("alice", "failback EVT-1")
        await served.says("bob", "approve EVT-1")
        for _ in range(3):
            await served.killed(after=chance.uniform(0, 2))
        await served.until("show EVT-1", "ended")
        assert served.switches == 2
        assert served.lab.mail.books.audit().duplicated_count == 0
        assert served.lab.mail.books.balance().lost == 0


async def _until_all_have_left(served: Served) -> None:
    """Until every text has arrived, or is held back because nobody knows whether it has left."""
    async with asyncio.timeout(60):
        while True:
            unknown = re.search(r"(\d+) unknown", await served.until("show SMS-1", "SMS-1"))
            arrived = sum(TEXT in served.texts(handle) for handle in STAFF)
            if arrived + int(unknown[1] if unknown else 0) >= len(STAFF):
                return
            await asyncio.sleep(0.2)
