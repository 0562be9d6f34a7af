"""What rehearsals have tried of a runbook, and what they never did. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from continuitybot.runbooks.definition import Definition, OnFailure, StepDefinition
from continuitybot.runbooks.model import Run, StepRun
from continuitybot.runbooks.states import StepState
from continuitybot.runbooks.stepping import OUT_OF_TIME
from continuitybot.runbooks.wording import failure_words

Course = Sequence[Run]
"""One rehearsed run as it was after each event."""

_NOT_BEGUN = frozenset({StepState.PENDING, StepState.SKIPPED})
_FAILED = frozenset({StepState.FAILED, StepState.HELD})
_CONSENTS = frozenset({"approve", "invoke", "fail_back", "broadcast"})
_REFUSED = " was rejected"


@dataclass(frozen=True)
class StepCoverage:
    """In how many rehearsals a step began and how it ended, and each way that it can go.

    `ways` names every branch with how often it was gone. A failure that a person was asked about
    counts, even if a later try went well.
    """

    step: StepDefinition
    begun: int
    done: int
    failed: int
    skipped: int
    ways: Mapping[str, int]

    @property
    def gone(self) -> int:
        """How many of its ways were gone."""
        return sum(1 for times in self.ways.values() if times)

    @property
    def gaps(self) -> Iterator[str]:
        """What a runbook provides for and no rehearsal has tried."""
        if not self.begun:
            yield f"{self.step.id} never begins"
            return
        yield from (f"{self.step.id} {words}" for words, times in self.ways.items() if not times)


@dataclass(frozen=True)
class Coverage:
    """What the rehearsals of one runbook have tried."""

    runbook: str
    rehearsals: int
    steps: tuple[StepCoverage, ...]

    @property
    def ways(self) -> int:
        """How many ways there are through its steps: those that can begin, be done, fail, …"""
        return sum(len(step.ways) for step in self.steps)

    @property
    def gone(self) -> int:
        """How many of them were gone."""
        return sum(step.gone for step in self.steps)

    @property
    def gaps(self) -> tuple[str, ...]:
        """Everything that was never rehearsed."""
        return tuple(gap for step in self.steps for gap in step.gaps)


def coverage_of(definition: Definition, courses: Sequence[Course]) -> Coverage:
    """What these rehearsed runs of a runbook have tried."""
    own = [course for course in courses if course[0].definition == definition]
    steps = tuple(_of_step(spot.step, own) for spot in definition.spots.values())
    return Coverage(definition.name, len(own), steps)


def _of_step(step: StepDefinition, courses: Sequence[Course]) -> StepCoverage:
    def times(happened: Callable[[StepRun], bool]) -> int:
        return sum(any(happened(run.steps[step.id]) for run in course) for course in courses)

    return StepCoverage(
        step=step,
        begun=times(_begun),
        done=times(_done),
        failed=times(_failed),
        skipped=times(_skipped),
        ways={words: times(happened) for words, happened in _ways(step)},
    )


def _ways(step: StepDefinition) -> Iterator[tuple[str, Callable[[StepRun], bool]]]:
    """Every way that a step can go, told as what never happened, and how to see that it did."""
    yield "never begins", _begun
    yield "is never done", _done
    if step.when:
        yield "is never skipped", _skipped
    if step.on_failure is not OnFailure.STOP:
        yield f"never fails (then: {failure_words(step)})", _failed
    if step.action in _CONSENTS:
        yield "is never refused", _refused
    if step.retry.times > 1:
        yield "is never tried again", lambda seen: seen.attempt > 1
        yield "never fails at its last try", partial(_exhausted, step.retry.times)
    if step.timeout is not None:
        yield "never runs out of time", lambda seen: seen.reason == OUT_OF_TIME
    for choice in step.body.get("choices", {}) if step.action == "ask" else ():
        yield f"is never answered `{choice}`", partial(_answered, choice)


def _begun(seen: StepRun) -> bool:
    return seen.state not in _NOT_BEGUN


def _done(seen: StepRun) -> bool:
    return seen.state is StepState.DONE


def _failed(seen: StepRun) -> bool:
    return seen.state in _FAILED


def _skipped(seen: StepRun) -> bool:
    return seen.state is StepState.SKIPPED


def _refused(seen: StepRun) -> bool:
    return _REFUSED in seen.reason


def _exhausted(tries: int, seen: StepRun) -> bool:
    return seen.state in _FAILED and seen.attempt >= tries


def _answered(choice: str, seen: StepRun) -> bool:
    return bool(seen.outputs.get("choice") == choice)
