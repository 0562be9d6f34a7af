"""How long a question for consent stays open."""

from __future__ import annotations

from datetime import timedelta

from pydantic import Field, field_validator

from continuitybot.settings.values import Duration, Section


class ApprovalsSettings(Section):
    """How long a question for consent stays open."""

    expires: Duration = Field(
        timedelta(minutes=30),
        description="How long an approval can be given after it was asked for. After that the "
        "plan may no longer fit the world, and has to be asked for again.",
    )

    @field_validator("expires")
    @classmethod
    def _long_enough(cls, expires: timedelta) -> timedelta:
        if expires < timedelta(minutes=1):
            raise ValueError("nobody can read and answer in less than a minute")
        return expires
