"""What is remembered, on both databases."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

from continuitybot.mailflow import store
from continuitybot.mailflow.model import CheckState, Health, Hop, Mute, Observation, State
from continuitybot.store import Database


async def test_two_who_judge_the_same_check_wait_for_each_other(any_database: Database) -> None:
    async def judge() -> None:
        async with any_database.transaction() as tx:
            state = await store.lock_state(tx, "primary")
            await store.save_state(tx, "primary", replace(state, counter=state.counter + 1))

    await asyncio.gather(*(judge() for _ in range(8)))
    async with any_database.reading() as tx:
        assert (await store.states(tx))["primary"].counter == 8


async def test_what_is_written_is_read_again(any_database: Database) -> None:
    now = any_database.clock.now()
    seen = Observation(now, "primary", State.FAILED, 1.5, Hop.RCPT, "451 4.7.0", "Later.", "here")
    state = CheckState(Health.FAILING, now, 3, 0, now, seen, (now,), True)
    mute = Mute("primary", now + timedelta(hours=1), "alice", "firewall")
    async with any_database.transaction() as tx:
        await store.lock_state(tx, "primary")
        await store.save_state(tx, "primary", state)
        for minutes in (5, 0):
            earlier = replace(seen, at=now - timedelta(minutes=minutes))
            await store.add_observation(tx, earlier)
        await store.set_mute(tx, replace(mute, why="first"))
        await store.set_mute(tx, mute)
    async with any_database.reading() as tx:
        assert await store.states(tx) == {"primary": state}
        assert (await store.latest_observations(tx, "primary", 10))[-1] == seen
        assert await store.latest_observations(tx, "primary", 1) == (seen,)
        assert await store.mutes_now(tx) == {"primary": mute}
