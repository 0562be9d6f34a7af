"""A run that a test leads by hand through the pure engine, one event at a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from textwrap import dedent, indent
from typing import Any

from continuitybot.runbooks import events
from continuitybot.runbooks.advance import advance
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.loader import load_text
from continuitybot.runbooks.model import Effect, Purpose, Run, new_run
from continuitybot.runbooks.running import RULES

START = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)


def runbook(
    steps: str, *, kind: str = "incident", more: str = "", name: str = "book"
) -> Definition:
    """A runbook with these steps, as YAML."""
    head = f"name: {name}\ntitle: Book\nkind: {kind}\n{dedent(more)}\nsteps:\n"
    return load_text("test.yaml", head + indent(dedent(steps), "  "))


class LedRun:
    """The run, all effects it ever ordered, and verbs to make things happen to it."""

    def __init__(self, definition: Definition, inputs: Mapping[str, Any] | None = None) -> None:
        self.now = START
        self.effects: list[Effect] = []
        self.run: Run = new_run("RUN-1", definition, inputs or {}, START, requester="alice")
        self.happens(events.Started())

    def happens(self, event: events.Event) -> None:
        self.run, effects = advance(self.run, event, self.now, RULES)
        self.effects += effects

    def succeeds(self, step: str, **data: Any) -> None:
        """The step's effect, or look, is performed and gives `data`."""
        self.happens(events.EffectSucceeded(self.key(step), data))

    def fails(self, step: str, reason: str = "it broke") -> None:
        self.happens(events.EffectFailed(self.key(step), reason))

    def is_unknown(self, step: str) -> None:
        self.happens(events.EffectUnknown(self.key(step), "the bot stopped meanwhile"))

    def time_comes(self, step: str, purpose: Purpose) -> None:
        """The step's timer comes due, and the clock stands there."""
        key = self.run.steps[step].waits[purpose]
        due = next(effect.due for effect in self.effects if effect.key == key)
        assert due is not None
        self.now = max(self.now, due)
        self.happens(events.TimerDue(key))

    def key(self, step: str) -> str:
        """The key of what the step is having performed now."""
        waits = self.run.steps[step].waits
        return waits.get(Purpose.ACTION) or waits[Purpose.LOOK]

    def states(self) -> dict[str, str]:
        return {id: step.state.value for id, step in self.run.steps.items()}

    def ordered(self) -> list[str]:
        """The keys of all effects but timers, without the run's reference."""
        return [e.key.removeprefix("RUN-1/") for e in self.effects if e.kind != "run.timer"]

    def passes(self, **time: float) -> None:
        self.now += timedelta(**time)
