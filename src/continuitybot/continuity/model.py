"""Events: one use of the standby each, the states they go through, and what a decision is.

What follows from what is decided in `switching.py` (from the approval to ACTIVE) and
`returning.py` (from ACTIVE to the end), functions as pure as this module.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal

from continuitybot.continuity.plan import Backlog, Evidence, Plan
from continuitybot.errors import Refused


class State(StrEnum):
    """Where an event stands; each word is what the card says."""

    PLANNED = "planned"  # waits for approval
    APPROVED = "approved"  # waits for its start
    APPLYING = "applying"  # the provider is switching the mail
    VERIFYING = "verifying"  # switched; canaries are on their way
    ACTIVE = "active"  # proved: mail flows through the standby in both directions
    FAILING_BACK = "failing_back"  # the provider is switching back
    DRAINING = "draining"  # mail reaches the primary; the standby hands over what it took
    ENDED = "ended"  # the primary is proved and the standby is empty
    ROLLING_BACK = "rolling_back"  # the switch did not prove itself and is being taken back
    ROLLED_BACK = "rolled_back"  # taken back; mail goes where it went before
    FAILED = "failed"  # not switched, or in a state that only a person can judge
    CANCELLED = "cancelled"  # never applied: rejected, expired or withdrawn


TRANSITIONS: Mapping[State, frozenset[State]] = {
    State.PLANNED: frozenset({State.APPROVED, State.CANCELLED}),
    State.APPROVED: frozenset({State.APPLYING, State.CANCELLED}),
    State.APPLYING: frozenset({State.VERIFYING, State.ROLLING_BACK, State.FAILED}),
    State.VERIFYING: frozenset({State.ACTIVE, State.ROLLING_BACK}),
    State.ACTIVE: frozenset({State.FAILING_BACK}),
    State.FAILING_BACK: frozenset({State.DRAINING, State.ACTIVE}),
    State.DRAINING: frozenset({State.ENDED, State.FAILED}),
    State.ROLLING_BACK: frozenset({State.ROLLED_BACK, State.FAILED}),
    State.ENDED: frozenset(),
    State.ROLLED_BACK: frozenset(),
    State.FAILED: frozenset(),
    State.CANCELLED: frozenset(),
}
CLOSED = frozenset(state for state, following in TRANSITIONS.items() if not following)
# A draining event no longer routes anything: should the primary break again, a new one may begin.
HOLDING = frozenset(State) - CLOSED - {State.DRAINING}


class OutOfTurn(Refused):
    """What was asked for, or heard of, does not fit the state the event is in."""


@dataclass(frozen=True)
class Entry:
    """One line of an event's history; `key` names who asked, if they may ask again."""

    at: datetime
    state: State
    text: str
    key: str = ""


@dataclass(frozen=True)
class Event:
    """One use of the standby, from the plan to the end.

    `end` is a promise until the event is active, then it counts from there. `requester` and
    `approver` are handles, `return_approver` is that of the way back. `fail_back` says whether a
    return has been asked for or approved.
    `clean_round_trips` are those of the primary in a row; `tries` counts within the state.
    `instructions` wait for a person; `why` is the last thing that went wrong.
    """

    ref: str
    provider: str
    plan: Plan
    plan_hash: str
    requester: str
    start: datetime
    end: datetime
    duration: timedelta
    reason: str = ""
    incident: str = ""
    run: str = ""
    state: State = State.PLANNED
    version: int = 1
    approver: str = ""
    return_approver: str = ""
    fail_back: Literal["", "asked", "approved"] = ""
    clean_round_trips: int = 0
    tries: int = 0
    evidence: Evidence | None = None
    backlog: Backlog | None = None
    instructions: tuple[str, ...] = ()
    why: str = ""
    history: tuple[Entry, ...] = ()

    @property
    def domains(self) -> tuple[str, ...]:
        return self.plan.scope.domains

    @property
    def drill(self) -> bool:
        return self.plan.scope.drill

    @property
    def where(self) -> str:
        """The domains as a phrase: `harbour.example and harbour.test`."""
        *first, last = self.domains
        return f"{', '.join(first)} and {last}" if first else last


@dataclass(frozen=True)
class Rules:
    """The numbers that decisions depend on, from the settings."""

    attempts: int = 3
    prove_every: timedelta = timedelta(seconds=10)
    clean_round_trips: int = 5
    watch_every: timedelta = timedelta(seconds=30)
    auto_propose: bool = True
    ask_again: timedelta = timedelta(minutes=15)
    drain_poll: timedelta = timedelta(seconds=15)
    remind_before: tuple[timedelta, ...] = (timedelta(hours=1), timedelta(minutes=15))
    max_duration: timedelta = timedelta(days=7)


Work = Literal[
    "start",
    "apply",
    "find_out",
    "verify",
    "revert",
    "remind",
    "end_due",
    "watch_primary",
    "drain",
    "verify_primary",
]


@dataclass(frozen=True)
class Do:
    """Have something done outside, or be woken: `continuity.<work>`, `after` a while."""

    work: Work
    after: timedelta = timedelta()
    payload: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Ask:
    """Ask for an approval to fail back, in the name of `requester`."""

    requester: str


@dataclass(frozen=True)
class Withdraw:
    """Void the approval that is being waited for."""

    why: str


@dataclass(frozen=True)
class Say:
    """Announce `event.<what>` with one sentence, which stays in the history with its `key`."""

    what: str
    text: str
    key: str = ""


Consequence = Do | Ask | Withdraw | Say


@dataclass(frozen=True)
class Decision:
    """What the event is now, and what follows from that, in order."""

    event: Event
    consequences: tuple[Consequence, ...] = ()


def decide(event: Event, *consequences: Consequence | None) -> Decision:
    """A decision; consequences that are None are left out."""
    return Decision(event, tuple(c for c in consequences if c is not None))


def expect(event: Event, *states: State, act: str) -> None:
    """Raises OutOfTurn unless the event is in one of `states`; `act` reads `be extended`."""
    if event.state not in states:
        needed = " or ".join(state.value.replace("_", " ") for state in states)
        raise OutOfTurn(
            f"{event.ref} is {event.state.value.replace('_', ' ')} and cannot {act}.",
            remedy=f"That is possible while it is {needed}.",
        )


def move(event: Event, state: State, **changes: Any) -> Event:
    """The event in another state, with the counters of the old one cleared."""
    if state not in TRANSITIONS[event.state]:
        raise OutOfTurn(f"{event.ref} cannot go from {event.state} to {state}.")
    return replace(event, **{"tries": 0, "instructions": (), "state": state, **changes})


def sentence(text: str) -> str:
    """The text with a full stop, for reasons that came from elsewhere."""
    return text if text.endswith((".", "!", "?")) else f"{text}."
