"""Asking, answering and withdrawing, with everything that is told and recorded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from continuitybot import audit
from continuitybot.approvals import Approval, Approvals, State, plan_digest
from continuitybot.errors import NotAllowed, NotFound, Refused, Stale
from continuitybot.people.model import Person
from continuitybot.store import Change, Database, Transaction, Workers
from rig.clock import MovedClock
from rig.people import ALICE, BOB, CAROL, DAVE, EVERYONE, directory_of

PLAN = plan_digest("mail to the standby")
ERIN = replace(BOB, handle="erin", name="Erin Doyle", email="erin@example.com", phones=())


class Desk:
    """Approvals on a database, with what was announced and recorded."""

    def __init__(self, database: Database, approvals: Approvals) -> None:
        self.database = database
        self.approvals = approvals
        self.changes: list[Change] = []
        database.subscribe("approval.", self._heard)

    @classmethod
    async def on(cls, database: Database) -> Desk:
        directory = await directory_of(database, *EVERYONE, ERIN)
        return cls(database, Approvals(database, directory))

    async def asks(
        self,
        requester: str = "carol",
        subject: str = "EVT-3",
        plan_hash: str = PLAN,
        quorum: int = 1,
        act: str = "approve",
    ) -> Approval:
        async with self.database.transaction() as tx:
            return await self.approvals.request(
                tx,
                subject=subject,
                kind="invoke",
                title="Move example.com",
                plan_hash=plan_hash,
                requester=requester,
                act=act,
                quorum=quorum,
            )

    async def approves(self, by: Person, plan_hash: str | None = PLAN) -> Approval:
        return await self.approvals.decide(
            subject="EVT-3", by=by, approve=True, plan_hash=plan_hash, platform="slack"
        )

    async def rejects(self, by: Person, why: str = "") -> Approval:
        return await self.approvals.decide(subject="EVT-3", by=by, approve=False, why=why)

    async def state(self) -> State | None:
        async with self.database.reading() as tx:
            found = await self.approvals.latest(tx, "EVT-3")
        return found.state if found else None

    async def recorded(self) -> Sequence[audit.Entry]:
        async with self.database.reading() as tx:
            return [*reversed(await audit.entries(tx, ref="EVT-3"))]

    async def workers_turn(self) -> None:
        workers = Workers(self.database, self.approvals.duties(), self.database.clock)
        await workers.run_due()

    def said(self) -> list[tuple[str, str]]:
        return [(change.what.removeprefix("approval."), change.text) for change in self.changes]

    async def _heard(self, _tx: Transaction, change: Change) -> None:
        self.changes.append(change)


@pytest.fixture
async def desk(database: Database) -> Desk:
    return await Desk.on(database)


@pytest.fixture
async def any_desk(any_database: Database) -> Desk:
    return await Desk.on(any_database)


async def test_a_second_person_grants_and_everybody_hears_it(any_desk: Desk) -> None:
    asked = await any_desk.asks()
    granted = await any_desk.approves(BOB)
    assert (granted.state, granted.id) == (State.GRANTED, asked.id)
    assert any_desk.said() == [
        ("requested", "Carol Lindt asked for approval: Move example.com."),
        ("granted", "Bob Okafor approved: Move example.com."),
    ]
    assert any_desk.changes[-1].data == {
        "approval": asked.id,
        "kind": "invoke",
        "requester": "carol",
        "by": "bob",
        "plan_hash": PLAN,
    }
    (entry,) = await any_desk.recorded()
    assert (entry.who, entry.verb, entry.approval, entry.platform, entry.outcome) == (
        "bob",
        "approve",
        asked.id,
        "slack",
        "done",
    )


async def test_the_requester_is_refused_as_a_person_and_told_who_could(desk: Desk) -> None:
    await desk.asks(requester="alice")
    with pytest.raises(NotAllowed) as caught:
        await desk.approves(ALICE)
    assert caught.value.remedy == "Ask Bob Okafor or Erin Doyle."
    assert await desk.state() is State.PENDING
    (entry,) = await desk.recorded()
    assert (entry.who, entry.outcome) == ("alice", "denied")


@pytest.mark.parametrize("person", [CAROL, DAVE])
async def test_whoever_lacks_the_role_is_refused_and_recorded(desk: Desk, person: Person) -> None:
    await desk.asks(requester="bot")
    with pytest.raises(NotAllowed, match="Approving needs the role approver"):
        await desk.approves(person)
    assert await desk.state() is State.PENDING
    assert [entry.outcome for entry in await desk.recorded()] == ["denied"]


async def test_a_role_is_judged_as_it_is_at_the_click(desk: Desk) -> None:
    await desk.asks()
    demoted = replace(BOB, roles=frozenset())
    with pytest.raises(NotAllowed):
        await desk.approves(demoted)


async def test_an_approval_can_ask_for_another_authority(desk: Desk) -> None:
    await desk.asks(act="configure")
    with pytest.raises(NotAllowed, match="needs the role admin"):
        await desk.approves(BOB)
    assert (await desk.approves(ALICE)).state is State.GRANTED


async def test_a_rejection_says_why(desk: Desk) -> None:
    await desk.asks()
    assert (await desk.rejects(BOB, why="Too early.")).state is State.REJECTED
    assert desk.said()[-1] == ("rejected", "Bob Okafor rejected: Move example.com. Too early.")


async def test_the_requester_may_withdraw_without_the_role(desk: Desk) -> None:
    await desk.asks(requester="carol")
    assert (await desk.rejects(CAROL)).state is State.REJECTED


async def test_another_plan_than_the_one_shown_is_stale(desk: Desk) -> None:
    await desk.asks()
    with pytest.raises(Stale):
        await desk.approves(BOB, plan_hash=plan_digest("mail to elsewhere"))
    assert await desk.state() is State.PENDING
    assert [entry.outcome for entry in await desk.recorded()] == ["denied"]


async def test_a_newer_question_withdraws_the_older(any_desk: Desk) -> None:
    older = await any_desk.asks()
    newer = await any_desk.asks(plan_hash=plan_digest("mail to elsewhere"))
    assert older.id != newer.id
    with pytest.raises(Stale):
        await any_desk.approves(BOB, plan_hash=older.plan_hash)
    assert (await any_desk.approves(BOB, plan_hash=newer.plan_hash)).id == newer.id
    assert [what for what, _ in any_desk.said()] == ["requested", "voided", "requested", "granted"]


async def test_a_withdrawn_question_cannot_be_answered(desk: Desk) -> None:
    await desk.asks()
    async with desk.database.transaction() as tx:
        assert await desk.approvals.void(tx, "EVT-3", "The incident is over.")
        assert not await desk.approvals.void(tx, "EVT-3", "The incident is over.")
    with pytest.raises(Refused, match="it was withdrawn"):
        await desk.approves(BOB)
    assert desk.said()[-1] == (
        "voided",
        "The question was withdrawn: Move example.com. The incident is over.",
    )


async def test_a_second_answer_is_told_how_it_stands(desk: Desk) -> None:
    await desk.asks()
    await desk.approves(BOB)
    with pytest.raises(Refused, match="it was approved by bob"):
        await desk.approves(ERIN)


async def test_nothing_to_decide_is_said_so(desk: Desk) -> None:
    with pytest.raises(NotFound, match="Nothing about EVT-3 waits"):
        await desk.approves(BOB)


async def test_a_question_expires(desk: Desk, clock: MovedClock) -> None:
    await desk.asks()
    clock.advance(minutes=29)
    await desk.workers_turn()
    assert await desk.state() is State.PENDING
    clock.advance(minutes=1)
    with pytest.raises(Refused, match="the time to decide ended at 09:30 UTC"):
        await desk.approves(BOB)
    await desk.workers_turn()
    assert await desk.state() is State.EXPIRED
    assert desk.said()[-1] == ("expired", "Nobody decided in time: Move example.com.")


async def test_what_was_decided_does_not_expire(desk: Desk, clock: MovedClock) -> None:
    await desk.asks()
    await desk.approves(BOB)
    clock.advance(hours=1)
    await desk.workers_turn()
    assert await desk.state() is State.GRANTED
    assert [what for what, _ in desk.said()] == ["requested", "granted"]


async def test_a_quorum_of_two_says_how_many_are_missing(desk: Desk) -> None:
    await desk.asks(quorum=2)
    assert (await desk.approves(BOB)).state is State.PENDING
    assert desk.said()[-1] == (
        "answered",
        "Bob Okafor approved: Move example.com. 1 more must approve.",
    )
    assert (await desk.approves(ERIN)).state is State.GRANTED


async def test_pending_questions_are_listed_oldest_first(desk: Desk, clock: MovedClock) -> None:
    for subject in ("SMS-4", "EVT-3", "RUN-1"):
        await desk.asks(subject=subject)
        clock.advance(seconds=1)
    await desk.approves(BOB)
    async with desk.database.reading() as tx:
        waiting = await desk.approvals.pending(tx)
        about = await desk.approvals.pending(tx, "RUN-1")
    assert [one.subject for one in waiting] == ["SMS-4", "RUN-1"]
    assert [one.subject for one in about] == ["RUN-1"]
    assert about[0].expires - about[0].created == timedelta(minutes=30)


async def answers_at_once(desk: Desk, *answers: tuple[Person, bool]) -> list[Approval | Exception]:
    async def answer(by: Person, approve: bool) -> Approval:
        return await (desk.approves(by) if approve else desk.rejects(by))

    found = await asyncio.gather(*(answer(*one) for one in answers), return_exceptions=True)
    return [one for one in found if isinstance(one, Approval | Exception)]


async def test_of_many_clicks_at_once_one_decides(any_desk: Desk) -> None:
    await any_desk.asks()
    clicks = [(BOB, True), (ERIN, False), (ALICE, True)] * 3
    found = await answers_at_once(any_desk, *clicks)
    assert len([one for one in found if isinstance(one, Approval)]) == 1
    assert len([one for one in found if isinstance(one, Refused)]) == len(clicks) - 1
    assert len(any_desk.said()) == 2
    entries = await any_desk.recorded()
    assert [entry.outcome for entry in entries].count("done") == 1
    assert len(entries) == len(clicks)
    assert (await audit.verify(any_desk.database)).ok


async def test_two_people_at_once_make_a_quorum_of_two(any_desk: Desk) -> None:
    await any_desk.asks(quorum=2)
    found = await answers_at_once(any_desk, (BOB, True), (ERIN, True), (BOB, True))
    assert sorted(one.state for one in found if isinstance(one, Approval)) == [
        State.GRANTED,
        State.PENDING,
    ]
    assert await any_desk.state() is State.GRANTED
