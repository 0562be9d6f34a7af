"""From invoke to the end, and every way out of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from continuitybot import audit
from continuitybot.continuity.model import State
from continuitybot.continuity.plan import Backlog
from continuitybot.continuity.providers import build_providers
from continuitybot.errors import (
    NotAllowed,
    NotFound,
    OutcomeUnknown,
    Permanent,
    Refused,
    Stale,
    Transient,
)
from continuitybot.settings.continuity import ContinuitySettings
from rig.clock import MovedClock
from rig.continuity import DOMAIN, PILOT, SETTINGS, Mailhouse, frozen, mailhouse, thawed
from rig.people import ALICE, BOB, CAROL, DAVE

POLL = timedelta(seconds=30)


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """A database file in which nothing has happened."""
    return frozen(sqlite_template, tmp_path_factory.mktemp("calm"), Mailhouse.works)


@pytest.fixture
async def house(calm: Path, tmp_path: Path, clock: MovedClock) -> AsyncIterator[Mailhouse]:
    database = thawed(calm, tmp_path, clock)
    yield await mailhouse(database, clock, hands=build_providers(SETTINGS)["hands"])
    await database.close()


async def test_nothing_is_switched_before_a_second_person_approved(house: Mailhouse) -> None:
    event = await house.invoked(reason="primary defers everything", incident="INC-7")
    await house.works()
    assert event.state is State.PLANNED
    assert house.provider.routes.switches == []
    assert house.last("event.planned").data["plan"] == ["route for example.com: primary → standby"]
    assert house.last("event.planned").data["incident"] == "INC-7"

    await house.approves()
    assert house.provider.routes.switches == ["apply example.com"]
    assert (await house.event()).state is State.ACTIVE


async def test_an_event_is_active_only_after_canaries_passed_the_standby(house: Mailhouse) -> None:
    event = await house.active()
    assert house.prover.proofs == ["standby"]
    assert house.said() == [
        "event.planned",
        "event.approved",
        "event.applying",
        "event.verifying",
        "event.activated",
    ]
    activated = house.last("event.activated")
    assert activated.data["evidence"] == [
        "the gateway says standby",
        "canaries passed the standby both ways",
    ]
    assert "is ACTIVE" in activated.text
    assert "canaries passed the standby both ways." in activated.text
    assert event.approver == "bob"
    assert event.end == house.clock.now() + timedelta(hours=4)


async def test_a_standby_that_does_not_prove_itself_is_taken_back(house: Mailhouse) -> None:
    house.prover.ill.add("standby")
    await house.invoked()
    await house.approves()
    await house.passes(times=3)
    assert house.prover.proofs == ["standby"] * 3
    assert house.provider.routes.switches == ["apply example.com", "revert example.com"]
    event = await house.event()
    assert event.state is State.ROLLED_BACK
    assert "event.activated" not in house.said()
    assert "the inbound canary was lost at the standby" in house.last("event.rolled_back").text
    assert event.backlog == Backlog(taken=3, delivered=3)


async def test_a_late_canary_is_tried_again_before_the_switch_is_given_up(
    house: Mailhouse,
) -> None:
    house.prover.ill.add("standby")
    await house.invoked()
    await house.approves()
    house.prover.ill.clear()
    await house.passes()
    assert (await house.event()).state is State.ACTIVE


@pytest.mark.parametrize(
    "refusal",
    [Stale("The route is something else."), Permanent("The gateway refused: 403.")],
)
async def test_a_refused_switch_fails_and_says_that_the_routes_are_as_before(
    house: Mailhouse, refusal: Refused | Permanent
) -> None:
    house.provider.refusals.append(refusal)
    await house.invoked()
    await house.approves()
    assert (await house.event()).state is State.FAILED
    assert str(refusal) in house.last("event.failed").text
    assert "The routes are as before." in house.last("event.failed").text
    assert house.provider.routes.switches == []


async def test_a_gateway_that_is_away_for_a_moment_is_tried_again(house: Mailhouse) -> None:
    house.provider.refusals.append(Transient("The gateway is away."))
    await house.invoked()
    await house.approves()
    await house.passes()
    assert (await house.event()).state is State.ACTIVE


async def test_a_lost_answer_is_found_out_by_reading_the_routes(house: Mailhouse) -> None:
    house.provider.lost_answers = 1
    await house.invoked()
    await house.approves()
    assert (await house.event()).state is State.ACTIVE
    assert house.provider.routes.switches == ["apply example.com"]


async def test_an_unknown_outcome_that_did_not_happen_is_repeated_under_the_same_plan(
    house: Mailhouse,
) -> None:
    house.provider.refusals.append(OutcomeUnknown("The connection broke."))
    await house.invoked()
    await house.approves()
    assert (await house.event()).state is State.APPLYING
    await house.passes()
    assert (await house.event()).state is State.ACTIVE
    assert house.provider.routes.switches == ["apply example.com"]


async def test_a_switch_of_which_only_a_part_took_effect_is_taken_back(house: Mailhouse) -> None:
    house.provider.partly = True
    await house.invoked(domains=[DOMAIN, "example.org"])
    await house.approves()
    assert house.provider.routes.now == {DOMAIN: "primary", "example.org": "primary"}
    assert (await house.event()).state is State.ROLLED_BACK
    assert "Only a part" in house.last("event.rolling_back").text


async def test_a_roll_back_that_fails_calls_a_person_and_says_what_to_do(house: Mailhouse) -> None:
    house.prover.ill.add("standby")
    await house.invoked()
    await house.approves()
    house.provider.refusals.extend([Permanent("The gateway refused: 500.")] * 3)
    await house.passes(times=6)
    assert (await house.event()).state is State.FAILED
    assert "Route it to the primary." in house.last("event.failed").text


async def test_only_those_who_may_invoke_do_and_a_denial_is_audited(house: Mailhouse) -> None:
    with pytest.raises(NotAllowed, match="Ask"):
        await house.invoked(by=DAVE)
    async with house.database.reading() as tx:
        [denial] = await audit.entries(tx)
    assert (denial.who, denial.verb, denial.outcome) == ("dave", "invoke", "denied")
    assert (await house.invoked(by=CAROL)).requester == "carol"


async def test_the_requester_cannot_approve(house: Mailhouse) -> None:
    await house.invoked(by=ALICE)
    with pytest.raises(NotAllowed):
        await house.approves(by=ALICE)
    await house.approves(by=BOB)
    assert (await house.event()).state is State.ACTIVE


async def test_a_rejected_event_is_cancelled(house: Mailhouse) -> None:
    await house.invoked()
    await house.approvals.decide(subject="EVT-1", by=BOB, approve=False)
    await house.works()
    assert (await house.event()).state is State.CANCELLED
    assert house.provider.routes.switches == []


async def test_an_approval_that_nobody_gave_in_time_cancels_the_event(house: Mailhouse) -> None:
    await house.invoked()
    await house.passes(timedelta(minutes=31))
    assert (await house.event()).state is State.CANCELLED
    assert "expired" in house.last("event.cancelled").text


async def test_an_event_can_be_withdrawn_until_it_is_applied(house: Mailhouse) -> None:
    await house.invoked()
    cancelled = await house.continuity.cancel("evt-1", CAROL, "false alarm")
    assert cancelled.state is State.CANCELLED
    with pytest.raises(Refused):
        await house.approves()
    await house.invoked()
    await house.approves("EVT-2")
    with pytest.raises(Refused, match="EVT-2 is active"):
        await house.continuity.cancel("EVT-2", CAROL)


async def test_a_second_invoke_for_the_same_domain_names_the_first(house: Mailhouse) -> None:
    await house.invoked()
    with pytest.raises(Refused, match="EVT-1 already has the mail"):
        await house.invoked()
    await house.invoked(domains=["example.org"])


@pytest.mark.parametrize(
    ("wish", "suggestion"),
    [
        ({"provider": "gatway"}, "Did you mean gateway?"),
        ({"domains": ["exampel.com"]}, "Did you mean example.com?"),
        ({"domains": ["nowhere.test"]}, "There are: example.com, example.org."),
    ],
)
async def test_an_unknown_name_is_answered_with_a_suggestion(
    house: Mailhouse, wish: dict[str, Any], suggestion: str
) -> None:
    with pytest.raises(NotFound, match=suggestion.replace("?", r"\?")):
        await house.invoked(**wish)


@pytest.mark.parametrize("hours", [0, -1, 24 * 8])
async def test_an_impossible_duration_is_refused(house: Mailhouse, hours: int) -> None:
    with pytest.raises(Refused, match="duration"):
        await house.invoked(for_=timedelta(hours=hours))


async def test_a_scheduled_event_waits_for_its_start(house: Mailhouse) -> None:
    start = house.clock.now() + timedelta(hours=2)
    await house.invoked(at=start)
    await house.approves()
    assert (await house.event()).state is State.APPROVED
    assert house.provider.routes.switches == []
    await house.passes(timedelta(hours=2))
    event = await house.event()
    assert event.state is State.ACTIVE
    assert event.end == start + timedelta(hours=4)


async def test_a_drill_is_refused_without_pilot_domains_and_limited_to_them(
    house: Mailhouse,
) -> None:
    with pytest.raises(Refused, match="no pilot domains"):
        await house.invoked(drill=True, domains=())
    with pytest.raises(NotFound, match="not a pilot domain"):
        await house.invoked(drill=True, provider="hands")
    event = await house.invoked(drill=True, provider="hands", domains=())
    assert event.domains == (PILOT,)
    assert house.last("event.planned").text.startswith("[DRILL] ")


async def test_a_manual_provider_waits_for_a_person_and_is_proved_all_the_same(
    house: Mailhouse,
) -> None:
    await house.invoked(provider="hands")
    await house.approves()
    event = await house.event()
    assert event.state is State.APPLYING
    assert event.instructions == ("Point example.com at the standby.",)
    assert "Point example.com at the standby." in house.last("event.instructed").text
    with pytest.raises(NotAllowed):
        await house.continuity.confirm_manual("EVT-1", DAVE)

    await house.continuity.confirm_manual("EVT-1", CAROL)
    await house.works()
    assert (await house.event()).state is State.ACTIVE
    assert house.prover.proofs == ["standby"]

    await house.passes(POLL, times=2)
    await house.approves()
    assert (await house.event()).instructions == ("Point example.com at the primary.",)
    await house.continuity.confirm_manual("EVT-1", CAROL)
    await house.works()
    assert (await house.event()).state is State.ENDED
    assert "does not count" in house.last("event.ended").text


async def test_every_act_is_in_the_audit_record_and_the_record_is_whole(house: Mailhouse) -> None:
    await house.active()
    async with house.database.reading() as tx:
        entries = await audit.entries(tx, "EVT-1")
    verbs = [(entry.who, entry.verb) for entry in reversed(entries)]
    assert ("carol", "event.planned") in verbs
    assert ("bob", "event.approved") in verbs
    assert ("bot", "event.activated") in verbs
    assert (await audit.verify(house.database)).ok


def test_settings_that_contradict_themselves_are_refused() -> None:
    hands = {"name": "hands", "kind": "manual", "apply": ["x"], "revert": ["y"]}
    for wrong, said in [
        ({"providers": [hands, hands]}, "two providers"),
        ({"providers": [hands], "default_provider": "hand"}, "is not a provider"),
        ({"default_duration": "8d"}, "longer than max_duration"),
    ]:
        with pytest.raises(ValueError, match=said):
            ContinuitySettings.model_validate(wrong)
    assert ContinuitySettings.model_validate({"providers": [hands]}).providers[0].name == "hands"
