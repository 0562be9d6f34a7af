"""The files of an installation: init writes them, check reads them all."""

from __future__ import annotations

import json
import shutil
from importlib.resources import files as package_files
from pathlib import Path
from typing import Annotated

import typer

from continuitybot.app.checking import check_everything, unreadable_secrets
from continuitybot.cli.options import DEFAULT_CONFIG, ConfigPath
from continuitybot.errors import Refused
from continuitybot.runbooks import json_schema, shipped_folder

_TEMPLATES = ("continuitybot.yaml", "people.csv")
_SCHEMA = "runbook.schema.json"


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write; made when missing.")] = Path("."),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write a commented continuitybot.yaml, people.csv and the shipped runbooks."""
    if folder.exists() and not folder.is_dir():
        raise Refused(f"{folder} is not a folder.", remedy="Name another.")
    taken = [name for name in (*_TEMPLATES, "runbooks") if (folder / name).exists()]
    if taken and not force:
        raise Refused(
            f"{', '.join(taken)} in {folder} would be replaced.",
            remedy="Name another folder, or say --force.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    source = package_files("continuitybot.cli") / "templates"
    for name in _TEMPLATES:
        text = (source / name).read_text(encoding="utf-8")
        (folder / name).write_text(text, encoding="utf-8")
        typer.echo(f"wrote {folder / name}")
    _write_runbooks(folder / "runbooks")
    typer.echo(f"wrote {folder / 'runbooks'}")
    typer.echo("Next: edit the first two, then run: continuitybot check")


def _write_runbooks(folder: Path) -> None:
    """The shipped ones, with the schema by which editors check them."""
    shutil.copytree(shipped_folder(), folder, dirs_exist_ok=True)
    schema = json.dumps(json_schema(), indent=2)
    (folder / _SCHEMA).write_text(f"{schema}\n", encoding="utf-8")
    for shipped in shipped_folder().glob("*.yaml"):
        text = shipped.read_text(encoding="utf-8")
        (folder / shipped.name).write_text(
            f"# yaml-language-server: $schema={_SCHEMA}\n{text}", encoding="utf-8"
        )


def check(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Check settings, people and runbooks offline; every problem at once, status 1 if any."""
    found = check_everything(config)
    typer.echo(
        f"{config} is well. Checks: {len(found.settings.checks)}, people: {len(found.people)}, "
        f"runbooks: {len(found.runbooks)}, drills: {len(found.settings.drills)}."
    )
    for sentence in unreadable_secrets(found.settings):
        typer.echo(f"note: {sentence}")


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command(rich_help_panel="Set up and run")(init)
    app.command(rich_help_panel="Set up and run")(check)
