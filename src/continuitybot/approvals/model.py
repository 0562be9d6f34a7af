"""An approval: one exact plan, who asked, who answered, and the states in between."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from continuitybot.errors import NotAllowed, Refused, Stale


class State(StrEnum):
    """Where an approval stands.

    `pending` waits for people; `granted` has its quorum and what it was asked for goes ahead;
    `rejected` was refused by one person; `expired` was not answered in time; `voided` was
    withdrawn, or its plan was replaced by another.
    """

    PENDING = "pending"
    GRANTED = "granted"
    REJECTED = "rejected"
    EXPIRED = "expired"
    VOIDED = "voided"


TRANSITIONS: Mapping[State, frozenset[State]] = MappingProxyType(
    {
        State.PENDING: frozenset({State.GRANTED, State.REJECTED, State.EXPIRED, State.VOIDED}),
        State.GRANTED: frozenset(),
        State.REJECTED: frozenset(),
        State.EXPIRED: frozenset(),
        State.VOIDED: frozenset(),
    }
)


@dataclass(frozen=True)
class Decision:
    """One person's answer."""

    by: str
    approve: bool
    at: datetime
    why: str = ""
    platform: str = ""


@dataclass(frozen=True)
class Approval:
    """The question whether one exact plan may go ahead.

    `subject` is what it is about (`EVT-3`), `kind` what would be done to it (`invoke`), `title`
    one line for people, `requester` a handle or `bot`, `act` the authority a decision needs
    (see people.authority), `quorum` how many different people must agree.
    """

    id: str
    subject: str
    kind: str
    title: str
    plan_hash: str
    requester: str
    act: str
    quorum: int
    created: datetime
    expires: datetime
    state: State = State.PENDING
    decisions: tuple[Decision, ...] = ()

    @property
    def missing(self) -> int:
        """How many people must still agree."""
        return max(0, self.quorum - sum(decision.approve for decision in self.decisions))


def moved(approval: Approval, state: State) -> Approval:
    """The approval in its next state. Raises Refused when the table has no such transition."""
    if state not in TRANSITIONS[approval.state]:
        raise Refused(f"{approval.subject}: {_standing(approval)}", code="decided")
    return replace(approval, state=state)


def decided(
    approval: Approval, decision: Decision, plan_hash: str | None = None, ask_instead: str = ""
) -> Approval:
    """The approval after one more answer.

    `plan_hash` is the plan the person saw; None when they answered by reference alone.
    `ask_instead` tells the requester who else could approve.
    Raises: Refused when it is no longer open or they have answered, Stale when the plan is
    another, NotAllowed when they asked for it themselves.
    """
    if approval.state is not State.PENDING:
        raise Refused(f"{approval.subject}: {_standing(approval)}", code="decided")
    if decision.at >= approval.expires:
        raise Refused(
            f"{approval.subject}: the time to decide ended at {approval.expires:%H:%M} UTC.",
            remedy="Ask for it again.",
            code="expired",
        )
    if plan_hash is not None and plan_hash != approval.plan_hash:
        raise Stale(
            f"{approval.subject}: the plan has changed since you saw it.",
            remedy="Look at the present plan and decide again.",
            code="plan",
        )
    if decision.approve and decision.by == approval.requester:
        raise NotAllowed(
            f"{approval.subject}: you asked for this yourself, so somebody else has to approve it.",
            remedy=ask_instead,
            code="requester",
        )
    if any(earlier.by == decision.by for earlier in approval.decisions):
        raise Refused(
            f"{approval.subject}: you have answered already.",
            remedy=f"It still needs {approval.missing} more people.",
            code="decided",
        )
    answered = replace(approval, decisions=(*approval.decisions, decision))
    if not decision.approve:
        return moved(answered, State.REJECTED)
    return moved(answered, State.GRANTED) if answered.missing == 0 else answered


def plan_digest(plan: Any) -> str:
    """The SHA-256 of a plan's JSON values; the order of keys does not matter."""
    written = json.dumps(plan, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(written.encode()).hexdigest()


def _standing(approval: Approval) -> str:
    last = approval.decisions[-1] if approval.decisions else None
    by = f"by {last.by} at {last.at:%H:%M} UTC" if last else "already"
    return {
        State.PENDING: "it still waits for a decision.",
        State.GRANTED: f"it was approved {by}.",
        State.REJECTED: f"it was rejected {by}.",
        State.EXPIRED: "nobody decided in time.",
        State.VOIDED: "it was withdrawn.",
    }[approval.state]
