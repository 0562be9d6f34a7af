"""Telling one person something on every chat platform where they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from continuitybot.chat.message import Button, Card, Span
from continuitybot.chat.platform import Platform
from continuitybot.errors import ContinuityError, Permanent
from continuitybot.people.model import Identity, Person

_CONSOLE = "console"


class PersonalMessages:
    """Direct messages for pages. Everybody has the console; other platforms by their accounts."""

    def __init__(self, platforms: Mapping[str, Platform]) -> None:
        self._platforms = platforms

    def reaches(self, person: Person) -> bool:
        """Whether the person is on any of the platforms."""
        return any(_accounts(person, name) for name in self._platforms)

    async def tell(self, person: Person, ref: str, text: str, link: str, key: str) -> None:
        """Tell on each platform; an error only when none of them took it."""
        buttons = (Button(f"Show {ref}", f"show {ref}"),) if ref else ()
        card = Card("You are paged", tone="bad", text=(text,), buttons=buttons)
        linked = replace(card, footer=("Without chat: ", Span(link, "code"))) if link else card
        errors: list[ContinuityError] = []
        taken = 0
        for name, platform in self._platforms.items():
            for identity in _accounts(person, name):
                try:
                    await platform.tell(identity, card if name == _CONSOLE else linked)
                    taken += 1
                except ContinuityError as error:
                    errors.append(error)
        if not taken:
            raise errors[0] if errors else Permanent(f"{person.handle} has no chat account.")


def _accounts(person: Person, platform: str) -> list[Identity]:
    if platform == _CONSOLE:
        return [Identity(_CONSOLE, "", person.handle)]
    return [identity for identity in person.identities if identity.platform == platform]
