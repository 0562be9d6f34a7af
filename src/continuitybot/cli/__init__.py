"""The command line. Every error is one clear line; long work shows its progress."""

from __future__ import annotations

import sys

import typer
from rich.console import Console

from continuitybot import __version__
from continuitybot.cli import demo, files, records, rehearsing, runbooks, running, talking
from continuitybot.errors import ContinuityError

app = typer.Typer(
    name="continuitybot",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help="Keeps an organisation reachable when its e-mail breaks: watches mail, pages admins, "
    "moves mail to a standby with two people's consent, tells everybody by SMS, and moves back "
    "with nothing lost.",
    epilog="Start with [bold]continuitybot demo[/] to see it, [bold]init[/] to set it up.",
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"continuitybot {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """The options before a command."""


for module in (demo, files, running, talking, rehearsing, runbooks, records):
    module.add_to(app)


def main() -> None:
    """Run a command; errors made on purpose are shown as text and end with status 1."""
    try:
        app()
    except ContinuityError as error:
        Console(stderr=True, soft_wrap=True).print(str(error), style="red", markup=False)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)
