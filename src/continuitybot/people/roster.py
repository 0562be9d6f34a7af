"""The directory as it stood at one moment, with every way to look somebody up."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from continuitybot.errors import NotFound, Refused
from continuitybot.people.model import BOT, Audience, Person, Role


class Roster:
    """Everybody at one moment: `everyone`, and those on the on-call ladder, `on_call`.

    Those who left are found by handle only.
    """

    def __init__(self, people: Iterable[Person], on_call: Sequence[str] = ()) -> None:
        self._by_handle = {one.handle: one for one in people}
        everyone = sorted(self._by_handle.values(), key=lambda one: one.handle)
        self.everyone: tuple[Person, ...] = tuple(one for one in everyone if one.active)
        self._by_email = {one.email.casefold(): one for one in self.everyone if one.email}
        self._by_phone = {phone: one for one in self.everyone for phone in one.phones}
        self._by_identity = {
            (identity.platform, identity.team, identity.user): one
            for one in self.everyone
            for identity in one.identities
        }
        self._audiences = self._labelled()
        self.on_call: tuple[Person, ...] = self._ladder(on_call)
        if on_call:
            self._audiences["on-call"] = self.on_call

    def person(self, handle: str) -> Person:
        """The person of that handle, also when they left. Raises NotFound with a suggestion."""
        found = self._by_handle.get(handle.casefold().removeprefix("@"))
        if found is None:
            raise self._nobody(handle)
        return found

    def name(self, handle: str) -> str:
        """How to call whoever acted under a handle, in a sentence."""
        if handle == BOT:
            return "The bot"
        found = self._by_handle.get(handle)
        return found.name if found else handle

    def find(self, text: str) -> Person:
        """The person whose handle, e-mail address or name this is.

        Raises NotFound with a suggestion, or Refused when several have that name.
        """
        wanted = " ".join(text.split()).casefold().removeprefix("@")
        found = self._by_handle.get(wanted) or self._by_email.get(wanted)
        if found is not None and found.active:
            return found
        named = [one for one in self.everyone if one.name.casefold() == wanted]
        if len(named) > 1:
            handles = " or ".join(one.handle for one in named)
            raise Refused(f"Several people are called {text}.", remedy=f"Write {handles}.")
        if not named:
            raise self._nobody(text)
        return named[0]

    def by_identity(self, platform: str, team: str, user: str) -> Person | None:
        """The person behind a chat account."""
        exact = self._by_identity.get((platform, team, user))
        return exact or self._by_identity.get((platform, "", user))

    def by_phone(self, phone: str) -> Person | None:
        """The person with that number (E.164), first or further."""
        return self._by_phone.get(phone)

    def by_email(self, email: str) -> Person | None:
        """The person with that e-mail address."""
        return self._by_email.get(email.casefold())

    def with_role(self, role: Role) -> tuple[Person, ...]:
        """Everybody who has exactly this role; what an admin may do besides is authority's."""
        return tuple(one for one in self.everyone if role in one.roles)

    def audience(self, query: str) -> Audience:
        """Everybody a query names: `all`, `on-call`, `site:Vienna`, `group:it`, `role:admin`,
        handles, or several of these with commas between.

        Raises NotFound that lists every unknown name with a suggestion.
        """
        found: dict[str, Person] = {}
        unknown = []
        for term in filter(None, (part.strip() for part in query.split(","))):
            people = self._named(term)
            if people is None:
                unknown.append(term)
            else:
                found |= {one.handle: one for one in people}
        if unknown or not query.strip(" ,"):
            raise self._no_audience(unknown)
        return Audience(query.strip(), tuple(found[handle] for handle in sorted(found)))

    def audiences(self) -> list[tuple[str, int]]:
        """The named audiences and how many people each has."""
        return [(name, len(people)) for name, people in self._audiences.items()]

    def _named(self, term: str) -> tuple[Person, ...] | None:
        wanted = term.casefold()
        for name, people in self._audiences.items():
            if name.casefold() == wanted:
                return people
        if wanted.startswith("role:") and wanted[5:] in set(Role):
            return ()
        one = self._by_handle.get(wanted.removeprefix("@"))
        return (one,) if one is not None and one.active else None

    def _labelled(self) -> dict[str, tuple[Person, ...]]:
        named: dict[str, list[Person]] = {}
        for one in self.everyone:
            labels = [f"site:{one.site}"] if one.site else []
            labels += [f"group:{group}" for group in one.groups]
            labels += [f"role:{role}" for role in one.roles]
            for label in labels:
                named.setdefault(label, []).append(one)
        return {"all": self.everyone} | {name: tuple(named[name]) for name in sorted(named)}

    def _ladder(self, on_call: Sequence[str]) -> tuple[Person, ...]:
        # A page must not fail because one name on the ladder has left: those who are there count.
        return tuple(dict.fromkeys(one for term in on_call for one in self._named(term) or ()))

    def _nobody(self, text: str) -> NotFound:
        words = [one.handle for one in self.everyone] + [one.name for one in self.everyone]
        return NotFound(f"Nobody is called {text}.", remedy=_suggestion(text, words))

    def _no_audience(self, unknown: Sequence[str]) -> NotFound:
        words = [*self._audiences, *(one.handle for one in self.everyone)]
        if not unknown:
            return NotFound("An audience has a name.", remedy=f"Such as {', '.join(words[:5])}.")
        sentences = [f"No audience or person is called {name}." for name in unknown]
        remedies = dict.fromkeys(_suggestion(name, words) for name in unknown)
        return NotFound(" ".join(sentences), remedy=" ".join(remedies))


def _suggestion(text: str, words: Sequence[str]) -> str:
    folded = {word.casefold(): word for word in words}
    near = difflib.get_close_matches(text.casefold(), folded, n=2, cutoff=0.7)
    if not near:
        return "`people` and `audiences` list what there is."
    return f"Did you mean {' or '.join(folded[word] for word in near)}?"
