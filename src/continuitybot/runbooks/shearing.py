"""What is personal, taken out of texts: numbers go, and names become handles."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from continuitybot.people.model import Person

# E.164 and how people write it; a date, a time or a reference has no plus and no such length.
_NUMBER = re.compile(r"\+\d[\d ()/.-]{5,}\d")


def shears(everyone: Iterable[Person], keep: str = "") -> Callable[[str], str]:
    """Takes numbers, names and addresses out of a text; what is in `keep` stays."""
    names = {}
    for person in everyone:
        for words in (person.name, *_addresses(person)):
            if words and words != person.handle and words not in keep:
                names[words] = person.handle
    longest_first = sorted(names, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, longest_first))) if names else None

    def shorn(text: str) -> str:
        if known is not None:
            text = known.sub(lambda found: names[found[0]], text)
        return _NUMBER.sub(lambda found: found[0] if found[0] in keep else "(number)", text)

    return shorn


def _addresses(person: Person) -> Iterable[str]:
    return (person.email, person.alternate_email or "")
