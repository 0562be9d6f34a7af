"""From an account on a platform to a person of the directory."""

from __future__ import annotations

from continuitybot.errors import NotAllowed
from continuitybot.people.directory import Directory
from continuitybot.people.model import Identity, Person

# Where the bot itself has established who it is: the account's name is the person's handle.
_BY_HANDLE = frozenset({"console", "cli", "portal"})


async def person_of(directory: Directory, identity: Identity) -> Person:
    """The person behind a verified account. Raises NotAllowed when the directory has nobody."""
    roster = await directory.roster()
    if identity.platform in _BY_HANDLE:
        person: Person | None = roster.person(identity.user)
    elif identity.platform == "sms":
        person = roster.by_phone(identity.user)
    else:
        person = roster.by_identity(identity.platform, identity.team, identity.user)
    if person is None or not person.active:
        raise NotAllowed(
            f"Your {identity.platform} account is not in the directory.",
            remedy=f"Ask an admin to add {identity.user} to you in the people file.",
        )
    return person
