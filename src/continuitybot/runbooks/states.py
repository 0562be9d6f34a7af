"""The states of runs and of their steps, and every way from one to another."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class RunState(StrEnum):
    """Where a run stands."""

    RUNNING = "running"
    WAITING = "waiting"
    """Every open step waits: for a person, a moment or something outside."""
    PAUSED = "paused"
    """What has begun goes on to its end; nothing new begins."""
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


class StepState(StrEnum):
    """Where a step stands."""

    PENDING = "pending"
    RUNNING = "running"
    """One of its effects is being performed."""
    WAITING = "waiting"
    """It waits: for a person, a moment, a retry or something outside."""
    HELD = "held"
    """It failed, and a person decides what that means."""
    UNKNOWN = "unknown"
    """What it did outside may or may not have happened; a person must look and decide."""
    DONE = "done"
    FAILED = "failed"
    SKIPPED = "skipped"
    STOPPED = "stopped"
    """It had not ended when its run did, or when the parallel step around it did."""


_R, _S = RunState, StepState

RUN_TRANSITIONS: Mapping[RunState, frozenset[RunState]] = {
    _R.RUNNING: frozenset({_R.WAITING, _R.PAUSED, _R.FINISHED, _R.FAILED, _R.CANCELLED}),
    _R.WAITING: frozenset({_R.RUNNING, _R.PAUSED, _R.FINISHED, _R.FAILED, _R.CANCELLED}),
    _R.PAUSED: frozenset({_R.RUNNING, _R.WAITING, _R.FINISHED, _R.FAILED, _R.CANCELLED}),
    _R.FINISHED: frozenset(),
    _R.FAILED: frozenset({_R.RUNNING}),  # a person retries from a step
    _R.CANCELLED: frozenset(),
}

_ANYWHERE = frozenset(StepState)

STEP_TRANSITIONS: Mapping[StepState, frozenset[StepState]] = {
    _S.PENDING: frozenset({_S.RUNNING, _S.SKIPPED, _S.STOPPED}),
    _S.RUNNING: _ANYWHERE - {_S.PENDING},
    _S.WAITING: _ANYWHERE,
    _S.HELD: frozenset({_S.PENDING, _S.DONE, _S.FAILED, _S.SKIPPED, _S.STOPPED}),
    # What became of it may come to light after all.
    _S.UNKNOWN: _ANYWHERE,
    # What has ended can only be retried; that makes the steps after it pending, too.
    _S.DONE: frozenset({_S.PENDING}),
    _S.FAILED: frozenset({_S.PENDING}),
    _S.SKIPPED: frozenset({_S.PENDING}),
    _S.STOPPED: frozenset({_S.PENDING}),
}

OPEN_STEPS = frozenset({_S.RUNNING, _S.WAITING, _S.HELD, _S.UNKNOWN})
ENDED_STEPS = frozenset({_S.DONE, _S.FAILED, _S.SKIPPED, _S.STOPPED})
ENDED_RUNS = frozenset({_R.FINISHED, _R.FAILED, _R.CANCELLED})


class IllegalTransition(AssertionError):
    """A fault of the engine: it tried a transition that the tables do not have."""


def check_run(old: RunState, new: RunState) -> None:
    """Raises IllegalTransition when a run may not go from `old` to `new`."""
    if old != new and new not in RUN_TRANSITIONS[old]:
        raise IllegalTransition(f"a run does not go from {old} to {new}")


def check_step(old: StepState, new: StepState) -> None:
    """Raises IllegalTransition when a step may not go from `old` to `new`."""
    if old != new and new not in STEP_TRANSITIONS[old]:
        raise IllegalTransition(f"a step does not go from {old} to {new}")
