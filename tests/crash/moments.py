"""When the bot is killed."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class AtWrite:
    """Around the `number`-th write from when it is set: just `after` its commit, or just before."""

    number: int
    after: bool

    def __str__(self) -> str:
        return f"{_side(self.after)} write {self.number}"


@dataclass(frozen=True)
class AtRequest:
    """Around the `number`-th request to the outside: before it arrives, or before its answer."""

    number: int
    after: bool

    def __str__(self) -> str:
        return f"{_side(self.after)} request {self.number}"


@dataclass(frozen=True)
class AtInstant:
    """After so many milliseconds of the processor: anywhere, between any two instructions."""

    milliseconds: int

    def __str__(self) -> str:
        return f"after {self.milliseconds} ms of work"


@dataclass(frozen=True)
class AtMarks:
    """At the first write, or request, that has one of these marks; on the side that it names."""

    marks: frozenset[Mark]


@dataclass(frozen=True, order=True)
class Mark:
    """One thing that a write changes, or one request: `after` is the later side of it."""

    what: str
    after: bool

    def __str__(self) -> str:
        return f"{_side(self.after)} {self.what}"


Moment = AtWrite | AtRequest | AtInstant | AtMarks


@dataclass(frozen=True)
class Strike:
    """Where it was killed: everything that the write changed, or the request."""

    marks: frozenset[Mark]


def _side(after: bool) -> str:
    return "after" if after else "before"
