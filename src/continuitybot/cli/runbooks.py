"""Reading and checking runbook files: check, schema, show, graph, diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.console import Console

from continuitybot.app.checking import runbook_folders
from continuitybot.chat.grammar import quote
from continuitybot.cli.options import DEFAULT_CONFIG, AsPerson, ConfigPath
from continuitybot.cli.runbook_tree import tree_of
from continuitybot.cli.talking import LocalServer
from continuitybot.errors import BadInput, ContinuityError, NotFound
from continuitybot.runbooks import json_schema, read_library, shipped_folder
from continuitybot.runbooks.definition import Definition
from continuitybot.runbooks.drawing import svg
from continuitybot.runbooks.graph import graph_of
from continuitybot.runbooks.mermaid import mermaid
from continuitybot.settings import load
from continuitybot.sourcefile import suggestion

runbook = typer.Typer(
    help="Write and read runbooks: check, schema, show, graph, diff.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The runbook's name.")]
Paths = Annotated[
    list[Path] | None,
    typer.Argument(help="Runbook folders. Default: those of the settings, else the shipped ones."),
]


def folders_of(paths: list[Path] | None, config: Path) -> list[Path]:
    """The folders that were named, those of the settings, or the shipped one."""
    if paths:
        return paths
    if config.exists():
        settings = load(config)
        return runbook_folders(settings.runbooks, config.parent)
    return [shipped_folder()]


@runbook.command("check")
def check(paths: Paths = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Read every runbook and list all faults with file, line, value and remedy."""
    library = read_library(folders_of(paths, config))
    for remark in library.remarks:
        typer.echo(f"note: {remark}", err=True)
    if library.problems:
        raise BadInput("The runbooks cannot be used.", library.problems)
    if not library.loaded:
        raise ContinuityError("No runbook was found.", remedy="continuitybot init writes some.")
    typer.echo(f"{len(library.loaded)} runbooks are well: {', '.join(library.loaded)}.")


@runbook.command("schema")
def schema() -> None:
    """Print the JSON Schema of runbook files, for editors."""
    typer.echo(json.dumps(json_schema(), indent=2))


@runbook.command("show")
def show(name: Name, paths: Paths = None, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Show a runbook as a tree: what starts it, its inputs, and its steps with their rules."""
    Console().print(tree_of(_named(name, paths, config)))


@runbook.command("graph")
def graph(
    name: Name,
    paths: Paths = None,
    config: ConfigPath = DEFAULT_CONFIG,
    style: Annotated[
        Literal["mermaid", "svg"], typer.Option("--format", help="Text for Mermaid, or a picture.")
    ] = "mermaid",
) -> None:
    """Print a runbook as a flowchart: [bold]runbook graph live-incident --format svg[/]."""
    flow = graph_of(_named(name, paths, config))
    typer.echo(svg(flow) if style == "svg" else mermaid(flow))


@runbook.command("diff")
def diff(
    ref: Annotated[str, typer.Argument(help="The run, such as RUN-7.")],
    person: AsPerson,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """How a runbook has changed since a run of it started, by the running bot."""
    typer.echo(LocalServer(config, person).say(f"diff {quote(ref)}"))


def _named(name: str, paths: list[Path] | None, config: Path) -> Definition:
    """The runbook of that name; faults of other files do not matter here."""
    library = read_library(folders_of(paths, config))
    if name in library.loaded:
        return library.loaded[name].definition
    if library.problems:
        raise BadInput(f"`{name}` is not among the runbooks that can be used.", library.problems)
    remedy = suggestion(name, frozenset(library.loaded))
    raise NotFound(f"There is no runbook `{name}`.", remedy=remedy)


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.add_typer(runbook, name="runbook", rich_help_panel="Runbooks")
