"""Rehearsals: the engine itself on a simulated outside, against what a scenario expects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from continuitybot.errors import BadInput, Problem
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.inputs import read_inputs
from continuitybot.runbooks.loader import load_runbooks
from continuitybot.runbooks.model import Run, new_run
from continuitybot.runbooks.ports import Reach
from continuitybot.runbooks.scenario import Scenario, load_scenario, scenario_files
from continuitybot.runbooks.stage import FinishedRuns, Stage, Transcript, play
from continuitybot.runbooks.tabletop import tabletop_ports
from continuitybot.settings.values import format_duration

_START = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Rehearsed:
    """How a rehearsal went; `differences` is empty when it went as expected.

    `took` is on the simulated clock, `transcript` is what was said and asked, `course` is the run
    as it was after each event.
    """

    runbook: str
    scenario: str
    title: str
    differences: tuple[str, ...]
    transcript: tuple[str, ...]
    took: timedelta
    course: tuple[Run, ...]

    @property
    def ok(self) -> bool:
        """Whether it went as expected."""
        return not self.differences

    def __str__(self) -> str:
        mark = "ok  " if self.ok else "FAIL"
        lines = [f"{mark} {self.runbook}/{self.scenario}: {self.title}"]
        lines += [f"       {difference}" for difference in self.differences]
        if not self.ok:
            lines += ["       It said:", *(f"         {line}" for line in self.transcript)]
        return "\n".join(lines)


async def rehearse(folders: Sequence[Path]) -> list[Rehearsed]:
    """Rehearse every scenario beside the runbooks of these folders. Raises BadInput."""
    definitions = load_runbooks(folders)
    results = []
    for name, path in scenario_files(folders):
        if name not in definitions:
            problem = Problem(str(path), f"there is no runbook `{name}` to rehearse",
                              remedy="Name the folder for its runbook.")  # fmt: skip
            raise BadInput("A rehearsal has no runbook.", [problem])
        scenario = load_scenario(path, definitions[name])
        results.append(await rehearse_one(definitions[name], scenario, path.stem))
    return results


async def rehearse_one(definition: Definition, scenario: Scenario, name: str) -> Rehearsed:
    """Rehearse one scenario."""
    transcript = Transcript()
    reach = Reach(tabletop_ports(transcript), FinishedRuns())
    stage = Stage(_START, reach, scenario.results, scenario.changes)
    course = await play(_run(definition, scenario), stage, transcript)
    took = stage.now - _START
    return Rehearsed(
        runbook=definition.name,
        scenario=name,
        title=scenario.title,
        differences=tuple(_differences(course[-1], scenario, transcript.lines, took)),
        transcript=tuple(transcript.lines),
        took=took,
        course=course,
    )


def _run(definition: Definition, scenario: Scenario) -> Run:
    given = scenario.given
    return new_run(
        "RUN-1",
        definition,
        read_inputs(definition, given.inputs),
        _START,
        mode=given.mode,
        requester=given.requester,
        incident=given.incident,
        event=given.event,
    )


def _differences(
    run: Run, scenario: Scenario, lines: Sequence[str], took: timedelta
) -> Iterator[str]:
    expect = scenario.expect
    if run.state is not expect.state:
        yield f"the run: expected {expect.state}, found {run.state}{_why(run)}"
    for id, state in expect.steps.items():
        step = run.steps[id]
        if step.state is not state:
            reason = f" ({step.reason})" if step.reason else ""
            yield f"step {id}: expected {state}, found {step.state}{reason}"
    yield from _unsaid(expect.says, lines)
    if expect.within is not None and took > expect.within:
        limit = format_duration(expect.within)
        yield f"it took {format_duration(took)}, expected at most {limit}"


def _why(run: Run) -> str:
    reasons = [f"{id} is {run.steps[id].state}" for id in run.open_steps]
    reasons += [f"{id}: {step.reason}" for id, step in run.steps.items() if step.state == "failed"]
    return f" ({'; '.join(reasons)})" if reasons else ""


def _unsaid(wanted: Sequence[str], lines: Sequence[str]) -> Iterator[str]:
    """Words that were not told, or not in this order."""
    rest = iter(lines)
    for words in wanted:
        if not any(words in line for line in rest):
            was_said = any(words in line for line in lines)
            yield f"{'out of order' if was_said else 'never said'}: {words!r}"
            rest = iter(lines)
