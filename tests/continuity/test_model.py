"""States, their table, and every decision tried in every state."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from continuitybot.continuity import returning, switching
from continuitybot.continuity.model import (
    TRANSITIONS,
    Decision,
    Do,
    Event,
    OutOfTurn,
    Rules,
    State,
    move,
)
from continuitybot.continuity.plan import Backlog, Change, Evidence, Plan, Position, Scope
from continuitybot.errors import Refused

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
RULES = Rules(clean_round_trips=2)
PLAN = Plan(
    "p1",
    "gateway",
    Scope(("example.com",)),
    (Change("route for example.com", "primary", "standby", "example.com"),),
    undo="Route it back.",
)
EVENT = Event(
    ref="EVT-1",
    provider="gateway",
    plan=PLAN,
    plan_hash="h",
    requester="carol",
    start=NOW,
    end=NOW + timedelta(hours=4),
    duration=timedelta(hours=4),
)
GOOD, BAD = Evidence(True, ("it came",)), Evidence(False, reason="it was lost")
SWITCHING = {State.APPLYING, State.ROLLING_BACK, State.FAILING_BACK}

# Each decision with the only states that it is possible in.
DECISIONS: dict[str, tuple[Callable[[Event], Decision], set[State]]] = {
    "approved": (lambda e: switching.on_approved(e, "bob", "Bob", NOW), {State.PLANNED}),
    "not approved": (lambda e: switching.on_not_approved(e, "expired"), {State.PLANNED}),
    "cancelled": (
        lambda e: switching.on_cancelled(e, "Carol", ""),
        {State.PLANNED, State.APPROVED},
    ),
    "start": (switching.on_start, {State.APPROVED}),
    "applied": (switching.on_applied, {State.APPLYING}),
    "instructions": (lambda e: switching.on_instructions(e, ("Do it.",)), SWITCHING),
    "done by hand": (
        lambda e: switching.on_done_by_hand(replace(e, instructions=("Do it.",))),
        SWITCHING,
    ),
    "trouble": (lambda e: switching.on_trouble(e, "no answer", sure=False), SWITCHING),
    "position": (
        lambda e: switching.on_position(e, Position.BEFORE, sure=True, rules=RULES),
        {State.APPLYING, State.ROLLING_BACK},
    ),
    "position on the way back": (
        lambda e: returning.on_position(e, Position.AFTER, sure=True, rules=RULES),
        {State.FAILING_BACK},
    ),
    "proved": (lambda e: switching.on_proved(e, GOOD, NOW, RULES), {State.VERIFYING}),
    "not proved": (lambda e: switching.on_not_proved(e, BAD, RULES), {State.VERIFYING}),
    "rolled back": (switching.on_rolled_back, {State.ROLLING_BACK}),
    "extended": (
        lambda e: returning.on_extended(e, "Carol", timedelta(hours=1), NOW, RULES),
        {State.ACTIVE},
    ),
    "fail back requested": (
        lambda e: returning.on_fail_back_requested(e, "carol", "Carol"),
        {State.ACTIVE},
    ),
    "fail back approved": (
        lambda e: returning.on_fail_back_approved(e, "bob", "Bob", RULES),
        {State.ACTIVE},
    ),
    "fail back not approved": (returning.on_fail_back_not_approved, {State.ACTIVE}),
    "reverted": (returning.on_reverted, {State.FAILING_BACK}),
    "drain": (
        lambda e: returning.on_drain(e, Backlog(), RULES),
        {State.DRAINING, State.ROLLED_BACK},
    ),
    "drain unreadable": (
        lambda e: returning.on_drain_unreadable(e, "no answer", RULES),
        {State.DRAINING, State.ROLLED_BACK},
    ),
    "primary proved": (lambda e: returning.on_primary_proved(e, GOOD), {State.DRAINING}),
    "primary not proved": (
        lambda e: returning.on_primary_not_proved(e, BAD, RULES),
        {State.DRAINING},
    ),
}
# Timers and polls that fire late are no mistake of anybody: they change nothing.
TIMERS: dict[str, Callable[[Event], Decision]] = {
    "reminder due": lambda e: returning.on_reminder_due(e, e.end, NOW, RULES),
    "end due": lambda e: returning.on_end_due(e, e.end, NOW, RULES),
    "primary tried": lambda e: returning.on_primary_tried(e, GOOD, RULES),
}


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize("before", State)
def test_only_the_transitions_of_the_table_are_possible(before: State) -> None:
    event = replace(EVENT, state=before)
    for after in State:
        if after in TRANSITIONS[before]:
            assert move(event, after).state is after
        else:
            with pytest.raises(OutOfTurn):
                move(event, after)


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_is_made_in_its_own_states_and_refused_in_all_others(name: str) -> None:
    decision_on, possible = DECISIONS[name]
    for state in State:
        event = replace(EVENT, state=state)
        if state in possible:
            after = decision_on(event).event.state
            assert after is state or after in TRANSITIONS[state]
        else:
            with pytest.raises(OutOfTurn, match="EVT-1 is"):
                decision_on(event)


@pytest.mark.parametrize("name", TIMERS)
def test_a_timer_that_fires_too_late_changes_nothing(name: str) -> None:
    for state in set(State) - {State.ACTIVE, State.FAILING_BACK}:
        event = replace(EVENT, state=state)
        assert TIMERS[name](event) == Decision(event)


@pytest.mark.parametrize("name", TIMERS)
def test_on_the_way_back_a_timer_goes_on_without_a_word(name: str) -> None:
    decision = TIMERS[name](replace(EVENT, state=State.FAILING_BACK))
    assert decision.event.state is State.FAILING_BACK
    assert all(isinstance(follows, Do) for follows in decision.consequences)


@pytest.mark.parametrize("name", ["reminder due", "end due"])
def test_a_timer_made_for_another_end_changes_nothing(name: str) -> None:
    event = replace(EVENT, state=State.ACTIVE)
    functions = {"reminder due": returning.on_reminder_due, "end due": returning.on_end_due}
    assert functions[name](event, NOW, NOW, RULES) == Decision(event)


@pytest.mark.parametrize("delta", [timedelta(0), timedelta(hours=-1), timedelta(days=8)])
def test_an_extension_into_the_past_or_too_far_ahead_is_refused(delta: timedelta) -> None:
    event = replace(EVENT, state=State.ACTIVE)
    with pytest.raises(Refused):
        returning.on_extended(event, "Carol", delta, NOW, RULES)


def test_what_the_standby_took_and_nobody_has_is_counted() -> None:
    backlog = Backlog(taken=10, delivered=7, outstanding=1, lost=1)
    assert backlog.unaccounted == 1
    event = replace(EVENT, state=State.DRAINING, backlog=replace(backlog, outstanding=0))
    said = returning.on_primary_proved(event, GOOD).consequences[0]
    assert "2 messages are not accounted for" in str(said)


def test_done_by_hand_is_refused_when_no_person_was_asked() -> None:
    with pytest.raises(OutOfTurn, match="not for a person"):
        switching.on_done_by_hand(replace(EVENT, state=State.APPLYING))
