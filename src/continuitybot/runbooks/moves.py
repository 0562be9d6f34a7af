"""How a step goes on: what an action answers the engine, and what the engine needs from outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

LOOK = "run.look"
TIMER = "run.timer"


@dataclass(frozen=True)
class Next:
    """The step goes on: perform an effect, or wait, or both.

    `kind` is the effect to perform ("" for none), with `extra` in its payload. `subjects` are
    objects outside (`EVT-3`, a check's name, `inbound`): each is looked at once as the step
    begins to wait for it, and again whenever it changes. `until` is a moment to wait for,
    `person` says that somebody's answer is awaited. With none of these three, the step is done
    or failed as its effect succeeds or fails.
    """

    kind: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)
    subjects: tuple[str, ...] = ()
    until: datetime | None = None
    person: bool = False
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """The step has done what it is there for; `by` is the person who decided it, if one did."""

    outputs: Mapping[str, Any] = field(default_factory=dict)
    by: str = ""


@dataclass(frozen=True)
class Fail:
    """The step has failed; the outputs are still worth seeing."""

    reason: str
    outputs: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hold:
    """The step cannot go on by itself: a person retries it, ends it by hand or skips it."""

    reason: str


@dataclass(frozen=True)
class Stay:
    """The step waits on for what it already waits for."""


Move = Next | Done | Fail | Hold | Stay


class Fault(Exception):
    """A template or a condition that cannot be worked out, told to a person."""


class Renderer(Protocol):
    """Fills in what a runbook leaves open, from a run's context."""

    def holds(self, condition: str, context: Mapping[str, Any]) -> bool:
        """Whether a `when` is true. Raises Fault."""
        ...

    def render(self, body: Mapping[str, Any], context: Mapping[str, Any]) -> dict[str, Any]:
        """The body with every template in it filled in. Raises Fault."""
        ...


class Conduct(Protocol):
    """How the steps of one action behave; `given` is always the rendered body."""

    def begin(self, given: Mapping[str, Any], now: datetime) -> Move:
        """What the step does first. Raises Fault when the rendered body makes no sense."""
        ...

    def settled(self, given: Mapping[str, Any], data: Mapping[str, Any], now: datetime) -> Move:
        """What follows from an effect, or a look, that gave `data`."""
        ...

    def elapsed(self, given: Mapping[str, Any], now: datetime) -> Move:
        """What follows when the moment it waited for has come."""
        ...

    def answered(self, given: Mapping[str, Any], choice: str, by: str) -> Move:
        """What follows from a person's answer. Raises Refused when it is none."""
        ...

    def objection(self, given: Mapping[str, Any], act: str, text: str) -> str:
        """Why a person may not end the step by hand (`done`, `skip`); "" when they may."""
        ...


@dataclass(frozen=True)
class Rules:
    """What the engine is told from outside: the renderer, and the conduct of each action."""

    renderer: Renderer
    conducts: Mapping[str, Conduct]
