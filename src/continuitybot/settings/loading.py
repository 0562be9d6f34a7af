"""A settings file into settings: every problem of the file at once, each at its line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_type_hints

from pydantic import TypeAdapter, ValidationError

from continuitybot.errors import BadInput, Problem
from continuitybot.settings.fitting import misfits
from continuitybot.settings.root import Settings
from continuitybot.sourcefile import SourceFile, by_place


@dataclass(frozen=True)
class SettingsFile:
    """A settings file as it was read.

    `sections` holds the root's values that are well by themselves, so that the other files can be
    read even when one section is not; `settings` is None when there is any problem.
    """

    source: SourceFile
    sections: Mapping[str, Any]
    settings: Settings | None
    problems: tuple[Problem, ...] = ()


def load(path: Path) -> Settings:
    """Read and check a settings file. Raises BadInput with every problem at its line."""
    file = read_settings(path)
    if file.settings is None:
        raise BadInput(f"{path} cannot be used:", file.problems)
    return file.settings


def read_settings(path: Path) -> SettingsFile:
    """Read a settings file with its problems. Raises BadInput when it is not YAML at all."""
    if not path.exists():
        remedy = "Write one with `continuitybot init`, or name another with --config."
        raise BadInput("There are no settings.", [Problem(str(path), "does not exist", "", remedy)])
    source = SourceFile.read(path)
    settings: Settings | None = None
    problems: list[Problem] = []
    try:
        settings = Settings.model_validate(source.data)
        sections = dict(settings)
    except ValidationError as error:
        problems += source.problems(error, Settings)
        sections = _sound_sections(source.data, error)
    problems += [source.fault(one.loc, one.what, one.remedy) for one in misfits(sections)]
    if problems:
        return SettingsFile(source, sections, None, tuple(by_place(problems)))
    return SettingsFile(source, sections, settings)


def _sound_sections(data: Any, error: ValidationError) -> dict[str, Any]:
    """The sections no fault was found in, and the defaults of those that are not written."""
    if not isinstance(data, Mapping):
        return {}
    faulty = {fault["loc"][0] for fault in error.errors()}
    kinds = get_type_hints(Settings, include_extras=True)
    return {
        name: TypeAdapter[Any](kinds[name]).validate_python(data[name])
        if name in data
        else field.get_default(call_default_factory=True)
        for name, field in Settings.model_fields.items()
        if name not in faulty
    }
