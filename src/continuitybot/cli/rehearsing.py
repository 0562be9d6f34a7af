"""Runbooks without a server: rehearse them, check them, print their JSON Schema."""

from __future__ import annotations

import asyncio
import json
import time
from pathlib import Path
from typing import Annotated

import typer

from continuitybot.app.checking import runbook_folders
from continuitybot.cli.options import DEFAULT_CONFIG, ConfigPath
from continuitybot.errors import ContinuityError
from continuitybot.runbooks import json_schema, load_runbooks, rehearse, shipped_folder
from continuitybot.settings import load

runbook = typer.Typer(help="Write runbooks: check, schema.", no_args_is_help=True)

Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Runbook folders. Default: those of the settings, else the shipped ones."),
]


def _folders(paths: list[Path] | None, config: Path) -> list[Path]:
    if paths:
        return paths
    if config.exists():
        settings = load(config)
        return runbook_folders(settings.runbooks, config.parent)
    return [shipped_folder()]


def rehearse_all(paths: Paths = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Play the scenarios that stand beside the runbooks, on a simulated clock."""
    begun = time.perf_counter()
    results = asyncio.run(rehearse(_folders(paths, config)))
    for result in results:
        typer.echo(str(result))
    failed = sum(not result.ok for result in results)
    took = (time.perf_counter() - begun) * 1000
    typer.echo(f"{len(results) - failed} passed, {failed} failed, in {took:.0f} ms")
    if failed or not results:
        raise typer.Exit(1)


@runbook.command("check")
def check(paths: Paths = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Read every runbook and list all faults with file, line, value and remedy."""
    found = load_runbooks(_folders(paths, config))
    if not found:
        raise ContinuityError("No runbook was found.", remedy="continuitybot init writes some.")
    typer.echo(f"{len(found)} runbooks are well: {', '.join(sorted(found))}.")


@runbook.command("schema")
def schema() -> None:
    """Print the JSON Schema of runbook files, for editors."""
    typer.echo(json.dumps(json_schema(), indent=2))


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command("rehearse", rich_help_panel="Runbooks")(rehearse_all)
    app.add_typer(runbook, name="runbook", rich_help_panel="Runbooks")
