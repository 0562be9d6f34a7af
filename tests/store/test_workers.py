"""What workers do with effects: once, again, given up, after a crash, and too late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Row, select

from continuitybot.errors import OutcomeUnknown, Permanent, Refused, Transient
from continuitybot.store import (
    Again,
    Database,
    Duty,
    Effect,
    Failed,
    Outcome,
    Succeeded,
    Transaction,
    Unknown,
    Workers,
    effects,
)
from rig.clock import MovedClock

Perform = Callable[[Effect], Awaitable[Outcome | Again]]
KEY = "EVT-1/apply/1"


class Outside:
    """What the effects of a test are performed on: notes every attempt and every record."""

    def __init__(self, perform: Perform | None = None) -> None:
        self._perform = perform
        self.attempts: list[Effect] = []
        self.recorded: list[Outcome] = []

    def duty(self, **choices: Any) -> Duty:
        return Duty("apply", self.perform, self.record, **choices)

    async def perform(self, effect: Effect) -> Outcome | Again:
        self.attempts.append(effect)
        return await self._perform(effect) if self._perform else Succeeded({"n": 1})

    async def record(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        self.recorded.append(outcome)
        await tx.enqueue(Effect(f"{effect.key}/told", "tell"))


async def enqueue(database: Database, key: str = KEY, kind: str = "apply", **rest: Any) -> None:
    async with database.transaction() as tx:
        await tx.enqueue(Effect(key, kind, ref="EVT-1", **rest))


async def row_of(database: Database, key: str = KEY) -> Row[Any]:
    async with database.reading() as tx:
        row = await tx.row(select(effects).where(effects.c.key == key))
    assert row is not None
    return row


async def was_told(database: Database) -> bool:
    async with database.reading() as tx:
        found = await tx.row(select(effects.c.key).where(effects.c.kind == "tell"))
    return found is not None


async def run_due(database: Database, *duties: Duty) -> int:
    return await Workers(database, duties, database.clock).run_due()


async def interrupted(database: Database, clock: MovedClock, duty: Duty) -> None:
    """An effect that was begun by a process which died, and whose lease has run out."""
    await enqueue(database, payload={"n": 1})
    begun = asyncio.Event()

    async def never_ends(_effect: Effect) -> Outcome:
        begun.set()
        await asyncio.Event().wait()
        raise AssertionError

    dying = Workers(database, [Duty("apply", never_ends, lease=duty.lease)], clock)
    process = asyncio.create_task(dying.run_due())
    await begun.wait()
    process.cancel()
    clock.advance(seconds=duty.lease.total_seconds())


async def test_an_effect_is_leased_performed_and_recorded(any_database: Database) -> None:
    outside = Outside()
    await enqueue(any_database, payload={"to": "standby"})
    assert await run_due(any_database, outside.duty()) == 1
    (effect,) = outside.attempts
    assert (effect.payload, effect.ref, effect.attempts, effect.token) == (
        {"to": "standby"},
        "EVT-1",
        1,
        1,
    )
    assert outside.recorded == [Succeeded({"n": 1})]
    row = await row_of(any_database)
    assert (row.state, row.ended, row.owner) == (
        "done",
        any_database.clock.now(),
        any_database.instance,
    )
    assert await was_told(any_database)
    assert await run_due(any_database, outside.duty()) == 0


async def test_an_effect_waits_for_its_time(any_database: Database, clock: MovedClock) -> None:
    outside = Outside()
    await enqueue(any_database, due=clock.now() + timedelta(minutes=5))
    assert await run_due(any_database, outside.duty()) == 0
    clock.advance(minutes=5)
    assert await run_due(any_database, outside.duty()) == 1


async def test_what_is_due_first_is_begun_first(database: Database, clock: MovedClock) -> None:
    outside = Outside()
    for key, minutes in (("c", 3), ("a", 1), ("b", 2)):
        await enqueue(database, key, due=clock.now() - timedelta(minutes=minutes))
    await Workers(database, [outside.duty()], clock, limit=1).run_due()
    assert [effect.key for effect in outside.attempts] == ["c", "b", "a"]


async def test_no_more_is_performed_at_once_than_the_limit(
    database: Database, clock: MovedClock
) -> None:
    at_once = 0
    most = 0

    async def count(_effect: Effect) -> Outcome:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0)
        at_once -= 1
        return Succeeded()

    for number in range(7):
        await enqueue(database, f"key/{number}")
    assert await Workers(database, [Duty("apply", count)], clock, limit=3).run_due() == 7
    assert most == 3


async def test_what_was_withdrawn_is_not_performed(database: Database) -> None:
    outside = Outside()
    await enqueue(database)
    async with database.transaction() as tx:
        await tx.cancel_effects(key=KEY)
    assert await run_due(database, outside.duty()) == 0
    assert (await row_of(database)).state == "cancelled"


async def test_again_performs_it_later_with_what_it_remembers(
    any_database: Database, clock: MovedClock
) -> None:
    async def poll(effect: Effect) -> Outcome | Again:
        polls = effect.payload.get("polls", 0)
        if polls == 2:
            return Succeeded()
        return Again(30, "Not yet.", payload={"polls": polls + 1})

    outside = Outside(poll)
    await enqueue(any_database)
    for _ in range(3):
        assert await run_due(any_database, outside.duty(attempts=1)) == 1
        assert await run_due(any_database, outside.duty(attempts=1)) == 0
        clock.advance(seconds=30)
    assert [effect.payload for effect in outside.attempts] == [{}, {"polls": 1}, {"polls": 2}]
    assert [effect.attempts for effect in outside.attempts] == [1, 1, 1]
    assert outside.recorded == [Succeeded()]


async def test_a_transient_fault_is_tried_again_with_growing_pauses_and_then_given_up(
    any_database: Database, clock: MovedClock
) -> None:
    async def fail(_effect: Effect) -> Outcome:
        raise Transient("The carrier is busy.", code="20429")

    outside = Outside(fail)
    await enqueue(any_database)
    pauses = []
    for _ in range(3):
        await run_due(any_database, outside.duty(attempts=3))
        row = await row_of(any_database)
        pauses.append((row.due - clock.now()).total_seconds())
        clock.advance(seconds=max(0, pauses[-1]))
    assert pauses[:2] == [1.0, 2.0]
    assert outside.recorded == [
        Failed("The carrier is busy. Given up after 3 tries.", "20429"),
    ]
    assert (await row_of(any_database)).state == "failed"


async def test_the_other_side_may_say_when_to_try_again(
    database: Database, clock: MovedClock
) -> None:
    async def fail(_effect: Effect) -> Outcome:
        raise Transient("Too many requests.", retry_after=17)

    await enqueue(database)
    await run_due(database, Outside(fail).duty())
    row = await row_of(database)
    assert (row.due - clock.now(), row.note) == (timedelta(seconds=17), "Too many requests.")


@pytest.mark.parametrize(
    ("error", "outcome", "state"),
    [
        (Permanent("No such number.", code="21211"), Failed("No such number.", "21211"), "failed"),
        (Refused("Not now.", remedy="Wait."), Failed("Not now. Wait."), "failed"),
        (OutcomeUnknown("It hung up."), Unknown("It hung up."), "unknown"),
    ],
)
async def test_an_error_has_the_outcome_of_its_kind(
    database: Database, error: Exception, outcome: Outcome, state: str
) -> None:
    async def fail(_effect: Effect) -> Outcome:
        raise error

    outside = Outside(fail)
    await enqueue(database)
    await run_due(database, outside.duty())
    assert outside.recorded == [outcome]
    assert (await row_of(database)).state == state


@pytest.mark.parametrize(("after_crash", "kind"), [("redo", Failed), ("ask", Unknown)])
async def test_a_fault_of_ours_ends_one_effect_and_not_the_worker(
    database: Database, after_crash: str, kind: type[Outcome]
) -> None:
    async def fail(effect: Effect) -> Outcome:
        if effect.key == KEY:
            raise ZeroDivisionError
        return Succeeded()

    outside = Outside(fail)
    await enqueue(database)
    await enqueue(database, "EVT-2/apply/1")
    await run_due(database, outside.duty(after_crash=after_crash))
    assert {type(outcome) for outcome in outside.recorded} == {kind, Succeeded}


@pytest.mark.parametrize(("after_crash", "state"), [("redo", "waiting"), ("ask", "unknown")])
async def test_what_takes_longer_than_its_lease_is_stopped(
    database: Database, after_crash: str, state: str
) -> None:
    async def hang(_effect: Effect) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    outside = Outside(hang)
    await enqueue(database)
    lease = timedelta(milliseconds=20)
    await run_due(database, outside.duty(after_crash=after_crash, lease=lease))
    assert (await row_of(database)).state == state


async def test_a_record_that_fails_undoes_the_end_of_its_effect(database: Database) -> None:
    async def break_off(tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        await tx.enqueue(Effect(f"{effect.key}/told", "tell"))
        raise ZeroDivisionError

    await enqueue(database)
    await run_due(database, Duty("apply", Outside().perform, break_off))
    assert (await row_of(database)).state == "leased"
    assert not await was_told(database)


async def test_a_record_waits_for_a_database_that_is_away_for_a_moment(
    database: Database,
) -> None:
    tries = 0

    async def away_once(_tx: Transaction, _effect: Effect, _outcome: Outcome) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            raise Transient("The database is away.")

    outside = Outside()
    await enqueue(database)
    await run_due(database, Duty("apply", outside.perform, away_once))
    assert (tries, len(outside.attempts)) == (2, 1)
    assert (await row_of(database)).state == "done"


async def test_after_a_crash_what_can_be_redone_is(
    any_database: Database, clock: MovedClock
) -> None:
    outside = Outside()
    duty = outside.duty(after_crash="redo")
    await interrupted(any_database, clock, duty)
    assert await run_due(any_database, duty) == 1
    (effect,) = outside.attempts
    assert (effect.attempts, effect.token) == (2, 2)
    assert outside.recorded == [Succeeded({"n": 1})]


async def test_after_a_crash_what_is_known_to_have_happened_is_not_repeated(
    any_database: Database, clock: MovedClock
) -> None:
    outside = Outside()

    async def it_did(_effect: Effect) -> Outcome:
        return Succeeded({"found": True})

    duty = outside.duty(after_crash="reconcile", reconcile=it_did)
    await interrupted(any_database, clock, duty)
    await run_due(any_database, duty)
    assert outside.attempts == []
    assert outside.recorded == [Succeeded({"found": True})]


async def test_after_a_crash_what_surely_did_not_happen_is_performed(
    any_database: Database, clock: MovedClock
) -> None:
    outside = Outside()

    async def it_did_not(_effect: Effect) -> None:
        return None

    duty = outside.duty(after_crash="reconcile", reconcile=it_did_not)
    await interrupted(any_database, clock, duty)
    await run_due(any_database, duty)
    assert len(outside.attempts) == 1


@pytest.mark.parametrize("doubt", [Transient("The gateway is away."), Again(30)], ids=repr)
async def test_after_a_crash_what_cannot_be_asked_about_yet_is_asked_about_again(
    any_database: Database, clock: MovedClock, doubt: Transient | Again
) -> None:
    """Never performed in between: it may have happened."""
    outside, asked = Outside(), 0

    async def it_did(_effect: Effect) -> Outcome | Again:
        nonlocal asked
        asked += 1
        if asked > 1:
            return Succeeded({"found": True})
        if isinstance(doubt, Again):
            return doubt
        raise doubt

    duty = outside.duty(after_crash="reconcile", reconcile=it_did)
    await interrupted(any_database, clock, duty)
    await run_due(any_database, duty)
    assert outside.recorded == []
    clock.advance(seconds=60)
    await run_due(any_database, duty)
    assert asked == 2
    assert outside.attempts == []
    assert outside.recorded == [Succeeded({"found": True})]


async def test_after_a_crash_what_can_never_be_asked_about_is_unknown(
    any_database: Database, clock: MovedClock
) -> None:
    outside = Outside()

    async def nobody_answers(_effect: Effect) -> Outcome:
        raise Transient("The gateway is away.")

    duty = outside.duty(after_crash="reconcile", reconcile=nobody_answers, attempts=3)
    await interrupted(any_database, clock, duty)
    for _ in range(4):
        await run_due(any_database, duty)
        clock.advance(minutes=2)
    assert outside.attempts == []
    (outcome,) = outside.recorded
    assert isinstance(outcome, Unknown)
    assert "The gateway is away." in outcome.reason


async def test_after_a_crash_what_only_a_person_can_tell_is_unknown(
    any_database: Database, clock: MovedClock
) -> None:
    outside = Outside()
    duty = outside.duty(after_crash="ask")
    await interrupted(any_database, clock, duty)
    await run_due(any_database, duty)
    assert outside.attempts == []
    assert outside.recorded == [Unknown("The bot stopped while this was under way.")]
    assert (await row_of(any_database)).state == "unknown"


async def test_a_lease_that_runs_is_left_alone(any_database: Database, clock: MovedClock) -> None:
    outside = Outside()
    duty = outside.duty()
    await interrupted(any_database, clock, duty)
    clock.advance(seconds=-1)
    assert await run_due(any_database, duty) == 0


async def test_at_its_start_the_only_process_takes_its_own_leases_back(
    database: Database, clock: MovedClock
) -> None:
    outside = Outside()
    duty = outside.duty()
    await interrupted(database, clock, duty)
    clock.advance(seconds=-30)
    workers = Workers(database, [duty], clock)
    await workers.release_own_leases()
    assert await workers.run_due() == 1


async def test_a_writer_that_comes_back_late_is_refused(
    any_url: str, any_database: Database, clock: MovedClock
) -> None:
    begun, thawed = asyncio.Event(), asyncio.Event()

    async def freeze(_effect: Effect) -> Outcome:
        begun.set()
        await thawed.wait()
        return Succeeded({"by": "the frozen one"})

    frozen, other = Outside(freeze), Outside()
    await enqueue(any_database)
    late = asyncio.create_task(run_due(any_database, frozen.duty()))
    await begun.wait()
    clock.advance(seconds=60)
    elsewhere = Database.at(any_url, clock)
    await run_due(elsewhere, other.duty())
    thawed.set()
    await late
    assert (len(frozen.recorded), len(other.recorded)) == (0, 1)
    row = await row_of(any_database)
    assert (row.state, row.owner, row.token) == ("done", elsewhere.instance, 2)
    await elsewhere.close()


async def test_a_poll_that_comes_back_late_changes_nothing(
    any_url: str, any_database: Database, clock: MovedClock
) -> None:
    begun, thawed = asyncio.Event(), asyncio.Event()

    async def freeze(_effect: Effect) -> Again:
        begun.set()
        await thawed.wait()
        return Again(5, payload={"stale": True})

    await enqueue(any_database)
    late = asyncio.create_task(run_due(any_database, Outside(freeze).duty()))
    await begun.wait()
    clock.advance(seconds=60)
    elsewhere = Database.at(any_url, clock)
    await run_due(elsewhere, Outside().duty())
    thawed.set()
    await late
    row = await row_of(any_database)
    assert (row.state, row.payload) == ("done", {})
    await elsewhere.close()


async def test_two_instances_perform_each_effect_once(
    any_url: str, any_database: Database, clock: MovedClock
) -> None:
    here, there = Outside(), Outside()
    for number in range(20):
        await enqueue(any_database, f"key/{number}")
    elsewhere = Database.at(any_url, clock)
    async with asyncio.TaskGroup() as both:
        both.create_task(Workers(any_database, [here.duty()], clock, limit=3).run_due())
        both.create_task(Workers(elsewhere, [there.duty()], clock, limit=3).run_due())
    keys = [effect.key for effect in here.attempts + there.attempts]
    assert sorted(keys) == sorted(f"key/{number}" for number in range(20))
    await elsewhere.close()


async def test_two_duties_of_one_kind_are_refused(database: Database, clock: MovedClock) -> None:
    duty = Outside().duty()
    with pytest.raises(ValueError, match="two duties perform 'apply'"):
        Workers(database, [duty, duty], clock)


class HeardClock(MovedClock):
    """Tells how long the worker means to sleep, once it does."""

    def __init__(self) -> None:
        super().__init__()
        self.sleeps: asyncio.Queue[float] = asyncio.Queue()

    async def sleep(self, seconds: float) -> None:
        self.sleeps.put_nowait(seconds)
        await super().sleep(seconds)


@pytest.fixture
def clock() -> HeardClock:
    return HeardClock()


async def test_a_worker_sleeps_until_the_next_effect_and_wakes_for_a_new_one(
    database: Database, clock: HeardClock
) -> None:
    outside = Outside()
    performed: asyncio.Queue[str] = asyncio.Queue()

    async def note(effect: Effect) -> Outcome:
        performed.put_nowait(effect.key)
        return Succeeded()

    outside = Outside(note)
    workers = Workers(database, [outside.duty()], clock)
    running = asyncio.create_task(workers.run())
    assert await clock.sleeps.get() == 5.0
    await enqueue(database, "now")
    assert await performed.get() == "now"
    await enqueue(database, "soon", due=clock.now() + timedelta(seconds=2))
    while await clock.sleeps.get() != 2.0:
        pass
    clock.advance(seconds=2)
    assert await performed.get() == "soon"
    assert workers.last_turn == clock.now()
    running.cancel()
    await workers.stop()


async def test_what_nobody_here_performs_keeps_no_worker_awake(
    database: Database, clock: HeardClock
) -> None:
    await enqueue(database, kind="of another release")
    running = asyncio.create_task(Workers(database, [Outside().duty()], clock).run())
    assert await clock.sleeps.get() == 5.0
    running.cancel()


async def test_a_worker_with_full_hands_waits_for_a_free_one(
    database: Database, clock: HeardClock
) -> None:
    gate = asyncio.Event()
    finished: asyncio.Queue[str] = asyncio.Queue()

    async def wait(effect: Effect) -> Outcome:
        await gate.wait()
        finished.put_nowait(effect.key)
        return Succeeded()

    await enqueue(database, "first")
    await enqueue(database, "second")
    workers = Workers(database, [Outside(wait).duty()], clock, limit=1)
    running = asyncio.create_task(workers.run())
    assert await clock.sleeps.get() == 5.0
    gate.set()
    assert [await finished.get(), await finished.get()] == ["first", "second"]
    running.cancel()
    await workers.stop()
