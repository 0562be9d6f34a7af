"""Running the bot: serve, and doctor."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path
from typing import Annotated

import typer

from continuitybot import log
from continuitybot.app import build
from continuitybot.app.checking import check_everything
from continuitybot.cli.options import DEFAULT_CONFIG, AsPerson, ConfigPath
from continuitybot.cli.talking import LocalServer
from continuitybot.errors import BadInput
from continuitybot.settings import Settings, load

_PARENT_CHECK = 1.0
FENCED = 75
"""Exit status of an instance that another one has replaced: start it again (EX_TEMPFAIL)."""


def serve(
    config: ConfigPath = DEFAULT_CONFIG,
    with_parent: Annotated[
        bool, typer.Option("--with-parent", hidden=True, help="Stop when the parent has died.")
    ] = False,
) -> None:
    """Run the bot until it is told to stop (Ctrl-C or SIGTERM).

    It ends with status 75 when another instance took over, because this one was frozen or cut off
    from the database; have it started again.
    """
    settings = load(config)
    log.configure(settings.log.level, settings.log.style)
    try:
        check_everything(config)
    except BadInput as faults:  # at night a bot with an old directory is better than none
        typer.echo(f"{faults}\nIt starts all the same, with what can be used.", err=True)
    asyncio.run(_serve(settings, config.parent, with_parent))


async def _serve(settings: Settings, folder: Path, with_parent: bool) -> None:
    bot = build(settings, folder)
    told_to_stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, told_to_stop.set)
    watching = asyncio.create_task(_watch_parent(told_to_stop)) if with_parent else None
    try:
        await bot.start()
        web = bot.ground.settings.web
        typer.echo(f"continuitybot listens on {web.host}:{web.port}, reached at {web.url}")
        await _first(told_to_stop, bot.fenced)
    finally:
        if watching is not None:
            watching.cancel()
        await bot.stop()
    if bot.fenced.is_set():
        raise typer.Exit(FENCED)


async def _first(*events: asyncio.Event) -> None:
    waits = [asyncio.create_task(event.wait()) for event in events]
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()


async def _watch_parent(told_to_stop: asyncio.Event) -> None:
    parent = os.getppid()
    while os.getppid() == parent:  # noqa: ASYNC110 - nothing else tells of a parent's death
        await asyncio.sleep(_PARENT_CHECK)
    told_to_stop.set()


def doctor(person: AsPerson, config: ConfigPath = DEFAULT_CONFIG) -> None:
    """Have the running bot try its database, its work and every canary route."""
    typer.echo(LocalServer(config, person).say("doctor"))


def add_to(app: typer.Typer) -> None:
    """The commands of this module."""
    app.command(rich_help_panel="Set up and run")(serve)
    app.command(rich_help_panel="Set up and run")(doctor)
