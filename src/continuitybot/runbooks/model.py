"""A run: the definition it started with, where each step stands, and what can happen to it.

    advance(run, event, now, rules) -> (run, effects)

Everything here is a value. `advance.py` leads to the rules, `states.py` has the legal
transitions, and `moves.py` what an action may answer when it is asked how its step goes on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from continuitybot.runbooks.definition import Definition, Kind
from continuitybot.runbooks.states import ENDED_RUNS, OPEN_STEPS, RunState, StepState


class Mode(StrEnum):
    """Which outside a run acts on. The engine does not look at it: other ports are wired in."""

    LIVE = "live"
    TABLETOP = "tabletop"
    PILOT = "pilot"
    FULL = "full"


class Purpose(StrEnum):
    """What a step wants from an effect it has ordered."""

    ACTION = "action"
    LOOK = "look"
    TIMEOUT = "timeout"
    RETRY = "retry"
    MOMENT = "moment"


@dataclass(frozen=True)
class Effect:
    """Something to be done outside, or a timer; `due` None means now.

    `key` is `<run>/<step>/<n>` and is never used twice.
    """

    key: str
    kind: str
    payload: Mapping[str, Any] = field(default_factory=dict)
    due: datetime | None = None


@dataclass(frozen=True)
class StepRun:
    """Where one step of a run stands.

    `given` is its body as rendered, `outputs` what later templates see, `waits` the effects it
    still expects to hear from, `subjects` the objects outside whose change it wants to hear of,
    `left` the effects that may be under way though it no longer waits for them, `ordered` how many
    it ever ordered, `reason` why it stands where it does.
    """

    state: StepState = StepState.PENDING
    attempt: int = 0
    reason: str = ""
    by: str = ""
    given: Mapping[str, Any] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)
    waits: Mapping[Purpose, str] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    ordered: int = 0
    started: datetime | None = None
    ended: datetime | None = None

    def purpose_of(self, key: str) -> Purpose | None:
        """What the step wanted from that effect; None when it no longer cares."""
        return next((purpose for purpose, wanted in self.waits.items() if wanted == key), None)


@dataclass(frozen=True)
class Note:
    """A remark that a person or the engine left on a run."""

    at: datetime
    by: str
    text: str


@dataclass(frozen=True)
class Run:
    """One execution of a runbook.

    `event` is what started it (of an alert: its checks and direction), `put_off` the timers that
    came due while it paused.
    """

    ref: str
    definition: Definition
    inputs: Mapping[str, Any]
    created: datetime
    mode: Mode = Mode.LIVE
    requester: str = "bot"
    incident: str = ""
    event: Mapping[str, Any] = field(default_factory=dict)
    state: RunState = RunState.RUNNING
    steps: Mapping[str, StepRun] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    put_off: tuple[str, ...] = ()
    ended: datetime | None = None

    @property
    def is_drill(self) -> bool:
        """Whether it practises: by its kind, or by the outside it acts on."""
        return self.definition.kind is Kind.DRILL or self.mode is not Mode.LIVE

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will happen by itself."""
        return self.state in ENDED_RUNS

    @property
    def open_steps(self) -> tuple[str, ...]:
        """The steps that have begun and not ended."""
        return tuple(id for id, step in self.steps.items() if step.state in OPEN_STEPS)

    def context(self) -> dict[str, Any]:
        """What templates and conditions see."""
        return {
            "inputs": dict(self.inputs),
            "steps": {id: _seen(step) for id, step in self.steps.items()},
            "run": {
                "ref": self.ref,
                "runbook": self.definition.name,
                "title": self.definition.title,
                "requester": self.requester,
            },
            "incident": self.incident,
            "event": dict(self.event),
        }


def _seen(step: StepRun) -> dict[str, Any]:
    return {**step.outputs, "state": step.state.value, "reason": step.reason, "by": step.by}


def new_run(ref: str, definition: Definition, inputs: Mapping[str, Any], now: datetime,
            **facts: Any) -> Run:  # fmt: skip
    """A run in which nothing has begun; `facts` are further fields of Run."""
    steps = {id: StepRun() for id in definition.spots}
    return Run(ref, definition, inputs, now, steps=steps, **facts)


@dataclass(frozen=True)
class Measure:
    """A runbook objective against the time it took; `met` None while it is still open."""

    name: str
    target: timedelta
    elapsed: timedelta
    met: bool | None


def measures(run: Run, now: datetime) -> list[Measure]:
    """Each objective, measured from the start of the run to the end of its step.

    A step that was left out leaves nothing to measure.
    """
    found = []
    for id, spot in run.definition.spots.items():
        step = run.steps[id]
        if not spot.step.objective or step.state is StepState.SKIPPED:
            continue
        target = run.definition.objectives[spot.step.objective]
        is_done = step.state is StepState.DONE and step.ended is not None
        end = (step.ended if is_done else run.ended) or now
        elapsed = end - run.created
        missed = elapsed > target or (run.has_ended and not is_done)
        met = None if not is_done and not missed else not missed
        found.append(Measure(spot.step.objective, target, elapsed, met))
    return found
