"""Drills, what became of them, and the evidence they leave."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType


class DrillState(StrEnum):
    """What became of a drill.

    `running` is under way; `passed` came to its end; `failed` was stopped by a step that did not
    work; `cancelled` was broken off by a person; `missed` never began.
    """

    RUNNING = "running"
    PASSED = "passed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    MISSED = "missed"


TRANSITIONS: Mapping[DrillState, frozenset[DrillState]] = MappingProxyType(
    {
        DrillState.RUNNING: frozenset({DrillState.PASSED, DrillState.FAILED, DrillState.CANCELLED}),
        DrillState.PASSED: frozenset(),
        # Somebody may go on again from the step that failed.
        DrillState.FAILED: frozenset({DrillState.RUNNING}),
        DrillState.CANCELLED: frozenset(),
        DrillState.MISSED: frozenset(),
    }
)

_BECAME = {
    DrillState.RUNNING: "is running",
    DrillState.PASSED: "passed",
    DrillState.FAILED: "failed",
    DrillState.CANCELLED: "was cancelled",
    DrillState.MISSED: "was missed",
}

_ENDINGS = {
    "run.finished": DrillState.PASSED,
    "run.failed": DrillState.FAILED,
    "run.cancelled": DrillState.CANCELLED,
}


@dataclass(frozen=True)
class DrillResult:
    """One drill that was held, is being held, or was missed.

    `ref` is the run (`DRILL-3`), or the key of the firing when no run began; `started` is then
    when it should have. `text` says the last that was heard of it.
    """

    ref: str
    runbook: str
    mode: str
    state: DrillState
    started: datetime
    ended: datetime | None = None
    text: str = ""

    @property
    def became(self) -> str:
        """What became of it, as the rest of a sentence."""
        return _BECAME[self.state]


@dataclass(frozen=True)
class Evidence:
    """One thing that happened in a drill."""

    at: datetime
    what: str
    text: str


@dataclass(frozen=True)
class DrillReport:
    """What an auditor asks for: the result of one drill and everything that led to it."""

    result: DrillResult
    evidence: tuple[Evidence, ...] = ()

    @property
    def duration(self) -> timedelta | None:
        """From its start to its end; None while it runs or when it was missed."""
        result = self.result
        if result.ended is None or result.state is DrillState.MISSED:
            return None
        return result.ended - result.started

    @property
    def sentence(self) -> str:
        """The result in words, with its date: `DRILL: continuity-test (pilot) passed on …`."""
        result = self.result
        lasted = f" after {_minutes(self.duration)}" if self.duration is not None else ""
        when = (
            f"{'since' if result.state is DrillState.RUNNING else 'on'} {result.started:%Y-%m-%d}"
        )
        drill = f"DRILL: {result.runbook} ({result.mode})"
        return f"{drill} {result.became} {when} {result.started:%H:%M} UTC{lasted}."


@dataclass(frozen=True)
class DrillView:
    """A drill of the settings: when it comes next, and how it went last."""

    name: str
    runbook: str
    mode: str
    next: datetime | None
    last: DrillResult | None


def heard(result: DrillResult, what: str, at: datetime, text: str) -> DrillResult:
    """The result after one more thing was told of its run; what it cannot follow is passed over."""
    state = _ENDINGS.get(what, DrillState.RUNNING)
    if state is result.state:
        return replace(result, text=text)
    if state not in TRANSITIONS[result.state]:
        return result
    return replace(result, state=state, text=text, ended=at if what in _ENDINGS else None)


def _minutes(duration: timedelta) -> str:
    minutes = round(duration.total_seconds() / 60)
    return f"{minutes} minute" if minutes == 1 else f"{minutes} minutes"
