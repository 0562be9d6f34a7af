"""Watching: schedule, probe, verdict and what is told, on a clock that the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from pydantic import TypeAdapter

from continuitybot import audit
from continuitybot.errors import NotAllowed, NotFound, Refused
from continuitybot.mailflow import Health, Mailflow, Side, State
from continuitybot.settings.mailflow import CheckSettings, MailflowSettings
from continuitybot.store import Change, Database, Schedules, Transaction, Workers
from rig.clock import MovedClock
from rig.people import CAROL, DAVE, directory_of
from rig.smtp_peer import HANG, SmtpPeer, smtp_peer

CHECKS: TypeAdapter[list[CheckSettings]] = TypeAdapter(list[CheckSettings])


@dataclass
class Watching:
    """A Mailflow at work, a peer that it watches, and everything that it announced."""

    mailflow: Mailflow
    database: Database
    clock: MovedClock
    schedules: Schedules
    workers: Workers
    peer: SmtpPeer
    told: list[Change] = field(default_factory=list)

    async def listens(self, _tx: Transaction, change: Change) -> None:
        self.told.append(change)

    async def window(self, times: int = 1) -> None:
        """Let a minute pass, and everything be done that is due then; so many times."""
        for _ in range(times):
            self.clock.advance(minutes=1)
            for name in self.mailflow.names:
                await self.schedules.fire(f"check/{name}", self.clock.now())
            await self.workers.run_due()

    def heard(self) -> list[str]:
        """What was told, besides single observations."""
        quiet = {"check.observed", "check.found"}
        return [change.what for change in self.told if change.what not in quiet]

    async def view(self, name: str = "primary") -> Any:
        async with self.database.reading() as tx:
            return next(v for v in await self.mailflow.status(tx) if v.name == name)


def breaks(peer: SmtpPeer) -> None:
    peer.script = {"RCPT": "451 4.7.0 try again later"}


def heals(peer: SmtpPeer) -> None:
    peer.script = {}


def check(peer: SmtpPeer, name: str = "primary", **more: Any) -> dict[str, Any]:
    return {
        "kind": "smtp",
        "name": name,
        "title": name.capitalize(),
        "servers": [{"host": "127.0.0.1", "port": peer.port}],
        "sender": "canary@example.net",
        "recipient": "probe@example.com",
        "step_timeout": 0.2,
        "failed_after": 1,
        **more,
    }


async def watching(
    database: Database, clock: MovedClock, peer: SmtpPeer, *checks: dict[str, Any]
) -> Watching:
    mailflow = Mailflow(
        database,
        MailflowSettings(),
        CHECKS.validate_python(checks or [check(peer)]),
        await directory_of(database),
        clock,
    )
    schedules = Schedules(database)
    for schedule in mailflow.schedules():
        schedules.add(schedule)
    workers = Workers(database, mailflow.duties(), clock)
    watch = Watching(mailflow, database, clock, schedules, workers, peer)
    database.subscribe("check.", watch.listens)
    return watch


@pytest.fixture
async def watch(database: Database, clock: MovedClock) -> AsyncIterator[Watching]:
    async with smtp_peer() as peer:
        found = await watching(database, clock, peer)
        yield found
        await found.mailflow.stop()


async def test_three_bad_windows_are_told_with_a_diagnosis(watch: Watching) -> None:
    await watch.window(2)
    breaks(watch.peer)
    await watch.window(2)
    assert watch.heard() == []
    await watch.window()
    assert watch.heard() == ["check.failing"]
    change = watch.told[-1]
    assert (change.ref, change.data["direction"]) == ("primary", "inbound")
    assert (change.data["hop"], change.data["code"]) == ("rcpt", "451 4.7.0")
    assert change.data["since"] == "2026-03-10T09:03:00+00:00"
    assert change.text == change.data["diagnosis"]["sentence"]
    assert change.text == (
        "Primary accepts connections but defers every message with 451 4.7.0 since 09:03 UTC: "
        "the provider's side."
    )


async def test_recovery_is_told_with_how_long_it_took(watch: Watching) -> None:
    breaks(watch.peer)
    await watch.window(3)
    heals(watch.peer)
    await watch.window(3)
    assert watch.heard() == ["check.failing", "check.healthy"]
    assert watch.told[-1].text == "Primary is healthy again after 5m."
    assert watch.told[-1].data["diagnosis"] is None


async def test_every_observation_is_announced_and_shown(watch: Watching) -> None:
    await watch.window(2)
    observed = [change for change in watch.told if change.what == "check.observed"]
    assert [change.data["state"] for change in observed] == ["ok", "ok"]
    view = await watch.view()
    assert (view.health, len(view.history)) == (Health.HEALTHY, 2)
    assert view.last == view.history[-1]


async def test_a_check_that_nothing_was_known_of_is_announced_once_when_it_is_healthy(
    watch: Watching,
) -> None:
    await watch.window(4)
    found = [(change.ref, change.what) for change in watch.told if change.what != "check.observed"]
    assert found == [("primary", "check.found")]


async def test_a_check_that_nobody_probes_is_not_shown_as_healthy(watch: Watching) -> None:
    await watch.window(2)
    watch.clock.advance(minutes=10)
    assert (await watch.view()).health is Health.UNKNOWN


async def test_firings_that_come_too_late_are_dropped_as_unknown(watch: Watching) -> None:
    await watch.window(2)
    breaks(watch.peer)
    began = watch.clock.now()
    for minute in range(1, 6):
        await watch.schedules.fire("check/primary", began + timedelta(minutes=minute))
    watch.clock.advance(minutes=5)
    await watch.workers.run_due()
    history = (await watch.view()).history[2:]
    assert [one.code for one in history] == ["skipped"] * 3 + ["451 4.7.0"] * 2
    assert {one.state for one in history[:3]} == {State.UNKNOWN}
    assert watch.heard() == []


async def test_a_muted_check_is_watched_but_not_judged(watch: Watching) -> None:
    until = watch.clock.now() + timedelta(minutes=10)
    await watch.mailflow.mute("primary", until, by=CAROL, why="new firewall")
    breaks(watch.peer)
    await watch.window(5)
    view = await watch.view()
    assert watch.heard() == ["check.muted"]
    assert (view.muted_until, view.last.state) == (until, State.FAILED)
    await watch.mailflow.unmute("primary", by=CAROL)
    await watch.window(3)
    assert watch.heard() == ["check.muted", "check.unmuted", "check.failing"]


async def test_a_mute_ends_by_itself(watch: Watching) -> None:
    await watch.mailflow.mute("primary", watch.clock.now() + timedelta(minutes=2), by=CAROL)
    breaks(watch.peer)
    await watch.window(4)
    assert watch.heard() == ["check.muted", "check.failing"]
    assert (await watch.view()).muted_until is None


async def test_muting_is_audited_and_needs_authority(watch: Watching) -> None:
    until = watch.clock.now() + timedelta(hours=1)
    with pytest.raises(NotAllowed, match="Ask"):
        await watch.mailflow.mute("primary", until, by=DAVE, platform="slack")
    assert (await watch.view()).muted_until is None
    await watch.mailflow.mute("primary", until, by=CAROL, platform="sms")
    async with watch.database.reading() as tx:
        found = [(e.who, e.verb, e.outcome, e.platform) for e in await audit.entries(tx)]
    assert found == [("carol", "mute", "done", "sms"), ("dave", "mute", "denied", "slack")]


async def test_what_cannot_be_muted_is_refused(watch: Watching) -> None:
    until = watch.clock.now() + timedelta(hours=1)
    with pytest.raises(NotFound, match="primary"):
        await watch.mailflow.mute("secondary", until, by=CAROL)
    with pytest.raises(Refused, match="past"):
        await watch.mailflow.mute("primary", watch.clock.now(), by=CAROL)
    with pytest.raises(Refused, match="not muted"):
        await watch.mailflow.unmute("primary", by=CAROL)


async def test_a_check_in_maintenance_is_not_judged(database: Database, clock: MovedClock) -> None:
    async with smtp_peer(RCPT="451 later") as peer:
        resting = check(peer, maintenance=[{"start": "09:00", "length": "5m"}])
        watch = await watching(database, clock, peer, resting)
        await watch.window(6)
        assert watch.heard() == []
        await watch.window()
    assert watch.heard() == ["check.failing"]


async def test_a_control_never_alerts_but_decides_whose_side_it_is(
    database: Database, clock: MovedClock
) -> None:
    async with smtp_peer(RCPT="451 later") as peer:
        both = check(peer), check(peer, "elsewhere", control=True)
        watch = await watching(database, clock, peer, *both)
        await watch.window(4)
        async with database.reading() as tx:
            diagnosis = await watch.mailflow.diagnose(tx)
    assert [c.ref for c in watch.told if c.what == "check.failing"] == ["primary"]
    assert diagnosis is not None
    assert diagnosis.side is Side.OURS


async def test_looking_now_counts_for_nothing(watch: Watching) -> None:
    breaks(watch.peer)
    for _ in range(4):
        [seen] = await watch.mailflow.check_now(["primary"])
        assert seen.state is State.FAILED
    assert watch.told == []
    assert (await watch.view()).health is Health.UNKNOWN
    with pytest.raises(NotFound, match="primary"):
        await watch.mailflow.check_now(["secondary"])


async def test_old_observations_are_forgotten(watch: Watching) -> None:
    await watch.window(2)
    watch.clock.advance(hours=24 * 7)
    await watch.schedules.fire("mailflow/tidy", watch.clock.now())
    await watch.workers.run_due()
    assert len((await watch.view()).history) == 1


async def test_a_check_that_left_the_settings_is_passed_over(
    watch: Watching, database: Database, clock: MovedClock
) -> None:
    await watch.schedules.fire("check/primary", clock.now())
    other = await watching(database, clock, watch.peer, check(watch.peer, "secondary"))
    await other.workers.run_due()
    async with database.reading() as tx:
        assert [view.last for view in await other.mailflow.status(tx)] == [None]


async def test_hanging_peers_do_not_hold_up_the_loop(database: Database, clock: MovedClock) -> None:
    async with smtp_peer(banner=HANG) as peer:
        many = [check(peer, f"check{number}") for number in range(20)]
        watch = await watching(database, clock, peer, *many)
        loop = asyncio.get_running_loop()
        looking = asyncio.create_task(watch.mailflow.check_now())
        longest = 0.0
        while not looking.done():
            before = loop.time()
            await asyncio.sleep(0)
            longest = max(longest, loop.time() - before)
    assert {seen.code for seen in await looking} == {"timeout"}
    assert longest < 0.25
