"""Who is in the directory, what they are trusted with, and who is on call."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, field_validator

from continuitybot.settings.values import Duration, Form, Section

RoleName = Literal["viewer", "responder", "approver", "broadcaster", "admin"]
PageChannel = Literal["chat", "sms", "email"]


def _not_on_call(query: str) -> str:
    if query.casefold() == "on-call":
        raise ValueError("the ladder decides who is on call: name people, a role or a group")
    return query


PeopleQuery = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1), AfterValidator(_not_on_call)
]


Region = Annotated[str, Form(r"([A-Z]{2})?", "a country in two capital letters, such as AT")]


class PeopleSettings(Section):
    """The directory of everybody who can be told something, or may tell the bot something."""

    file: Path = Field(
        Path("people.csv"),
        description="The CSV file with one person a line. Columns: handle, name, email, phone, "
        "phone2, alternate_email, language, site, groups, roles, slack, teams, time_zone.",
    )
    default_region: Region = Field(
        "",
        description="The country (two letters, such as AT) of phone numbers that are written "
        "without their international prefix. Empty: every number needs the prefix.",
    )
    roles: Mapping[RoleName, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Handles that have a role besides those in the file's `roles` column: "
        "viewer, responder, approver, broadcaster or admin.",
    )
    groups: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict,
        description="Handles that belong to a group besides those in the file's `groups` column.",
    )


class Rung(Section):
    """One rung of the on-call ladder."""

    people: tuple[PeopleQuery, ...] = Field(
        min_length=1,
        description="Who is paged on this rung: handles, `role:responder`, `group:it` or "
        "`site:Vienna`.",
    )
    channels: tuple[PageChannel, ...] = Field(
        ("chat", "sms", "email"),
        min_length=1,
        description="How they are paged: chat, sms, email (their alternate address).",
    )
    wait: Duration = Field(
        timedelta(minutes=5),
        description="How long to wait for an acknowledgement before the next rung is paged too.",
    )

    @field_validator("channels")
    @classmethod
    def _each_once(cls, channels: tuple[PageChannel, ...]) -> tuple[PageChannel, ...]:
        if len(set(channels)) < len(channels):
            raise ValueError("a channel is named twice")
        return channels


class OncallSettings(Section):
    """Who is paged when a check fails, and in which order."""

    ladder: tuple[Rung, ...] = Field(
        (Rung(people=("role:responder",)),),
        min_length=1,
        description="The rungs, first to last. Each is paged when nobody acknowledged in time.",
    )
    repeat: Duration = Field(
        timedelta(minutes=30),
        description="After the last rung the ladder begins again at this interval, until "
        "somebody acknowledges or the alert closes.",
    )

    def queries(self) -> tuple[str, ...]:
        """Everybody named on any rung, each query once."""
        return tuple(dict.fromkeys(query for rung in self.ladder for query in rung.people))
