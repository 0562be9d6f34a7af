"""People, their roles and identities, and the audiences made of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from enum import StrEnum

BOT = "bot"
"""Stands in the place of a handle where the bot itself acted."""


class Role(StrEnum):
    """What a person is trusted with; `authority` says which acts each role opens."""

    VIEWER = "viewer"
    RESPONDER = "responder"
    APPROVER = "approver"
    BROADCASTER = "broadcaster"
    ADMIN = "admin"


@dataclass(frozen=True)
class Identity:
    """An account of a person on a chat platform.

    `team` is the Slack workspace or the Teams tenant; "" stands for whichever one the bot is in.
    """

    platform: str
    team: str
    user: str


@dataclass(frozen=True)
class Person:
    """Somebody the bot can reach, and perhaps obey.

    `phones` are E.164, the one that gets texts first. `opted_out` is true when that first number
    has answered STOP. Whoever has left the directory is kept with `active` false, without phones
    and without roles, so that old records still have a name.
    """

    handle: str
    name: str
    email: str = ""
    phones: tuple[str, ...] = ()
    alternate_email: str = ""
    language: str = "en"
    site: str = ""
    groups: frozenset[str] = frozenset()
    roles: frozenset[Role] = frozenset()
    identities: tuple[Identity, ...] = ()
    time_zone: str = ""
    opted_out: bool = False
    active: bool = True

    @property
    def phone(self) -> str:
        """The number that gets texts, or ""."""
        return self.phones[0] if self.phones else ""


@dataclass(frozen=True)
class Audience:
    """The people a named query found at one moment, in the order of their handles."""

    name: str
    people: tuple[Person, ...]

    @property
    def handles(self) -> tuple[str, ...]:
        """The handle of each person."""
        return tuple(person.handle for person in self.people)

    @property
    def digest(self) -> str:
        """Changes when somebody joins or leaves, or has another phone or language."""
        told = sorted((person.handle, person.phone, person.language) for person in self.people)
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def short_phone(phone: str) -> str:
    """A number that can be shown to others: `+43…78`."""
    if len(phone) < 7:
        return phone
    country = phone[:2] if phone[1] in "17" else phone[:3]
    return f"{country}…{phone[-2:]}"
