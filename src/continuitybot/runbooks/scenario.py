"""A rehearsal's scenario: what is given, how steps turn out, and what is expected of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, ValidationError, model_validator

from continuitybot.errors import BadInput, Problem
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.model import Mode
from continuitybot.runbooks.states import RunState, StepState
from continuitybot.settings.values import Duration, Section, parse_duration
from continuitybot.sourcefile import SourceFile, suggestion

_NO_TIME = parse_duration(0)


class Given(Section):
    """How the run is started."""

    inputs: dict[str, Any] = Field({}, description="Its inputs.")
    mode: Mode = Mode.LIVE
    requester: str = "alice"
    incident: str = ""
    event: dict[str, Any] = Field({}, description="What started it.")


class Result(Section):
    """How one try of a step turns out, or what a person does to it: exactly one of these."""

    returns: dict[str, Any] | None = Field(None, description="What comes back, beside the usual.")
    fails: str | None = Field(None, description="It does not happen, for this reason.")
    unknown: str | None = Field(None, description="Nobody knows whether it happened.")
    refused: str | None = Field(None, description="Its approval is refused, for this reason.")
    answer: str | None = Field(None, description="A person gives this answer.")
    act: Literal["done", "skip", "fail", "retry"] | None = Field(None, description="By hand.")
    by: str = "alice"
    text: str = ""
    after: Duration = Field(_NO_TIME, description="How long it takes.")

    @model_validator(mode="after")
    def _is_one_thing(self) -> Result:
        things = (self.returns, self.fails, self.unknown, self.refused, self.answer, self.act)
        if sum(thing is not None for thing in things) != 1:
            raise ValueError(
                "a result is exactly one of: returns, fails, unknown, refused, answer, act"
            )
        return self

    @property
    def is_by_person(self) -> bool:
        """Whether a person does it, rather than the outside."""
        return self.answer is not None or self.act is not None


class SubjectChange(Section):
    """Something outside that changes while the run goes on."""

    subject: str = Field(description="inbound, outbound, a check, or a reference.")
    after: Duration


class Expect(Section):
    """What the run should come to."""

    state: RunState
    steps: dict[str, StepState] = Field({}, description="The state of steps at the end.")
    says: list[str] = Field([], description="Words that are told, in this order.")
    within: Duration | None = Field(None, description="How long the run may take.")


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


class Scenario(Section):
    """A scenario file."""

    title: str
    given: Given = Given()
    results: dict[str, Annotated[list[Result], BeforeValidator(_as_list)]] = Field(
        {}, description="By step, in the order of its tries; the last one of the outside repeats."
    )
    changes: list[SubjectChange] = Field([], description="What changes outside, and when.")
    expect: Expect


def load_scenario(path: Path, definition: Definition) -> Scenario:
    """A scenario for a runbook. Raises BadInput with every problem."""
    file = SourceFile.read(path)
    try:
        scenario = Scenario.model_validate(file.data)
    except ValidationError as error:
        raise BadInput(f"{path} is not a scenario.", file.problems(error, Scenario)) from error
    if problems := list(_unknown_steps(file, scenario, definition)):
        raise BadInput(f"{path} does not fit {definition.name}.", problems)
    return scenario


def scenario_files(folders: Sequence[Path]) -> Iterator[tuple[str, Path]]:
    """The runbook's name and the file of every scenario beside the runbooks of these folders."""
    for folder in folders:
        for path in sorted((folder / "rehearsals").glob("*/*.yaml")):
            yield path.parent.name, path


def _unknown_steps(
    file: SourceFile, scenario: Scenario, definition: Definition
) -> Iterator[Problem]:
    known = frozenset(definition.spots)
    named: set[tuple[str, ...]] = {("results", id) for id in scenario.results}
    named |= {("expect", "steps", id) for id in scenario.expect.steps}
    for loc in sorted(named):
        if loc[-1] not in known:
            what = f"{definition.name} has no step `{loc[-1]}`"
            yield Problem(file.where(loc), what, remedy=suggestion(loc[-1], known))
