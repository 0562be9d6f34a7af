"""Scenario files beside runbooks: found, read, and every fault of all of them told at once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from continuitybot.errors import BadInput, Problem
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.scenario import Scenario
from continuitybot.runbooks.scenario_faults import faults_of
from continuitybot.sourcefile import Loc, SourceFile, by_place, suggestion


@dataclass(frozen=True)
class ScenarioFile:
    """A scenario, its runbook, and the file it was read from."""

    name: str
    definition: Definition
    scenario: Scenario
    file: SourceFile

    def where(self, loc: Loc) -> str:
        """`file:line:column` of what is written at a path."""
        return self.file.where(loc)


def load_scenarios(
    folders: Sequence[Path], definitions: Mapping[str, Definition]
) -> list[ScenarioFile]:
    """Every scenario of these folders. Raises BadInput with all problems of all files."""
    problems: list[Problem] = []
    found = []
    for folder in folders:
        for path in sorted((folder / "rehearsals").glob("*/*.yaml")):
            name = path.parent.name
            if name not in definitions:
                remedy = f"Name the folder for its runbook. {suggestion(name, list(definitions))}"
                what = f"there is no runbook `{name}` to rehearse"
                problems.append(Problem(str(path), what, remedy=remedy))
                continue
            try:
                found.append(load_scenario(path, name, definitions))
            except BadInput as error:
                problems += error.problems
    if problems:
        raise BadInput("The rehearsals cannot be used.", problems)
    return found


def load_scenario(path: Path, name: str, definitions: Mapping[str, Definition]) -> ScenarioFile:
    """One scenario of the runbook of this name. Raises BadInput with every problem."""
    file = SourceFile.read(path)
    problems: list[Problem] = []
    scenario = None
    try:
        scenario = Scenario.model_validate(file.data)
    except ValidationError as error:
        problems += file.problems(error, Scenario)
    problems += _beyond_shape(file, name, definitions)
    if problems or scenario is None:
        raise BadInput(f"{path} is not a scenario of {name}.", by_place(problems))
    return ScenarioFile(path.stem, definitions[name], scenario, file)


def _beyond_shape(
    file: SourceFile, name: str, definitions: Mapping[str, Definition]
) -> Iterator[Problem]:
    if isinstance(file.data, Mapping):
        yield from faults_of(file, definitions[name], definitions)
