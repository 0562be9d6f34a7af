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
from continuitybot.runbooks.nesting import nesting_problems, with_nested
from continuitybot.runbooks.proofread import oddities, proofread
from continuitybot.runbooks.schema import (
    GotoSource,
    RunbookSource,
    StepSource,
    TriggerSource,
)
from continuitybot.sourcefile import SourceFile, by_place


@dataclass(frozen=True)
class Loaded:
    """A runbook and the file it was read from."""

    definition: Definition
    file: SourceFile


@dataclass(frozen=True)
class Library:
    """The runbooks that can be used, what is wrong with the others, and what is merely odd."""

    loaded: Mapping[str, Loaded]
    problems: tuple[Problem, ...]
    remarks: tuple[Problem, ...]

    @property
    def definitions(self) -> dict[str, Definition]:
        """The runbooks by name."""
        return {name: one.definition for name, one in self.loaded.items()}


def shipped_folder() -> Path:
    """The runbooks that come with the bot: inside the wheel, or at the top of a checkout."""
    package = Path(__file__).parents[1]
    inside = package / "shipped_runbooks"
    return inside if inside.is_dir() else package.parents[1] / "runbooks"


def read_library(folders: Sequence[Path]) -> Library:
    """The runbooks of these folders; a later folder takes the place of an earlier.

    A file with faults gives no runbook, and no other file of that name stands in for it: what
    somebody replaced on purpose must not come back because of a slip.
    """
    files: dict[str, list[_Read]] = {}
    problems: list[Problem] = []
    for folder in folders:
        here = _read_folder(folder, problems)
        _tell_of_twins(here, problems)
        files.update(here)
    loaded = {
        name: Loaded(found[0].definition, found[0].file)
        for name, found in sorted(files.items())
        if len(found) == 1 and found[0].definition is not None and found[0].file is not None
    }
    known = {name: (one.definition, one.file) for name, one in loaded.items()}
    problems += nesting_problems(known, files)
    complete = with_nested(known)
    remarks = [remark for one in loaded.values() for remark in oddities(one.file)]
    usable = {name: Loaded(complete[name], loaded[name].file) for name in complete}
    return Library(usable, tuple(problems), tuple(remarks))


def load_runbooks(folders: Sequence[Path]) -> dict[str, Definition]:
    """Every runbook of these folders by name. Raises BadInput with all problems of all files."""
    library = read_library(folders)
    if library.problems:
        raise BadInput("The runbooks cannot be used.", library.problems)
    return library.definitions


def load_text(name: str, text: str) -> Definition:
    """One runbook from its text; `name` is what problems call the file. Raises BadInput."""
    file = SourceFile(name, text)
    problems: list[Problem] = []
    definition = _read(file, problems)
    if definition is None:
        raise BadInput(f"{name} is not a runbook that can be used.", problems)
    return definition


@dataclass(frozen=True)
class _Read:
    """A file, as far as it could be read."""

    definition: Definition | None
    file: SourceFile | None


def _read_folder(folder: Path, problems: list[Problem]) -> dict[str, list[_Read]]:
    """The files of a folder by the runbook that each is, or would be without its faults."""
    if not folder.is_dir():
        problems.append(Problem(str(folder), "is not a folder", remedy="Mend `runbooks.folders`."))
        return {}
    found: dict[str, list[_Read]] = {}
    for path in sorted([*folder.glob("*.yaml"), *folder.glob("*.yml")]):
        name, one = path.stem, _Read(None, None)
        try:
            file = SourceFile.read(path)
        except BadInput as error:
            problems += error.problems
        else:
            one = _Read(_read(file, problems), file)
            if isinstance(file.data, Mapping):
                name = str(file.data.get("name", name))
        found.setdefault(name, []).append(one)
    return found


def _tell_of_twins(found: Mapping[str, Sequence[_Read]], problems: list[Problem]) -> None:
    for first, *others in found.values():
        for twin in others:
            if first.file is not None and twin.file is not None:
                remedy = f"Rename one; the other is {first.file.name}."
                what = "two runbooks have this name"
                problems.append(twin.file.problem(("name",), what, remedy))


def _read(file: SourceFile, problems: list[Problem]) -> Definition | None:
    """The definition in a file, or None when it has problems."""
    found: list[Problem] = []
    source = None
    try:
        source = RunbookSource.model_validate(file.data, strict=True)
    except ValidationError as error:
        found += file.problems(error, RunbookSource)
    found += proofread(file)
    problems += by_place(found)
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
