"""What is on record: the directory of people, and the audit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated

import typer

from continuitybot import audit as audit_room
from continuitybot.cli.options import DEFAULT_CONFIG, ConfigPath
from continuitybot.errors import ContinuityError
from continuitybot.people.importing import import_file
from continuitybot.settings import Settings, database_url, load
from continuitybot.store import Database
from continuitybot.store.database_clock import agree, clock_for
from continuitybot.store.migrate import migrate

people = typer.Typer(help="The directory of people.", no_args_is_help=True)
audit = typer.Typer(help="The record of who did what.", no_args_is_help=True)


@asynccontextmanager
async def _database(config: Path, settings: Settings) -> AsyncIterator[Database]:
    url = database_url(settings, config.parent)
    database = Database.at(url, clock_for(url))
    try:
        await migrate(database)
        await agree(database)
        yield database
    finally:
        await database.close()


@people.command("import")
def import_people(
    file: Annotated[Path, typer.Argument(help="The CSV file, one person a line.")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Take people from a CSV file. Every fault is listed, and then nothing is changed."""
    settings = load(config)

    async def work() -> str:
        async with _database(config, settings) as database:
            domains = settings.organisation.domains
            return str(await import_file(database, file, settings.people, domains))

    typer.echo(asyncio.run(work()))


@audit.command("verify")
def verify(config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Check that no entry of the audit was changed, removed or reordered."""
    settings = load(config)

    async def work() -> audit_room.Verdict:
        async with _database(config, settings) as database:
            return await audit_room.verify(database)

    verdict = asyncio.run(work())
    if not verdict.ok:
        raise ContinuityError(f"The audit was changed: {verdict.reason}")
    typer.echo(f"The audit is whole: {verdict.count} entries, each bound to the one before.")


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.add_typer(people, name="people", rich_help_panel="Records")
    app.add_typer(audit, name="audit", rich_help_panel="Records")
