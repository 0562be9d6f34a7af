"""What really happened to a run, written as a rehearsal beside its runbook."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from pathlib import Path

from continuitybot.cli.database import open_database
from continuitybot.errors import NotFound
from continuitybot.people.directory import Directory
from continuitybot.runbooks import store
from continuitybot.runbooks.definition import Definition, every_step
from continuitybot.runbooks.drift import written
from continuitybot.runbooks.export import Exported, export
from continuitybot.runbooks.history import read_history
from continuitybot.runbooks.shearing import shears
from continuitybot.settings import load
from continuitybot.store import Database


def exported(ref: str, config: Path) -> list[Exported]:
    """The files of a run, or of every run of an incident. Raises NotFound, Refused."""
    settings = load(config)

    async def work() -> list[Exported]:
        async with open_database(config, settings) as database:
            return await from_database(database, ref.upper())

    return asyncio.run(work())


async def from_database(database: Database, ref: str) -> list[Exported]:
    """The same, from a database that is open."""
    everyone = await Directory(database).everyone()
    async with database.reading() as tx:
        refs = await store.of_incident(tx, ref) if ref.startswith("INC-") else [ref]
        if not refs:
            raise NotFound(f"{ref} has no runs.", remedy="`runs` lists all there are.")
        found = []
        for one in refs:
            run = await store.load_run(tx, one)
            history = read_history(await store.history_of(tx, one))
            found.append(await export(run, history, shears(everyone, written(run.definition))))
    return found


def write(found: Iterable[Exported], folder: Path, others: Mapping[str, Definition]) -> list[Path]:
    """The files that were written; a runbook that is there already is left as it is.

    `others` has the runbooks that these may start.
    """
    files: list[Path] = []
    for one in found:
        for name, text in {one.runbook: one.definition, **_started(one.runbook, others)}.items():
            files += _write_new(folder / f"{name}.yaml", text)
        scenario = folder / "rehearsals" / one.runbook / f"{one.ref.lower()}.yaml"
        scenario.parent.mkdir(parents=True, exist_ok=True)
        scenario.write_text(one.scenario, encoding="utf-8")
        files.append(scenario)
    return files


def _started(name: str, others: Mapping[str, Definition]) -> dict[str, str]:
    """The runbooks that a runbook starts, and that those start."""
    found: dict[str, str] = {}
    if name in others:
        for step in every_step(others[name].steps):
            inner = str(step.body["runbook"]) if step.action == "run" else ""
            if inner in others:
                found |= {inner: written(others[inner]), **_started(inner, others)}
    return found


def _write_new(path: Path, text: str) -> list[Path]:
    if path.exists():
        return []
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return [path]
