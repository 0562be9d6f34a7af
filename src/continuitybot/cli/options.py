"""What several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

ConfigPath = Annotated[
    Path,
    typer.Option(
        "--config",
        "-c",
        help="The settings file.",
        envvar="CONTINUITYBOT_CONFIG",
        show_default=True,
    ),
]
DEFAULT_CONFIG = Path("continuitybot.yaml")

AsPerson = Annotated[
    str,
    typer.Option(
        "--as", metavar="PERSON", help="Handle of the person who speaks.", envvar="CONTINUITYBOT_AS"
    ),
]
