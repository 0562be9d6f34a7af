"""The process dies while texts are handed over; after the restart each phone has each text once."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import pytest
from structlog.testing import capture_logs

from broadcast.office import office_of, texts_to
from broadcast.test_sending import staff
from continuitybot.broadcast.answers import Message, Report
from continuitybot.broadcast.carrier import Callback, Carrier, Reply
from continuitybot.store import Database, Effect, Failed, Workers
from rig.clock import MovedClock
from rig.people import BOB, CAROL
from rig.sms_peers import TwilioPeer


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """The worker writes down every death, with a traceback that takes long to draw."""
    with capture_logs():
        yield


class Killed(BaseException):
    """The end of a process, as far as its own code can notice it."""


class Through:
    """Passes everything on to a real carrier."""

    def __init__(self, carrier: Carrier) -> None:
        self._carrier = carrier

    async def send(self, message: Message) -> Report:
        return await self._carrier.send(message)

    async def find(self, message: Message, since: datetime) -> Sequence[Report]:
        return await self._carrier.find(message, since)

    def receipt(self, callback: Callback) -> Report:
        return self._carrier.receipt(callback)

    def reply(self, callback: Callback) -> Reply:
        return self._carrier.reply(callback)

    async def close(self) -> None:
        await self._carrier.close()


class Deadly(Through):
    """Kills the process at some hand-overs: before the carrier has the text, or just after."""

    def __init__(self, carrier: Carrier, seed: int) -> None:
        super().__init__(carrier)
        self._random = random.Random(seed)
        self.deaths = 0

    async def send(self, message: Message) -> Report:
        fate = self._random.random()
        if fate < 0.08:
            self.deaths += 1
            raise Killed
        report = await super().send(message)
        if fate < 0.16:
            self.deaths += 1
            raise Killed
        return report


@pytest.mark.parametrize("seed", [1, 2, 3, 4])
async def test_however_often_the_process_dies_each_phone_gets_each_text_once(
    database: Database, clock: MovedClock, twilio: TwilioPeer, seed: int
) -> None:
    people = [*staff(10), CAROL, BOB]
    deadly: list[Deadly] = []

    def around(carrier: Carrier) -> Carrier:
        deadly.append(Deadly(carrier, seed))
        return deadly[0]

    async with office_of(database, clock, [twilio.settings()], *people, around=around) as office:
        asked = await office.send()
        states = {"queued"}
        while states != {"sent"} and clock.now() < asked.requested + timedelta(minutes=15):
            await twilio.idle()
            clock.advance(seconds=20)
            await office.restart()
            states = set((await office.states(asked.ref)).values())

    assert states == {"sent"}
    assert deadly[0].deaths > 0
    assert Counter(texts_to(twilio)) == Counter({one.phone: 1 for one in people})


async def test_what_was_under_way_at_the_crash_is_asked_about_and_not_sent_again(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    class DiesOnce(Through):
        alive = True

        async def send(self, message: Message) -> Report:
            report = await super().send(message)
            if self.alive:
                self.alive = False
                raise Killed
            return report

    async with office_of(database, clock, [twilio.settings()], around=DiesOnce) as office:
        asked = await office.send()
        await twilio.idle()
        posts = twilio.posts
        await office.restart()
        in_doubt = await office.states(asked.ref)
        await office.later(seconds=30)

        assert set(in_doubt.values()) == {"sending"}
        assert set((await office.states(asked.ref)).values()) == {"sent"}
        assert (posts, twilio.posts) == (4, 4)


async def test_a_process_that_was_frozen_hands_nothing_over_late(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    class FreezesOnce(Through):
        frozen = False

        async def send(self, message: Message) -> Report:
            if not self.frozen:
                self.frozen = True
                clock.advance(seconds=20)
            return await super().send(message)

    async with office_of(database, clock, [twilio.settings()], around=FreezesOnce) as office:
        asked = await office.request()
        await office.approvals.decide(subject=asked.ref, by=BOB, approve=True)
        await office.workers.run_due()

        assert set((await office.states(asked.ref)).values()) == {"sent"}
        (first, *_others) = (await office.deliveries(asked.ref)).values()
        tries = [one.tries for one in (await office.deliveries(asked.ref)).values()]
        assert (first.tries, sorted(tries)) == (1, [1, 2, 2, 2])
        assert len(twilio.taken) == 4


async def test_two_instances_share_a_broadcast_and_each_text_leaves_once(
    postgresql_url: str, clock: MovedClock, twilio: TwilioPeer
) -> None:
    people = [*staff(198), CAROL, BOB]
    databases = [Database.at(postgresql_url, clock) for _ in range(2)]
    carriers = [twilio.settings(concurrency=10)]
    async with (
        office_of(databases[0], clock, carriers, *people) as first,
        office_of(databases[1], clock, carriers, *people) as second,
    ):
        asked = await first.request()
        await first.approvals.decide(subject=asked.ref, by=BOB, approve=True)
        clock.advance(seconds=5)
        both = [Workers(one.database, one.duties, clock, limit=1) for one in (first, second)]
        done = await asyncio.gather(*(workers.run_due() for workers in both))
        # Where the two were in each other's way, the database made one of them try again later.
        clock.advance(seconds=60)
        await both[0].run_due()

    assert min(done) > 1
    assert Counter(texts_to(twilio)) == Counter({one.phone: 1 for one in people})
    for database in databases:
        await database.close()


async def test_a_fault_of_ours_in_one_text_does_not_lose_the_answers_about_the_others(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    class Broken(Through):
        async def send(self, message: Message) -> Report:
            if message.to == BOB.phone:
                raise RuntimeError("a fault of ours")
            return await super().send(message)

    async with office_of(database, clock, [twilio.settings()], around=Broken) as office:
        asked = await office.send("alice,bob,carol")

        assert await office.states(asked.ref) == {
            "alice": "sent",
            "bob": "unknown",
            "carol": "sent",
        }


async def test_a_chunk_that_breaks_leaves_nothing_waiting_for_ever(
    database: Database, clock: MovedClock, twilio: TwilioPeer
) -> None:
    async with office_of(database, clock, [twilio.settings()]) as office:
        asked = await office.request()
        await office.approvals.decide(subject=asked.ref, by=BOB, approve=True)
        (chunk,) = [duty for duty in office.duties if duty.kind == "sms.chunk"]
        async with database.transaction() as tx:
            effect = Effect("SMS-1/chunk/1", "sms.chunk", ref=asked.ref)
            await chunk.record(tx, effect, Failed("It broke."))
        await office.later(seconds=2)

        assert set((await office.states(asked.ref)).values()) == {"failed"}
        assert await office.state(asked.ref) == "finished"
