"""Playing rehearsals without a server."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from continuitybot.cli.exporting import exported, write
from continuitybot.cli.options import DEFAULT_CONFIG, ConfigPath
from continuitybot.cli.runbooks import Paths, folders_of
from continuitybot.runbooks import load_runbooks, rehearse
from continuitybot.runbooks.coverage import Coverage, StepCoverage, coverage_of
from continuitybot.runbooks.rehearsal import Rehearsed

_STYLES = {"-": "red", "+": "green", " ": "dim"}


def rehearse_all(
    paths: Paths = None,
    config: ConfigPath = DEFAULT_CONFIG,
    coverage: Annotated[
        bool, typer.Option("--coverage", help="Also show what was never rehearsed.")
    ] = False,
    ref: Annotated[
        str,
        typer.Option("--export", metavar="REF", help="Make one of RUN-12, or of all of INC-7."),
    ] = "",
    to: Annotated[
        Path | None, typer.Option("--to", help="The folder for that. Default: run-12.")
    ] = None,
) -> None:
    """Play the scenarios that stand beside the runbooks, on a simulated clock."""
    begun = time.perf_counter()
    folders = folders_of(paths, config)
    if ref:
        folders = [_export(ref, to or Path(ref.lower()), folders, config)]
    results = asyncio.run(rehearse(folders))
    screen = Console(soft_wrap=True, highlight=False)
    for result in results:
        screen.print(Text("\n").join(_shown(result)))
    failed = sum(not result.ok for result in results)
    took = (time.perf_counter() - begun) * 1000
    typer.echo(f"{len(results) - failed} passed, {failed} failed, in {took:.0f} ms")
    if coverage:
        _show_coverage(folders, results)
    if failed or not (results or coverage):
        raise typer.Exit(1)


def _export(ref: str, folder: Path, folders: Sequence[Path], config: Path) -> Path:
    """Write what happened, with the runbook as it was then; the folder it was written to."""
    found = exported(ref, config)
    files = write(found, folder, load_runbooks(folders))
    for file in files:
        typer.echo(f"Written: {file}")
    for name in sorted({one.runbook for one in found}):
        if folder / f"{name}.yaml" not in files:
            typer.echo(f"{folder / name}.yaml was there already; it is the one that is rehearsed.")
    return folder


def _shown(result: Rehearsed) -> Iterator[Text]:
    """Its heading, and the diff of each expectation that was not met."""
    yield Text(result.heading, style="" if result.ok else "bold red")
    for difference in result.differences:
        yield Text.assemble("  ", (difference.where, "cyan"), f": {difference.what}")
        for mark, text in difference.lines:
            yield Text(f"    {mark} {text}", style=_STYLES[mark])


def _show_coverage(folders: Sequence[Path], results: Sequence[Rehearsed]) -> None:
    courses = [course for result in results for _, course in result.courses]
    for definition in load_runbooks(folders).values():
        _show_one(coverage_of(definition, courses))


def _show_one(found: Coverage) -> None:
    table = Table(*("Step", "Begun", "Done", "Failed", "Skipped", "Ways"), box=None)
    for step in found.steps:
        table.add_row(step.step.id, *_cells(step))
    times = "rehearsal" if found.rehearsals == 1 else "rehearsals"
    tried = f"{found.gone} of {found.ways} ways gone ({100 * found.gone // found.ways} %)"
    typer.echo(f"\n{found.runbook}: {found.rehearsals} {times}, {tried}")
    Console().print(table)
    for gap in found.gaps:
        typer.echo(f"  never rehearsed: {gap}")


def _cells(step: StepCoverage) -> tuple[str, ...]:
    counts = (step.begun, step.done, step.failed, step.skipped)
    return *(str(count or "-") for count in counts), f"{step.gone}/{len(step.ways)}"


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command("rehearse", rich_help_panel="Runbooks")(rehearse_all)
