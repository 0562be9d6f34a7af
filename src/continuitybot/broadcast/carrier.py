"""What the room asks of a carrier, and the values that pass between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from continuitybot.broadcast.answers import Message, Report


@dataclass(frozen=True)
class Callback:
    """A request that came in from a carrier: not trusted until its signature is checked.

    `at` is when it came, `target` its path with the query string; `headers` have lower-case
    names, `form` are the fields of the form (or of a flat JSON object), and `body` the bytes they
    were read from.
    """

    at: datetime
    target: str
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """A text that somebody sent to us; `sid` is the carrier's name for it."""

    sid: str
    sender: str
    text: str


class Carrier(Protocol):
    """Takes texts to phones and tells what became of them."""

    async def send(self, message: Message) -> Report:
        """Hand a text over: the carrier has taken it, or has refused it for good.

        Raises: Transient when it surely has not and may later, OutcomeUnknown when it may have.
        """
        ...

    async def find(self, message: Message, since: datetime) -> Sequence[Report]:
        """Every text of that body that the carrier took for that phone since then, newest first.

        Raises: Transient when it cannot answer now, Permanent when it never can.
        """
        ...

    def receipt(self, callback: Callback) -> Report:
        """The receipt in a callback. Raises NotAllowed when it is not the carrier's."""
        ...

    def reply(self, callback: Callback) -> Reply:
        """The text in a callback. Raises NotAllowed when it is not the carrier's."""
        ...

    async def close(self) -> None:
        """Let its connections go."""
        ...
