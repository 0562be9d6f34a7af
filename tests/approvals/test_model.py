"""What may follow what in the life of an approval."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from continuitybot.approvals.model import (
    TRANSITIONS,
    Approval,
    Decision,
    State,
    decided,
    moved,
    plan_digest,
)
from continuitybot.errors import NotAllowed, Refused, Stale

NOON = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
PLAN = plan_digest({"mx": "standby.example.net"})
ASKED = Approval(
    id="APR-1",
    subject="EVT-3",
    kind="invoke",
    title="Move example.com to the standby",
    plan_hash=PLAN,
    requester="alice",
    act="approve",
    quorum=1,
    created=NOON,
    expires=NOON + timedelta(minutes=30),
)
YES = Decision("bob", True, NOON + timedelta(minutes=1))
NO = replace(YES, approve=False, why="Too early.")


def test_every_state_has_its_row_in_the_table() -> None:
    assert set(TRANSITIONS) == set(State)


@pytest.mark.parametrize(
    ("state", "following"),
    [(a, b) for a, b in product(State, State) if b not in TRANSITIONS[a]],
)
def test_a_state_that_may_not_follow_is_refused(state: State, following: State) -> None:
    with pytest.raises(Refused):
        moved(replace(ASKED, state=state, decisions=(YES,)), following)


@pytest.mark.parametrize(
    ("state", "following"),
    [(a, b) for a in State for b in sorted(TRANSITIONS[a])],
)
def test_a_state_that_may_follow_does(state: State, following: State) -> None:
    assert moved(replace(ASKED, state=state), following).state is following


def test_one_person_is_enough_for_a_quorum_of_one() -> None:
    after = decided(ASKED, YES, PLAN)
    assert (after.state, after.decisions, after.missing) == (State.GRANTED, (YES,), 0)


def test_one_rejection_ends_the_question_whatever_the_quorum() -> None:
    asked = replace(ASKED, quorum=3)
    assert decided(decided(asked, YES), replace(NO, by="carol")).state is State.REJECTED


def test_a_quorum_of_two_needs_two_people() -> None:
    first = decided(replace(ASKED, quorum=2), YES)
    assert (first.state, first.missing) == (State.PENDING, 1)
    with pytest.raises(Refused, match="you have answered already"):
        decided(first, YES)
    assert decided(first, replace(YES, by="carol")).state is State.GRANTED


def test_the_requester_may_not_approve_but_may_withdraw() -> None:
    with pytest.raises(NotAllowed, match="you asked for this yourself") as caught:
        decided(ASKED, replace(YES, by="alice"), PLAN, ask_instead="Ask Bob Okafor.")
    assert caught.value.remedy == "Ask Bob Okafor."
    assert decided(ASKED, replace(NO, by="alice")).state is State.REJECTED


def test_another_plan_than_the_one_seen_is_stale() -> None:
    with pytest.raises(Stale, match="the plan has changed since you saw it"):
        decided(ASKED, YES, plan_digest({"mx": "elsewhere.example.net"}))


def test_an_answer_by_reference_alone_is_for_the_present_plan() -> None:
    assert decided(ASKED, YES, None).state is State.GRANTED


def test_the_last_moment_is_too_late() -> None:
    just_in_time = replace(YES, at=ASKED.expires - timedelta(microseconds=1))
    assert decided(ASKED, just_in_time).state is State.GRANTED
    with pytest.raises(Refused, match="the time to decide ended at 12:30 UTC"):
        decided(ASKED, replace(YES, at=ASKED.expires))


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (State.GRANTED, "it was approved by bob"),
        (State.REJECTED, "it was rejected by bob"),
        (State.EXPIRED, "nobody decided in time"),
        (State.VOIDED, "it was withdrawn"),
    ],
)
def test_a_late_answer_is_told_how_it_stands(state: State, words: str) -> None:
    ended = replace(ASKED, state=state, decisions=(YES,))
    with pytest.raises(Refused, match=words):
        decided(ended, replace(YES, by="carol"))


def test_a_digest_follows_the_values_and_not_their_order() -> None:
    assert plan_digest({"a": 1, "b": [1, "ü"]}) == plan_digest({"b": [1, "ü"], "a": 1})
    assert plan_digest({"a": 1}) != plan_digest({"a": "1"})
    assert plan_digest([1, 2]) != plan_digest([2, 1])


def test_a_digest_is_of_plain_values_only() -> None:
    with pytest.raises(TypeError):
        plan_digest({"at": NOON})
