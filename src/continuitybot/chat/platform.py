"""What a chat platform is to the bot, and what comes in from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from continuitybot.chat.grammar import fill
from continuitybot.chat.message import Card, Form
from continuitybot.people.model import Identity


@dataclass(frozen=True)
class MessageRef:
    """Where a message stands: `id` is the platform's own name for it within the channel."""

    platform: str
    channel: str
    id: str


@dataclass(frozen=True)
class Command:
    """One line of the grammar from one person, whose identity the platform has verified.

    `id` is the same however often the platform delivers it. `channel` and `thread` say where it
    was written; `thread` is "" outside one.
    """

    identity: Identity
    text: str
    id: str
    channel: str = ""
    thread: str = ""


@dataclass(frozen=True)
class Click:
    """A button was pressed; it stands for the command that the button carries."""

    identity: Identity
    button_command: str
    id: str
    channel: str = ""
    thread: str = ""

    def as_command(self) -> Command:
        """The same as if the person had typed the button's command."""
        return Command(self.identity, self.button_command, self.id, self.channel, self.thread)


@dataclass(frozen=True)
class FormSubmit:
    """A form was sent: its command, and the answers as pairs of field name and text, in order."""

    identity: Identity
    form_command: str
    answers: tuple[tuple[str, str], ...]
    id: str
    channel: str = ""
    thread: str = ""

    def as_command(self) -> Command:
        """The same as if the person had typed the whole line."""
        line = fill(self.form_command, self.answers)
        return Command(self.identity, line, self.id, self.channel, self.thread)


@dataclass(frozen=True)
class Reply:
    """The answer to a command: cards, shown to the asker only unless `private` is false.

    A `form` asks for what was missing; a platform without forms shows its questions as a card.
    `refused` is true when nothing was done.
    """

    cards: tuple[Card, ...] = ()
    private: bool = True
    form: Form | None = None
    refused: bool = False


Handle = Callable[[Command], Awaitable[Reply]]


class Platform(Protocol):
    """Where cards are shown.

    Every method may raise Transient (nothing was shown, try later), Permanent, or, where the
    message may have been shown, OutcomeUnknown.
    """

    async def post(
        self, channel: str, card: Card, *, key: str, thread: MessageRef | None = None
    ) -> MessageRef:
        """Show a new message, under another one if `thread` is given. `key` names it for `find`."""
        ...

    async def find(
        self, channel: str, key: str, thread: MessageRef | None = None
    ) -> MessageRef | None:
        """The message that an interrupted `post` with this key has left, if it has."""
        ...

    async def edit(self, message: MessageRef, card: Card) -> None:
        """Show `card` in the place of a message. Raises NotFound when the message is gone."""
        ...

    async def tell(self, person: Identity, card: Card) -> MessageRef:
        """Show a message to one person, where only that person sees it and it stays."""
        ...

    async def make_channel(self, name: str, topic: str, people: Sequence[Identity]) -> str:
        """A channel of that name with these people in it: a new one, or the one that is there."""
        ...
