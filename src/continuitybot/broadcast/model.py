"""A broadcast and its deliveries: their states, what each promises, and the legal ways on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType


class DeliveryState(StrEnum):
    """Where one text to one person stands; PROMISES says what each state promises."""

    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"
    RETRYING = "retrying"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


PROMISES: Mapping[DeliveryState, str] = MappingProxyType(
    {
        DeliveryState.QUEUED: "Nothing has left yet; it waits for its turn.",
        DeliveryState.SENDING: "It is being handed to the carrier at this moment.",
        DeliveryState.SENT: "The carrier has taken it; the phone has not confirmed it.",
        DeliveryState.DELIVERED: "The phone has it.",
        DeliveryState.FAILED: "It has not arrived and will not be tried again.",
        DeliveryState.RETRYING: "It has not arrived; it is tried again at a set time.",
        DeliveryState.UNKNOWN: "It may have left; it is not sent again unless the carrier "
        "says that it never had it.",
        DeliveryState.CANCELLED: "It was stopped before it left.",
    }
)

_S = DeliveryState
TRANSITIONS: Mapping[DeliveryState, frozenset[DeliveryState]] = MappingProxyType(
    {
        _S.QUEUED: frozenset({_S.SENDING, _S.FAILED, _S.CANCELLED}),
        _S.SENDING: frozenset({_S.SENT, _S.DELIVERED, _S.FAILED, _S.RETRYING, _S.UNKNOWN}),
        _S.SENT: frozenset({_S.DELIVERED, _S.FAILED, _S.RETRYING}),
        _S.RETRYING: frozenset({_S.SENDING, _S.DELIVERED, _S.FAILED, _S.CANCELLED}),
        _S.UNKNOWN: frozenset({_S.SENT, _S.DELIVERED, _S.FAILED, _S.RETRYING, _S.CANCELLED}),
        _S.DELIVERED: frozenset(),
        _S.FAILED: frozenset(),
        _S.CANCELLED: frozenset(),
    }
)

UNSENT = frozenset({_S.QUEUED, _S.RETRYING})


@dataclass(frozen=True)
class Delivery:
    """One text to one person.

    `key` names it for ever (`SMS-4/alice`), `chunk` is the effect that performs it. `tries`
    counts the hand-overs begun, over all carriers; `carrier` has it, or gets it next; `refused`
    are the carriers that would not take it. `due` is when something is to be done about it
    without anybody asking, None when nothing more will be. `since` is when it came into its
    state, `asked_from` when its last hand-over began.
    """

    key: str
    ref: str
    chunk: str
    purpose: str
    person: str
    phone: str
    body: str
    segments: int
    carrier: str
    state: DeliveryState
    since: datetime
    due: datetime | None
    tries: int = 0
    refused: tuple[str, ...] = ()
    sid: str = ""
    code: str = ""
    reason: str = ""
    asked_from: datetime | None = None


def moved(
    delivery: Delivery,
    state: DeliveryState,
    now: datetime,
    *,
    due: datetime | None = None,
    code: str = "",
    reason: str = "",
) -> Delivery:
    """The delivery in its next state. Raises ValueError when the table has no such transition."""
    if state not in TRANSITIONS[delivery.state]:
        raise ValueError(f"{delivery.key}: {delivery.state} does not lead to {state}")
    return replace(delivery, state=state, since=now, due=due, code=code, reason=reason)


def may_become(delivery: Delivery, state: DeliveryState) -> bool:
    """False for a step backwards, such as a receipt that comes late or twice."""
    return state in TRANSITIONS[delivery.state]


class BroadcastState(StrEnum):
    """Where a broadcast stands.

    `requested` waits for approval; `approved` has its deliveries queued; `sending` has begun;
    `finished` has nothing more to do; `stopped` was ended by a person; `cancelled` was never
    approved.
    """

    REQUESTED = "requested"
    APPROVED = "approved"
    SENDING = "sending"
    FINISHED = "finished"
    STOPPED = "stopped"
    CANCELLED = "cancelled"


_B = BroadcastState
BROADCAST_TRANSITIONS: Mapping[BroadcastState, frozenset[BroadcastState]] = MappingProxyType(
    {
        _B.REQUESTED: frozenset({_B.APPROVED, _B.CANCELLED}),
        _B.APPROVED: frozenset({_B.SENDING, _B.STOPPED}),
        _B.SENDING: frozenset({_B.FINISHED, _B.STOPPED}),
        _B.FINISHED: frozenset(),
        _B.STOPPED: frozenset(),
        _B.CANCELLED: frozenset(),
    }
)


@dataclass(frozen=True)
class Recipient:
    """Somebody a broadcast goes to, as the directory had them when it was requested."""

    person: str
    name: str
    phone: str
    language: str


@dataclass(frozen=True)
class Plan:
    """Exactly what an approval is asked for: who gets which text, by which carriers.

    `texts` are template sources by language; `audience_digest` changes with the audience, of whom
    `people` get a text, in `segments` altogether.
    """

    audience: str
    audience_digest: str
    texts: Mapping[str, str]
    default_language: str
    people: int
    segments: int
    opted_out: tuple[str, ...]
    missing: tuple[str, ...]
    carriers: tuple[str, ...]
    drill: bool

    def text_in(self, language: str) -> str:
        """The template for people of a language."""
        return self.texts.get(language, self.texts[self.default_language])


@dataclass(frozen=True)
class Broadcast:
    """A text to many people, under one approval."""

    ref: str
    state: BroadcastState
    plan: Plan
    plan_hash: str
    requester: str
    requested: datetime
    incident: str = ""
    run: str = ""
    approver: str = ""
    approved: datetime | None = None
    ended: datetime | None = None
    why: str = ""

    @property
    def drill(self) -> bool:
        """True when it goes to the pilot audience, marked as a drill."""
        return self.plan.drill


def broadcast_moved(broadcast: Broadcast, state: BroadcastState) -> Broadcast:
    """The broadcast in its next state. Raises ValueError when the table has no such transition."""
    if state not in BROADCAST_TRANSITIONS[broadcast.state]:
        raise ValueError(f"{broadcast.ref}: {broadcast.state} does not lead to {state}")
    return replace(broadcast, state=state)


@dataclass(frozen=True)
class Counts:
    """How many people's texts are in which state, and who could not be sent one."""

    states: Mapping[DeliveryState, int] = field(default_factory=dict)
    pending: int = 0
    opted_out: int = 0
    missing: int = 0
    replies: Mapping[str, int] = field(default_factory=dict)

    def of(self, state: DeliveryState) -> int:
        """How many are in one state."""
        return self.states.get(state, 0)

    @property
    def total(self) -> int:
        """Everybody in the audience, with those who could not be sent a text."""
        return sum(self.states.values()) + self.opted_out + self.missing

    @property
    def left(self) -> int:
        """How many the carrier has surely taken."""
        return self.of(_S.SENT) + self.of(_S.DELIVERED)

    @property
    def leaving(self) -> int:
        """How many it may have taken."""
        return self.of(_S.SENDING) + self.of(_S.UNKNOWN)

    def sentence(self, ref: str) -> str:
        """`SMS-4: 22 of 24 delivered, 1 failed, 1 without a phone`."""
        order = (_S.SENT, _S.SENDING, _S.QUEUED, _S.RETRYING, _S.UNKNOWN, _S.FAILED, _S.CANCELLED)
        parts = [f"{self.of(_S.DELIVERED)} of {self.total} delivered"]
        parts += [f"{self.of(state)} {state}" for state in order if self.of(state)]
        parts += [f"{self.opted_out} opted out"] if self.opted_out else []
        parts += [f"{self.missing} without a phone"] if self.missing else []
        parts += [f"{count} answered {meaning}" for meaning, count in self.replies.items() if count]
        return f"{ref}: {', '.join(parts)}"
