"""The on-call ladder: who is paged next, and when to look again. Pure.

Alerts fail open. A rung on which nobody can be reached is passed over; when the rest of the
ladder is like that too, every admin is paged; when nobody can be paged at all, it is tried again.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from continuitybot.incidents.model import Paging


@dataclass(frozen=True)
class Target:
    """One person on one channel (chat, sms, email)."""

    person: str
    channel: str


@dataclass(frozen=True)
class Rung:
    """Whom this rung reaches at this moment, and how long to wait for one of them."""

    targets: tuple[Target, ...]
    wait: timedelta


@dataclass(frozen=True)
class Ladder:
    """All rungs, everybody who is paged when they fail, and when it begins again."""

    rungs: tuple[Rung, ...]
    last_resort: tuple[Target, ...]
    repeat: timedelta


class Reason(StrEnum):
    """Why somebody is paged now."""

    BEGUN = "begun"
    REPEATED = "repeated"
    UNANSWERED = "unanswered"
    UNREACHED = "unreached"


@dataclass(frozen=True)
class Step:
    """What the ladder asks for: pages to `targets` now (perhaps none), and the next look.

    `paging` is how far it has been climbed then; `reason` is None when nothing is to be done.
    """

    paging: Paging
    look_at: datetime
    targets: tuple[Target, ...] = ()
    reason: Reason | None = None

    @property
    def is_escalation(self) -> bool:
        """Whether this goes beyond the people paged before."""
        return self.reason in {Reason.UNANSWERED, Reason.UNREACHED}


def next_step(ladder: Ladder, paging: Paging, outcomes: Iterable[str], now: datetime) -> Step:
    """What to do now for an incident that is being paged about.

    `outcomes` are the states of the pages of the latest step. The next rung is paged when the
    wait of the latest is over, and at once when every page to it has definitely failed.
    """
    resumed = paging.suspended_until
    if resumed is not None and now < resumed:
        return Step(paging, resumed)
    if paging.at is None:
        return _climb(ladder, paging, 0, Reason.BEGUN, now)
    states = set(outcomes)
    if states <= {"failed"} and paging.rung < len(ladder.rungs):
        return _climb(ladder, paging, paging.rung + 1, Reason.UNREACHED, now)
    # Time under suspension is not held against the people of the rung.
    since = paging.at if resumed is None else max(paging.at, resumed)
    look_at = since + _pause(ladder, paging.rung)
    if now < look_at:
        return Step(paging, look_at)
    if paging.rung + 1 < len(ladder.rungs):
        return _climb(ladder, paging, paging.rung + 1, Reason.UNANSWERED, now)
    return _climb(ladder, paging, 0, Reason.REPEATED, now)


def _climb(ladder: Ladder, paging: Paging, start: int, reason: Reason, now: datetime) -> Step:
    last = len(ladder.rungs)
    rung = next((n for n in range(start, last) if ladder.rungs[n].targets), last)
    targets = ladder.rungs[rung].targets if rung < last else ladder.last_resort
    climbed = replace(paging, step=paging.step + 1, rung=rung, at=now)
    passed_over = rung > start or rung == last
    why = Reason.UNREACHED if passed_over else reason
    return Step(climbed, now + _pause(ladder, rung), targets, why)


def _pause(ladder: Ladder, rung: int) -> timedelta:
    last = len(ladder.rungs)
    if rung < last - 1:
        return ladder.rungs[rung].wait
    if rung < last:
        return ladder.repeat
    return min([ladder.repeat, *(one.wait for one in ladder.rungs)])
