"""Settings of the runbooks."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from continuitybot.settings.values import Section


class RunbooksSettings(Section):
    """Which runbooks there are."""

    folders: tuple[Path, ...] = Field(
        (),
        description="Folders with runbooks of your own, one YAML file each; a relative path is "
        "beside this file. A runbook of the same name as a shipped one takes its place.",
    )
    shipped: bool = Field(True, description="Whether the runbooks that come with the bot are used.")
