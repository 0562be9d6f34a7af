"""Runbook files into definitions: all faults of all files at once, each at its line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from continuitybot.errors import BadInput, Problem
from continuitybot.runbooks.definition import (
    Definition,
    Kind,
    OnFailure,
    Retry,
    StepDefinition,
    Trigger,
)
from continuitybot.runbooks.nesting import nesting_problems
from continuitybot.runbooks.proofread import proofread
from continuitybot.runbooks.schema import (
    GotoSource,
    RunbookSource,
    StepSource,
    TriggerSource,
)
from continuitybot.sourcefile import SourceFile


@dataclass(frozen=True)
class Loaded:
    """A runbook and the file it was read from."""

    definition: Definition
    file: SourceFile


def shipped_folder() -> Path:
    """The runbooks that come with the bot: inside the wheel, or at the top of a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "shipped_runbooks"
    return inside if inside.is_dir() else package.parents[1] / "runbooks"


def load_runbooks(folders: Sequence[Path]) -> dict[str, Definition]:
    """Every runbook of these folders by name; a later folder takes the place of an earlier.

    Raises BadInput with all problems of all files.
    """
    problems: list[Problem] = []
    loaded: dict[str, Loaded] = {}
    for folder in folders:
        loaded.update(_load_folder(folder, problems))
    problems += nesting_problems({name: (one.definition, one.file) for name, one in loaded.items()})
    if problems:
        raise BadInput("The runbooks cannot be used.", problems)
    return {name: one.definition for name, one in sorted(loaded.items())}


def load_text(name: str, text: str) -> Definition:
    """One runbook from its text; `name` is what problems call the file. Raises BadInput."""
    file = SourceFile(name, text)
    problems: list[Problem] = []
    definition = _read(file, problems)
    if definition is None:
        raise BadInput(f"{name} is not a runbook that can be used.", problems)
    return definition


def _load_folder(folder: Path, problems: list[Problem]) -> dict[str, Loaded]:
    if not folder.is_dir():
        problems.append(Problem(str(folder), "is not a folder", remedy="Mend `runbooks.folders`."))
        return {}
    found: dict[str, Loaded] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        try:
            file = SourceFile.read(path)
        except BadInput as error:
            problems += error.problems
            continue
        definition = _read(file, problems)
        if definition is None:
            continue
        if definition.name in found:
            other = found[definition.name].file.name
            remedy = f"Rename one; the other is {other}."
            problems.append(file.problem(("name",), "two runbooks have this name", remedy))
        found[definition.name] = Loaded(definition, file)
    return found


def _read(file: SourceFile, problems: list[Problem]) -> Definition | None:
    """The definition in a file, or None when it has problems."""
    found: list[Problem] = []
    source = None
    try:
        source = RunbookSource.model_validate(file.data)
    except ValidationError as error:
        found += file.problems(error, RunbookSource)
    found += proofread(file)
    problems += found
    return None if found or source is None else _definition(source)


def _definition(source: RunbookSource) -> Definition:
    kind = Kind(source.kind)
    is_checklist = kind is Kind.CHECKLIST
    return Definition(
        name=source.name,
        title=source.title,
        kind=kind,
        steps=_track(source.steps, is_checklist),
        inputs=tuple(one.definition(name) for name, one in source.inputs.items()),
        trigger=_trigger(source.on),
        objectives=dict(source.objectives),
    )


def _trigger(source: TriggerSource) -> Trigger:
    alert = source.alert
    return Trigger(alert.check if alert else "", alert.direction if alert else "", source.cron)


def _track(sources: Sequence[StepSource], is_checklist: bool) -> tuple[StepDefinition, ...]:
    actions = ["", *(source.action for source in sources)]
    return tuple(
        _step(source, is_checklist, with_previous=is_checklist and before == source.action == "do")
        for before, source in zip(actions, sources, strict=False)
    )


def _step(source: StepSource, is_checklist: bool, *, with_previous: bool) -> StepDefinition:
    goto = source.on_failure.goto if isinstance(source.on_failure, GotoSource) else ""
    branches = source.parallel.branches if source.parallel else []
    return StepDefinition(
        id=source.id,
        title=source.title,
        action=source.action,
        body=_body(source),
        when=source.when,
        owner=source.owner,
        timeout=source.timeout,
        retry=Retry(source.retry.times, source.retry.every) if source.retry else Retry(),
        on_failure=OnFailure.GOTO if goto else OnFailure(str(source.on_failure)),
        goto=goto,
        objective=source.objective,
        branches=tuple(_track(branch, is_checklist) for branch in branches),
        with_previous=with_previous,
    )


def _body(source: StepSource) -> Mapping[str, object]:
    """What stands under the action, as JSON values; a parallel step has branches instead."""
    if source.parallel is not None:
        return {}
    body = getattr(source, source.action)
    return dict(body.model_dump(mode="json", by_alias=True, exclude_unset=True))
