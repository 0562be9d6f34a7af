"""What a runbook says, as plain values: a run carries the definition it started with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from functools import cached_property
from typing import Any

PARALLEL = "parallel"


class Kind(StrEnum):
    """Which of the three times of a continuity plan a runbook serves."""

    CHECKLIST = "checklist"
    DRILL = "drill"
    INCIDENT = "incident"


class OnFailure(StrEnum):
    """What a failed step means for the run."""

    STOP = "stop"
    CONTINUE = "continue"
    ASK = "ask"
    GOTO = "goto"


@dataclass(frozen=True)
class InputDefinition:
    """One value a run is started with; `default` None means that there is none."""

    name: str
    type: str = "text"
    title: str = ""
    required: bool = False
    default: str | int | float | None = None
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Retry:
    """How often a failed step is tried in all, and the pause between tries."""

    times: int = 1
    every: timedelta = timedelta(0)


@dataclass(frozen=True)
class StepDefinition:
    """One step: an action's name, its body as written (templates and all), and its rules.

    `branches` holds the steps of a `parallel`. `with_previous` lets the step begin while the one
    before it is still open: neighbouring items of a checklist are ticked in any order.
    """

    id: str
    title: str
    action: str
    body: Mapping[str, Any] = field(default_factory=dict)
    when: str = ""
    owner: str = ""
    timeout: timedelta | None = None
    retry: Retry = Retry()
    on_failure: OnFailure = OnFailure.STOP
    goto: str = ""
    objective: str = ""
    branches: tuple[tuple[StepDefinition, ...], ...] = ()
    with_previous: bool = False


@dataclass(frozen=True)
class Trigger:
    """What starts a runbook by itself: an alert of a check or a direction, or a cron moment."""

    check: str = ""
    direction: str = ""
    cron: str = ""


@dataclass(frozen=True)
class Spot:
    """Where a step stands: the list it is in, its index there, and the step around that list."""

    step: StepDefinition
    track: tuple[StepDefinition, ...]
    index: int
    parent: str = ""

    @property
    def later(self) -> tuple[StepDefinition, ...]:
        """The steps after it in its own list."""
        return self.track[self.index + 1 :]


@dataclass(frozen=True)
class Definition:
    """A whole runbook, with those it runs as steps (`nested`, by name) as they were read with it.

    Runs of it are stored with all of this, and are read by later versions: a new field here or
    above needs a default that means what was so before (docs/adr/0010).
    """

    name: str
    title: str
    kind: Kind
    steps: tuple[StepDefinition, ...]
    inputs: tuple[InputDefinition, ...] = ()
    trigger: Trigger = Trigger()
    objectives: Mapping[str, timedelta] = field(default_factory=dict)
    nested: Mapping[str, Definition] = field(default_factory=dict)

    @cached_property
    def spots(self) -> Mapping[str, Spot]:
        """Where each step stands, by id, in the order they are written."""
        return {spot.step.id: spot for spot in _spots(self.steps, "")}


def every_step(steps: tuple[StepDefinition, ...]) -> Iterator[StepDefinition]:
    """The steps of a list and of all branches inside it, in the order they are written."""
    return (spot.step for spot in _spots(steps, ""))


def _spots(track: tuple[StepDefinition, ...], parent: str) -> Iterator[Spot]:
    for index, step in enumerate(track):
        yield Spot(step, track, index, parent)
        for branch in step.branches:
            yield from _spots(branch, step.id)
