"""Who may do what: decided on the person, at the moment of the act."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from continuitybot.errors import NotAllowed
from continuitybot.people.model import Person, Role

_NAMED_AT_MOST = 4


@dataclass(frozen=True)
class Act:
    """Something a person does, in the words of a refusal, and the roles that open it."""

    doing: str
    roles: tuple[Role, ...]


# An admin may do all of these besides.
ACTS: Mapping[str, Act] = MappingProxyType(
    {
        "view": Act("Looking at this", tuple(Role)),
        "respond": Act("Responding", (Role.RESPONDER,)),
        "invoke": Act("Invoking continuity", (Role.RESPONDER,)),
        "approve": Act("Approving", (Role.APPROVER,)),
        "broadcast": Act("Broadcasting", (Role.BROADCASTER,)),
        "stop": Act("Stopping a broadcast", (Role.RESPONDER, Role.BROADCASTER)),
        "drill": Act("Starting a drill", (Role.RESPONDER,)),
        "configure": Act("Changing the configuration", (Role.ADMIN,)),
    }
)


def may(person: Person, act: str) -> bool:
    """Whether the person has the authority for an act (a key of ACTS)."""
    return Role.ADMIN in person.roles or not person.roles.isdisjoint(ACTS[act].roles)


def who_may(act: str, everyone: Iterable[Person]) -> list[Person]:
    """Everybody with the authority for an act, by name; those with its own role come first."""
    able = [person for person in everyone if may(person, act)]
    return sorted(able, key=lambda one: (one.roles.isdisjoint(ACTS[act].roles), one.name))


def require(person: Person, act: str, everyone: Iterable[Person]) -> None:
    """Return when the person may; else raise NotAllowed, whose remedy names who could."""
    if not may(person, act):
        raise NotAllowed(refusal(act), remedy=ask_instead(act, everyone, person), code="role")


def refusal(act: str) -> str:
    """What a person without the authority is told: `Approving needs the role approver.`"""
    roles = [role.value for role in ACTS[act].roles]
    needed = "any role" if len(roles) == len(Role) else f"the role {_either(roles)}"
    return f"{ACTS[act].doing} needs {needed}."


def ask_instead(act: str, everyone: Iterable[Person], asking: Person) -> str:
    """Who could do it instead: `Ask Alice Brandt or Bob Okafor.`"""
    names = [one.name for one in who_may(act, everyone) if one.handle != asking.handle]
    if not names:
        return "Nobody has it yet: give it to somebody in the people file, then import it."
    if len(names) > _NAMED_AT_MOST:
        names = [*names[:_NAMED_AT_MOST], f"{len(names) - _NAMED_AT_MOST} others"]
    return f"Ask {_either(names)}."


def _either(words: list[str]) -> str:
    return " or ".join(filter(None, [", ".join(words[:-1]), words[-1]]))
