from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from continuitybot.broadcast.model import (
    BROADCAST_TRANSITIONS,
    PROMISES,
    TRANSITIONS,
    Broadcast,
    BroadcastState,
    Counts,
    Delivery,
    DeliveryState,
    Plan,
    broadcast_moved,
    may_become,
    moved,
)

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def a_delivery(state: DeliveryState) -> Delivery:
    return Delivery(
        key="SMS-4/alice",
        ref="SMS-4",
        chunk="SMS-4/chunk/1",
        purpose="broadcast",
        person="alice",
        phone="+436601000001",
        body="Mail is down.",
        segments=1,
        carrier="twilio",
        state=state,
        since=NOW,
        due=NOW,
    )


def a_broadcast(state: BroadcastState) -> Broadcast:
    plan = Plan("all", "digest", {"en": "Mail is down."}, "en", 2, 2, (), (), ("twilio",), False)
    return Broadcast("SMS-4", state, plan, "hash", "carol", NOW)


def test_every_state_promises_something_in_a_sentence() -> None:
    assert set(PROMISES) == set(DeliveryState)
    assert all(promise.endswith(".") for promise in PROMISES.values())


@pytest.mark.parametrize(
    ("state", "next_state"), [*itertools.product(DeliveryState, repeat=2)], ids=str
)
def test_a_delivery_moves_by_the_table_only(
    state: DeliveryState, next_state: DeliveryState
) -> None:
    delivery = a_delivery(state)
    later = NOW + timedelta(seconds=5)

    if next_state in TRANSITIONS[state]:
        assert may_become(delivery, next_state)
        assert moved(delivery, next_state, later).since == later
    else:
        assert not may_become(delivery, next_state)
        with pytest.raises(ValueError, match="does not lead to"):
            moved(delivery, next_state, later)


@pytest.mark.parametrize(
    ("state", "next_state"), [*itertools.product(BroadcastState, repeat=2)], ids=str
)
def test_a_broadcast_moves_by_the_table_only(
    state: BroadcastState, next_state: BroadcastState
) -> None:
    broadcast = a_broadcast(state)

    if next_state in BROADCAST_TRANSITIONS[state]:
        assert broadcast_moved(broadcast, next_state).state is next_state
    else:
        with pytest.raises(ValueError, match="does not lead to"):
            broadcast_moved(broadcast, next_state)


def test_counts_read_as_a_sentence() -> None:
    states = {DeliveryState.DELIVERED: 22, DeliveryState.FAILED: 1}
    counts = Counts(states, missing=1, replies={"safe": 9})

    assert counts.sentence("SMS-4") == (
        "SMS-4: 22 of 24 delivered, 1 failed, 1 without a phone, 9 answered safe"
    )
