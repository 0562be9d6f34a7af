"""Rehearsals: the engine itself on a simulated outside, against what a scenario expects."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from continuitybot.runbooks.comparison import Comparison, Difference
from continuitybot.runbooks.course import Line
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.inputs import read_inputs
from continuitybot.runbooks.loader import load_runbooks
from continuitybot.runbooks.model import Run, new_run
from continuitybot.runbooks.playing import Played
from continuitybot.runbooks.scenario import Happening, Part, Scenario
from continuitybot.runbooks.scenario_files import ScenarioFile, load_scenarios
from continuitybot.runbooks.scripted import Outside
from continuitybot.runbooks.stage import Stage
from continuitybot.runbooks.transcript import Transcript
from continuitybot.sourcefile import Loc


@dataclass(frozen=True)
class Rehearsed:
    """How a rehearsal went; `differences` is empty when it went as expected.

    `took` is on the simulated clock, `courses` are the main run and those it started, each as it
    was after each event, with the name of its runbook.
    """

    runbook: str
    scenario: str
    title: str
    differences: tuple[Difference, ...]
    took: timedelta
    courses: tuple[tuple[str, Sequence[Run]], ...] = field(repr=False)
    # asyncio.run asks for the repr of what it returns, and that of every run costs seconds.

    @property
    def ok(self) -> bool:
        """Whether it went as expected."""
        return not self.differences

    @property
    def heading(self) -> str:
        """One line: how it went, and which it is."""
        return f"{'ok  ' if self.ok else 'FAIL'} {self.runbook}/{self.scenario}: {self.title}"

    def __str__(self) -> str:
        return "\n".join([self.heading, *map(str, self.differences)])


async def rehearse(folders: Sequence[Path]) -> list[Rehearsed]:
    """Rehearse every scenario beside the runbooks of these folders. Raises BadInput."""
    definitions = load_runbooks(folders)
    found = load_scenarios(folders, definitions)
    return [await rehearse_one(one, definitions) for one in found]


async def rehearse_one(told: ScenarioFile, definitions: Mapping[str, Definition]) -> Rehearsed:
    """Rehearse one scenario."""
    scenario, transcript = told.scenario, Transcript()
    run = _run(told.definition, scenario)
    outside = Outside(transcript)
    outside.has_replies = any(one.replies is not None for one in _happenings(scenario))
    stage = Stage(scenario.given.at, outside.ports, transcript, definitions, outside)
    played = await stage.play(run, scenario, recorded=scenario.given.recorded)
    expectations = Comparison(
        scenario.expect, played, transcript.of(run.ref), stage.now, _below(told, ("expect",))
    )
    nested = _nested(told, stage, transcript, played, ())
    return Rehearsed(
        runbook=told.definition.name,
        scenario=told.name,
        title=scenario.title,
        differences=(*expectations.differences(), *nested),
        took=(played.run.ended or stage.now) - run.created,
        courses=tuple((p.run.definition.name, p.course) for p in stage.played.values()),
    )


def _run(definition: Definition, scenario: Scenario) -> Run:
    given = scenario.given
    return new_run(
        given.ref,
        definition,
        read_inputs(definition, given.inputs),
        given.at,
        mode=given.mode,
        requester=given.requester,
        incident=given.incident,
        event=given.event,
    )


def _happenings(part: Part) -> Iterator[Happening]:
    yield from part.happens
    for inner in part.nested.values():
        yield from _happenings(inner)


def _nested(
    told: ScenarioFile, stage: Stage, transcript: Transcript, parent: Played, loc: Loc
) -> Iterator[Difference]:
    """The differences of the runs that a run has started."""
    for id, part in parent.part.nested.items():
        here = (*loc, "nested", id)
        children = [child for child in stage.played.values() if child.part is part]
        if not children and part.expect is not None:
            lines = (Line("-", "it is started"), Line("+", "it never was"))
            yield Difference(told.where(here), f"the run of {id}", lines)
        for child in children:
            if part.expect is not None:
                spoken = transcript.of(child.run.ref)
                where = _below(told, (*here, "expect"))
                yield from Comparison(part.expect, child, spoken, stage.now, where).differences()
            yield from _nested(told, stage, transcript, child, here)


def _below(told: ScenarioFile, upper: Loc) -> Callable[[Loc], str]:
    return lambda loc: told.where((*upper, *loc))
