"""The demo: a simulated company and a real bot on this machine, in one command."""

from __future__ import annotations

import asyncio
import shutil
import webbrowser
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from continuitybot import log
from continuitybot.errors import Refused
from continuitybot.lab.demonstration import Demonstration
from continuitybot.lab.story import Story


def demo(
    headless: Annotated[
        bool, typer.Option("--headless", help="Play the story without a person, then stop.")
    ] = False,
    port: Annotated[
        int, typer.Option(help="Port of the browser console; 0 takes any free one.")
    ] = 8025,
    folder: Annotated[
        Path, typer.Option("--dir", help="Where the demo's settings and database are kept.")
    ] = Path(".demo"),
    breaks: Annotated[
        str, typer.Option("--break", help="How the primary breaks: refuses or defers.")
    ] = "defers",
    open_browser: Annotated[
        bool, typer.Option("--open", help="Open the console in a browser.")
    ] = False,
) -> None:
    """Show the whole story on a simulated company: mail breaks, moves, and comes back."""
    if breaks not in {"refuses", "defers"}:
        raise Refused(f"--break {breaks} is unknown.", remedy="Use refuses or defers.")
    if folder.exists():
        if not (folder / ".continuitybot-demo").exists():
            raise Refused(f"{folder} is not a demo's folder.", remedy="Name another with --dir.")
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    (folder / ".continuitybot-demo").touch()
    log.configure("warning", "text")
    screen = Console(highlight=False, soft_wrap=True)
    try:
        code = asyncio.run(_show(screen, folder, port, breaks, headless, open_browser))
    except KeyboardInterrupt:
        code = 0
    raise typer.Exit(code)


async def _show(
    screen: Console, folder: Path, port: int, breaks: str, headless: bool, open_browser: bool
) -> int:
    demonstration = Demonstration(folder, 0 if headless else port)
    screen.print("Starting a company on loopback and a bot that looks after it …")
    try:
        await demonstration.start()
        if headless:
            return await Story(demonstration, screen, breaks).play()
        screen.print(f"\nOpen [bold]{demonstration.console_url}[/]\n")
        screen.print("Break the primary in the panel on the right, and watch. Ctrl-C ends it.")
        if open_browser:
            webbrowser.open(demonstration.console_url)
        await asyncio.Event().wait()
        return 0
    finally:
        await demonstration.stop()


def add_to(app: typer.Typer) -> None:
    """The command of this module."""
    app.command(rich_help_panel="See it")(demo)
