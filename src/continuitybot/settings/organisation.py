"""Whose mail this is."""

from __future__ import annotations

from pydantic import Field

from continuitybot.settings.values import Domain, Section, TimeZone


class OrganisationSettings(Section):
    """Whose mail this is."""

    name: str = Field(min_length=1, description="The organisation's name, as employees know it.")
    domains: tuple[Domain, ...] = Field(
        min_length=1, description="The mail domains that are protected."
    )
    time_zone: TimeZone = Field(
        "UTC", description="Time zone of people who have none of their own, such as Europe/Vienna."
    )
