"""One advance under way: a run that is being changed, and the effects this leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from continuitybot.runbooks.definition import Spot, StepDefinition
from continuitybot.runbooks.gone import Gone
from continuitybot.runbooks.model import Effect, Note, Purpose, Run, StepRun
from continuitybot.runbooks.moves import TIMER, Conduct, Rules
from continuitybot.runbooks.states import (
    ENDED_RUNS,
    OPEN_STEPS,
    RunState,
    StepState,
    check_run,
    check_step,
)


class Turn:
    """A working copy; every change of a state goes through its two checked doors."""

    def __init__(self, run: Run, now: datetime, rules: Rules) -> None:
        self.now = now
        self.rules = rules
        self._run = run
        self._steps = dict(run.steps)
        self._effects: list[Effect] = []

    @property
    def run(self) -> Run:
        """The run as it is by now."""
        return replace(self._run, steps=self._steps)

    @property
    def ref(self) -> str:
        return self._run.ref

    @property
    def state(self) -> RunState:
        return self._run.state

    @property
    def has_ended(self) -> bool:
        return self._run.state in ENDED_RUNS

    def result(self) -> tuple[Run, tuple[Effect, ...]]:
        """What `advance` returns."""
        return self.run, tuple(self._effects)

    def step(self, id: str) -> StepRun:
        return self._steps[id]

    def spot(self, id: str) -> Spot:
        return self._run.definition.spots[id]

    def conduct(self, id: str) -> Conduct:
        action = self.spot(id).step.action
        return self.rules.conducts.get(action) or Gone(action)

    def tracks(self) -> tuple[StepDefinition, ...]:
        """The outermost list of steps."""
        return self._run.definition.steps

    def open_steps(self) -> list[str]:
        return [id for id, step in self._steps.items() if step.state in OPEN_STEPS]

    def any_step(self, state: StepState) -> bool:
        return any(step.state is state for step in self._steps.values())

    def change(self, id: str, state: StepState, **values: Any) -> None:
        """Bring a step into a state; IllegalTransition when the table does not have it."""
        old = self._steps[id]
        check_step(old.state, state)
        self._steps[id] = replace(old, state=state, **values)

    def change_run(self, state: RunState, **values: Any) -> None:
        """Bring the run into a state; IllegalTransition when the table does not have it."""
        check_run(self._run.state, state)
        self._run = replace(self._run, state=state, **values)

    def note(self, by: str, text: str) -> None:
        self._run = replace(self._run, notes=(*self._run.notes, Note(self.now, by, text)))

    def put_off(self, key: str) -> None:
        """Keep a timer that came due during a pause."""
        self._run = replace(self._run, put_off=(*self._run.put_off, key))

    def take_put_off(self) -> tuple[str, ...]:
        """The timers kept during the pause; they are forgotten."""
        kept = self._run.put_off
        self._run = replace(self._run, put_off=())
        return kept

    def forget(self, id: str, *purposes: Purpose) -> None:
        """No longer expect to hear from the effects of these purposes."""
        step = self._steps[id]
        waits = {purpose: key for purpose, key in step.waits.items() if purpose not in purposes}
        self._steps[id] = replace(step, waits=waits)

    def order(self, id: str, purpose: Purpose, kind: str, extra: Mapping[str, Any]) -> None:
        """Order an effect for a step, in the place of an earlier one of the same purpose."""
        step, definition = self._steps[id], self.spot(id).step
        payload = {
            "run": self._run.ref,
            "run_started": self._run.created.isoformat(),
            "step": id,
            "step_started": step.started.isoformat() if step.started else "",
            "title": definition.title,
            "action": definition.action,
            "owner": definition.owner,
            "mode": self._run.mode.value,
            "incident": self._run.incident,
            "requester": self._run.requester,
            "given": dict(step.given),
            "outputs": dict(step.outputs),
            **extra,
        }
        self._add(id, purpose, kind, payload, None)

    def timer(self, id: str, purpose: Purpose, due: datetime) -> None:
        """Order a timer for a step, in the place of an earlier one of the same purpose."""
        self._add(id, purpose, TIMER, {}, due)

    def _add(self, id: str, purpose: Purpose, kind: str, payload: Mapping[str, Any],
             due: datetime | None) -> None:  # fmt: skip
        step = self._steps[id]
        effect = Effect(f"{self._run.ref}/{id}/{step.ordered + 1}", kind, payload, due)
        waits = {**step.waits, purpose: effect.key}
        self._steps[id] = replace(step, ordered=step.ordered + 1, waits=waits)
        self._effects.append(effect)
