"""What can be said against runbooks that run one another."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from continuitybot.errors import Problem
from continuitybot.runbooks.definition import Definition, StepDefinition, every_step
from continuitybot.sourcefile import Loc, SourceFile, suggestion

Library = Mapping[str, tuple[Definition, SourceFile]]


def nesting_problems(library: Library, named: Collection[str]) -> list[Problem]:
    """Runbooks that do not exist, that come back to themselves, or that miss their inputs.

    `named` are also those whose files have faults of their own, which are told elsewhere.
    """
    return [
        problem
        for definition, file in library.values()
        for loc, step in _run_steps(definition.steps, ("steps",))
        if step.body["runbook"] in library or step.body["runbook"] not in named
        for problem in _problems(definition, file, (*loc, "run"), step, library)
    ]


def with_nested(library: Library) -> dict[str, Definition]:
    """Every runbook with those it runs in it; without the ones that would run themselves."""
    sound = {
        name: definition
        for name, (definition, _) in library.items()
        if not any(_way_back(target, name, library, ()) for target in _targets(definition))
    }
    return {name: _complete(definition, sound) for name, definition in sound.items()}


def _complete(definition: Definition, sound: Mapping[str, Definition]) -> Definition:
    nested = {
        target: _complete(sound[target], sound)
        for target in _targets(definition)
        if target in sound
    }
    return replace(definition, nested=nested) if nested else definition


def _targets(definition: Definition) -> list[str]:
    """The runbooks that it runs."""
    return [str(s.body["runbook"]) for s in every_step(definition.steps) if s.action == "run"]


def _problems(definition: Definition, file: SourceFile, loc: Loc, step: StepDefinition,
              library: Library) -> Iterator[Problem]:  # fmt: skip
    target = str(step.body["runbook"])
    where = (*loc, "runbook")
    if target not in library:
        remedy = suggestion(target, frozenset(library))
        yield file.problem(where, "there is no such runbook", remedy)
        return
    if circle := _way_back(target, definition.name, library, ()):
        what = f"the runbook would run itself: {' -> '.join((definition.name, *circle))}"
        yield file.problem(where, what, "Take one of them out.")
        return
    given = step.body.get("inputs", {})
    inputs = {one.name: one for one in library[target][0].inputs}
    for name in set(given) - set(inputs):
        remedy = suggestion(name, frozenset(inputs))
        yield file.problem((*loc, "inputs", name), f"{target} has no input `{name}`", remedy)
    for name, one in inputs.items():
        if one.required and one.default is None and name not in given:
            yield file.problem(loc, f"{target} needs the input `{name}`", "Add it to `inputs`.")


def _way_back(start: str, goal: str, library: Library, seen: tuple[str, ...]) -> tuple[str, ...]:
    """The runbooks from `start` to `goal`, or none."""
    if start == goal:
        return (*seen, start)
    if start in seen or start not in library:
        return ()
    for target in _targets(library[start][0]):
        if found := _way_back(target, goal, library, (*seen, start)):
            return found
    return ()


def _run_steps(steps: tuple[StepDefinition, ...], loc: Loc) -> Iterator[tuple[Loc, StepDefinition]]:
    for index, step in enumerate(steps):
        if step.action == "run":
            yield (*loc, index), step
        for number, branch in enumerate(step.branches):
            yield from _run_steps(branch, (*loc, index, "parallel", "branches", number))
