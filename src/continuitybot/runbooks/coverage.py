"""What rehearsals have tried of a runbook, and what they never did. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from continuitybot.runbooks.definition import Definition, OnFailure, StepDefinition
from continuitybot.runbooks.model import Run, StepRun
from continuitybot.runbooks.states import StepState
from continuitybot.runbooks.wording import failure_words

Course = Sequence[Run]
"""One rehearsed run as it was after each event."""

_NOT_BEGUN = frozenset({StepState.PENDING, StepState.SKIPPED})
_FAILED = frozenset({StepState.FAILED, StepState.HELD})


@dataclass(frozen=True)
class StepCoverage:
    """In how many rehearsals a step began and how it ended; `choices` are answers to an `ask`.

    A failure that a person was asked about counts, even if a later try went well.
    """

    step: StepDefinition
    begun: int
    done: int
    failed: int
    skipped: int
    choices: Mapping[str, int]

    @property
    def gaps(self) -> Iterator[str]:
        """What a runbook provides for and no rehearsal has tried."""
        if not self.begun:
            yield f"{self.step.id} never begins"
            return
        if not self.done:
            yield f"{self.step.id} is never done"
        if self.step.on_failure is not OnFailure.STOP and not self.failed:
            yield f"{self.step.id} never fails (then: {failure_words(self.step)})"
        if self.step.when and not self.skipped:
            yield f"{self.step.id} is never skipped"
        for choice, times in self.choices.items():
            if not times:
                yield f"{self.step.id} is never answered `{choice}`"


@dataclass(frozen=True)
class Coverage:
    """What the rehearsals of one runbook have tried."""

    runbook: str
    rehearsals: int
    steps: tuple[StepCoverage, ...]

    @property
    def gaps(self) -> tuple[str, ...]:
        """Everything that was never rehearsed."""
        return tuple(gap for step in self.steps for gap in step.gaps)


def coverage_of(definition: Definition, courses: Sequence[Course]) -> Coverage:
    """What these rehearsed runs of a runbook have tried."""
    steps = tuple(_of_step(spot.step, courses) for spot in definition.spots.values())
    return Coverage(definition.name, len(courses), steps)


def _of_step(step: StepDefinition, courses: Sequence[Course]) -> StepCoverage:
    def times(happened: Callable[[StepRun], bool]) -> int:
        return sum(any(happened(run.steps[step.id]) for run in course) for course in courses)

    choices = step.body.get("choices", {}) if step.action == "ask" else {}
    return StepCoverage(
        step=step,
        begun=times(lambda seen: seen.state not in _NOT_BEGUN),
        done=times(lambda seen: seen.state is StepState.DONE),
        failed=times(lambda seen: seen.state in _FAILED),
        skipped=times(lambda seen: seen.state is StepState.SKIPPED),
        choices={choice: times(partial(_answered, choice)) for choice in choices},
    )


def _answered(choice: str, seen: StepRun) -> bool:
    return bool(seen.outputs.get("choice") == choice)
