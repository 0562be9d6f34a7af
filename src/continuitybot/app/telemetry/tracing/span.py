"""A span as a value, and the names that make spans of several processes one trace."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

Value = str | int | float | bool


@dataclass(frozen=True)
class Place:
    """Where a span stands: its trace (128 bits) and its own name in it (64 bits)."""

    trace: int
    span: int


@dataclass(frozen=True)
class Span:
    """Something that took time. `error` says what went wrong, "" when nothing did."""

    place: Place
    name: str
    start: datetime
    end: datetime
    parent: int = 0
    links: tuple[Place, ...] = ()
    attributes: Mapping[str, Value] = field(default_factory=dict)
    error: str = ""


class Exporter(Protocol):
    """Takes spans away, without ever making anybody wait."""

    def send(self, span: Span) -> None:
        """Take one span; it is dropped when too many wait to be sent."""
        ...

    async def trouble(self) -> str:
        """Ask the collector: "" when it takes spans, else what is wrong and what to do."""
        ...

    async def close(self) -> None:
        """Send what waits, for two seconds at most."""
        ...


def place_of_run(ref: str, started: str) -> Place:
    """The place of a run's own span: the same in every process that works on the run."""
    return Place(_number(16, ref, started), _number(8, ref, started, "run"))


def place_of_step(run: Place, step: str, started: str) -> Place:
    """The place of one try of a step."""
    return Place(run.trace, _number(8, str(run.span), step, started))


def place_of_effect(trace: int, key: str, token: int) -> Place:
    """The place of one performance of an effect."""
    return Place(trace, _number(8, key, str(token)))


def new_place() -> Place:
    """A place in a trace of its own."""
    return Place(uuid.uuid4().int, new_span())


def new_span() -> int:
    """A name that no other span has."""
    return _number(8, str(uuid.uuid4()))


def _number(size: int, *words: str) -> int:
    digest = hashlib.sha256("\n".join(words).encode()).digest()
    return int.from_bytes(digest[:size]) or 1  # nought means: no span
