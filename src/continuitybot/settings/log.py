"""What the bot writes about itself."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from continuitybot.settings.values import Section


class LogSettings(Section):
    """What the bot writes about itself, to standard error."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="The least important line that is written."
    )
    style: Literal["text", "json"] = Field("text", description="For people, or for machines.")
