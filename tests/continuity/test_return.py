"""From ACTIVE to the end: reminders, extensions, the way back, and mail that is never cut."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from continuitybot.continuity.model import State
from continuitybot.continuity.plan import Backlog
from continuitybot.errors import NotAllowed, OutcomeUnknown, Permanent, Refused
from rig.clock import MovedClock
from rig.continuity import DOMAIN, Mailhouse, MemoryProvider, Routes, frozen, mailhouse, thawed
from rig.people import ALICE, BOB, CAROL

POLL = timedelta(seconds=30)
DRAIN = timedelta(seconds=15)


@pytest.fixture(scope="module")
def active(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A database file in which EVT-1 has just become ACTIVE."""
    return frozen(sqlite_template, tmp_path_factory.mktemp("active"), Mailhouse.active)


@pytest.fixture
async def house(active: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Mailhouse]:
    """A bot whose event EVT-1 is ACTIVE."""
    database = thawed(active, tmp_path, clock)
    gateway = MemoryProvider(routes=Routes({DOMAIN: "standby"}, [f"apply {DOMAIN}"]))
    yield await mailhouse(database, clock, provider=gateway)
    await database.close()


async def test_a_clean_primary_is_proposed_once_and_any_approver_may_agree(
    house: Mailhouse,
) -> None:
    await house.passes(POLL)
    assert "event.fail_back_proposed" not in house.said()
    await house.passes(POLL, times=3)
    assert house.said().count("event.fail_back_proposed") == 1
    assert house.last("event.fail_back_proposed").data["clean_round_trips"] == 2

    await house.approves(by=BOB)
    assert house.provider.routes.switches == ["apply example.com", "revert example.com"]
    assert house.prover.proofs[-1] == "primary"
    assert (await house.event()).state is State.ENDED
    assert "the standby took 3, 3 delivered" in house.last("event.ended").text


async def test_a_fail_back_that_a_person_asked_for_needs_another_person(house: Mailhouse) -> None:
    await house.continuity.fail_back("EVT-1", ALICE)
    with pytest.raises(NotAllowed):
        await house.approves(by=ALICE)
    with pytest.raises(Refused, match="waits for an approval"):
        await house.continuity.fail_back("EVT-1", CAROL)
    await house.approves(by=BOB)
    await house.passes(POLL, times=2)
    assert (await house.event()).state is State.ENDED


async def test_an_approved_fail_back_still_waits_for_the_primary(house: Mailhouse) -> None:
    house.prover.ill.add("primary")
    await house.continuity.fail_back("EVT-1", CAROL)
    await house.approves()
    await house.passes(POLL, times=3)
    assert (await house.event()).state is State.ACTIVE
    assert "waits until the primary" in house.last("event.fail_back_waiting").text
    assert "revert example.com" not in house.provider.routes.switches

    house.prover.ill.clear()
    await house.passes(POLL, times=2)
    assert "revert example.com" in house.provider.routes.switches


async def test_one_lost_canary_starts_the_count_again(house: Mailhouse) -> None:
    await house.passes(POLL)
    house.prover.ill.add("primary")
    await house.passes(POLL)
    house.prover.ill.clear()
    await house.passes(POLL)
    assert (await house.event()).clean_round_trips == 1
    assert "event.fail_back_proposed" not in house.said()


async def test_a_rejected_fail_back_leaves_mail_where_it_is_and_can_be_asked_again(
    house: Mailhouse,
) -> None:
    await house.continuity.fail_back("EVT-1", CAROL)
    await house.approvals.decide(subject="EVT-1", by=BOB, approve=False)
    event = await house.event()
    assert (event.state, event.fail_back) == (State.ACTIVE, "")
    assert (await house.continuity.fail_back("EVT-1", CAROL)).fail_back == "asked"


async def test_draining_goes_on_until_the_standby_is_empty(house: Mailhouse) -> None:
    house.provider.backlogs = [
        Backlog(taken=5, delivered=1, outstanding=4),
        Backlog(taken=5, delivered=4, outstanding=1),
        Backlog(taken=5, delivered=5),
    ]
    await house.passes(POLL, times=2)
    await house.approves()
    assert (await house.event()).state is State.DRAINING
    assert house.last("event.draining").data["backlog"]["outstanding"] == 4
    await house.passes(DRAIN, times=2)
    assert (await house.event()).state is State.ENDED


async def test_a_standby_that_cannot_be_asked_delays_the_end_and_is_said_once(
    house: Mailhouse,
) -> None:
    house.provider.mute = True
    await house.passes(POLL, times=2)
    await house.approves()
    await house.passes(DRAIN, times=3)
    said = [c for c in house.announced if "does not say what it still holds" in c.text]
    assert len(said) == 1

    house.provider.mute = False
    await house.passes(DRAIN)
    assert (await house.event()).state is State.ENDED


async def test_a_primary_that_fails_its_last_proof_calls_a_person_and_may_be_left_again(
    house: Mailhouse,
) -> None:
    await house.passes(POLL, times=2)
    house.prover.ill.add("primary")
    await house.approves()
    await house.passes(POLL, times=3)
    assert (await house.event()).state is State.FAILED
    assert "Invoke again" in house.last("event.failed").text
    assert (await house.invoked()).ref == "EVT-2"


async def test_a_refused_fail_back_leaves_mail_on_the_standby(house: Mailhouse) -> None:
    await house.passes(POLL, times=2)
    house.provider.refusals.append(Permanent("The gateway refused: 403."))
    await house.approves()
    assert (await house.event()).state is State.ACTIVE
    assert "Mail stays on the standby." in house.last("event.fail_back_failed").text
    await house.passes(POLL, times=2)
    assert house.said().count("event.fail_back_proposed") == 2
    assert await house.waiting() == ["end_due", "remind", "watch_primary"]


async def test_a_fail_back_without_an_answer_is_repeated_until_it_is_certain(
    house: Mailhouse,
) -> None:
    await house.passes(POLL, times=2)
    house.provider.refusals.append(OutcomeUnknown("The connection broke."))
    await house.approves()
    assert (await house.event()).state is State.FAILING_BACK
    await house.passes(POLL)
    assert (await house.event()).state is State.ENDED
    assert house.provider.routes.switches.count("revert example.com") == 1


async def test_reminders_come_before_the_end_and_move_with_it(house: Mailhouse) -> None:
    house.prover.ill.add("primary")
    await house.passes(timedelta(hours=1), times=3)
    assert house.said().count("event.reminded") == 1
    assert "ends in 60 min" in house.last("event.reminded").text

    for _ in range(2):  # the second time after a crash, with the same key
        await house.continuity.extend("EVT-1", CAROL, timedelta(hours=2), key="RUN-1/longer/1")
    await house.passes(timedelta(minutes=45))
    assert house.said().count("event.reminded") == 1
    await house.passes(timedelta(minutes=75))
    assert house.said().count("event.reminded") == 2
    await house.passes(timedelta(minutes=45))
    assert "ends in 15 min" in house.last("event.reminded").text


async def test_at_its_end_an_event_with_an_ill_primary_stays_active_and_says_so(
    house: Mailhouse,
) -> None:
    house.prover.ill.add("primary")
    await house.passes(timedelta(hours=4))
    event = await house.event()
    assert event.state is State.ACTIVE
    assert event.end == house.clock.now() + timedelta(minutes=15)
    assert "the primary is not healthy" in house.last("event.extended").text
    assert event.fail_back == ""


async def test_at_its_end_an_event_with_a_clean_primary_asks_for_the_fail_back_again(
    house: Mailhouse,
) -> None:
    await house.passes(POLL, times=2)
    await house.passes(timedelta(minutes=31))
    assert (await house.event()).fail_back == ""  # nobody answered the proposal
    end = (await house.event()).end
    await house.passes(end - house.clock.now())
    event = await house.event()
    assert (event.state, event.fail_back) == (State.ACTIVE, "asked")
    assert "not approved yet" in house.last("event.extended").text
    await house.approves()
    assert (await house.event()).state is State.ENDED


async def test_only_an_active_event_is_extended(house: Mailhouse) -> None:
    before = (await house.event()).end
    after = await house.continuity.extend("EVT-1", CAROL, timedelta(hours=1))
    assert after.end == before + timedelta(hours=1)
    with pytest.raises(NotAllowed):
        await house.continuity.extend("EVT-1", BOB, timedelta(hours=1))
    await house.passes(POLL, times=2)
    await house.approves()
    with pytest.raises(Refused, match="EVT-1 is ended"):
        await house.continuity.extend("EVT-1", CAROL, timedelta(hours=1))
