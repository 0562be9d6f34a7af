"""docs/configuration.md says what the settings are, no more and no less."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_origin

import typer
import yaml

from continuitybot.cli import app
from continuitybot.settings import Settings
from continuitybot.settings.describe import describe
from continuitybot.settings.example import by_root_key, uncommented
from continuitybot.settings.tree import all_sections

REPOSITORY = Path(__file__).parents[2]
DOCUMENT = REPOSITORY / "docs" / "configuration.md"
EXAMPLE = REPOSITORY / "src" / "continuitybot" / "cli" / "templates" / "continuitybot.yaml"


def test_the_document_is_the_one_that_the_settings_make() -> None:
    text = describe(Settings, EXAMPLE.read_text(encoding="utf-8"))
    assert DOCUMENT.read_text(encoding="utf-8") == text, "write it anew with: make docs"


def test_every_setting_is_described() -> None:
    bare = [
        f"{section.__name__}.{name}"
        for section in all_sections(Settings)
        for name, field in section.model_fields.items()
        if not field.description and get_origin(field.annotation) is not Literal
    ]
    assert bare == []


def test_every_section_of_the_file_has_an_example() -> None:
    examples = by_root_key(uncommented(EXAMPLE.read_text(encoding="utf-8")))
    assert set(examples) == set(Settings.model_fields)
    for key, example in examples.items():
        assert list(yaml.safe_load(example)) == [key]


def test_every_environment_variable_of_the_command_line_is_described() -> None:
    document = DOCUMENT.read_text(encoding="utf-8")
    named = set(environment_variables(typer.main.get_command(app)))
    assert named
    assert [name for name in named if f"| `{name}` |" not in document] == []


def environment_variables(command: Any) -> Iterator[str]:
    for parameter in command.params:
        if parameter.envvar:
            yield parameter.envvar
    for inner in getattr(command, "commands", {}).values():
        yield from environment_variables(inner)
