"""What the bot says, as values that no platform has touched yet.

A `Card` is one message. Each platform renders it with what it has; every renderer escapes the
text it is given, so a value may hold whatever a user wrote. A button's command and a filled form
are lines of the grammar: a click and a typed line come in by the same door.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Mode = Literal["", "LIVE", "DRILL"]
Tone = Literal["", "good", "warning", "bad"]
ButtonStyle = Literal["plain", "primary", "danger"]
FieldKind = Literal["text", "multiline", "choice", "duration"]
ItemState = Literal["todo", "doing", "waiting", "done", "skipped", "failed", "na", "unknown"]


@dataclass(frozen=True)
class Span:
    """A piece of text that stands out: `bold`, or `code` to be copied as it is."""

    text: str
    style: Literal["bold", "code"] = "bold"


@dataclass(frozen=True)
class Moment:
    """A point in time, shown in the zone of whoever reads it."""

    at: datetime


Piece = str | Span | Moment
Text = str | tuple[Piece, ...]
"""Plain text, or pieces of it; never markup: renderers escape every piece."""


@dataclass(frozen=True)
class Fact:
    """One labelled value, such as `Provider: standby`."""

    label: str
    value: Text


@dataclass(frozen=True)
class Table:
    """Rows of text under columns; each row has as many cells as there are columns."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Text, ...], ...]

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row of a table has another number of cells than its columns")


@dataclass(frozen=True)
class Point:
    """One measurement; `value` None is a gap: nothing was measured."""

    at: datetime
    value: float | None


@dataclass(frozen=True)
class Chart:
    """Measurements over time; `normal` is the value above which they are too high."""

    title: str
    unit: str
    points: tuple[Point, ...]
    normal: float | None = None


@dataclass(frozen=True)
class Part:
    """How many of a progress are in one state, such as 12 `delivered`."""

    label: str
    count: int


@dataclass(frozen=True)
class Progress:
    """How far something has come: its parts, the most finished first, out of `total`."""

    parts: tuple[Part, ...]
    total: int


@dataclass(frozen=True)
class Confirm:
    """The question asked before a button does what it says."""

    title: str
    text: str
    ok: str = "Yes, do it"


@dataclass(frozen=True)
class Button:
    """A command that waits for a click. `command` is a line of the grammar."""

    label: str
    command: str
    style: ButtonStyle = "plain"
    confirm: Confirm | None = None


@dataclass(frozen=True)
class Item:
    """One line of a checklist or one step of a run."""

    label: Text
    state: ItemState = "todo"
    note: Text = ""
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Field:
    """One question of a form.

    `name` says where the answer goes in the command line: `--for` fills an option, `site=` a named
    input, anything else is the next positional argument, in the order of the fields. `value` is
    what stands there at first.
    """

    name: str
    label: str
    kind: FieldKind = "text"
    options: tuple[str, ...] = ()
    required: bool = True
    value: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Form:
    """Questions whose answers complete `command`, the beginning of a line of the grammar."""

    title: str
    command: str
    fields: tuple[Field, ...]
    submit_label: str = "Send"


@dataclass(frozen=True)
class Card:
    """One message about one thing.

    `headline` says what it is about, `state` in a word how it stands, `tone` whether that is good
    news (only ever shown beside the words). `mode` is written out on the first line. Everything
    else is shown in the order of the fields below.
    """

    headline: str
    mode: Mode = ""
    state: str = ""
    tone: Tone = ""
    facts: tuple[Fact, ...] = ()
    text: tuple[Text, ...] = ()
    table: Table | None = None
    chart: Chart | None = None
    checklist: tuple[Item, ...] = ()
    progress: Progress | None = None
    buttons: tuple[Button, ...] = ()
    form: Form | None = None
    footer: Text = ""


def first_line(card: Card) -> str:
    """Mode, headline and state in one line: the first line of every rendering."""
    head = f"{card.mode} · {card.headline}" if card.mode else card.headline
    return f"{head}: {card.state}" if card.state else head


def fallback(card: Card, longest: int = 240) -> str:
    """The card as one plain line, for notifications and readers that show no more."""
    pieces = [first_line(card), *(plain(text) for text in card.text[:1])]
    line = " ".join(" – ".join(piece for piece in pieces if piece).split())
    return line if len(line) <= longest else line[: longest - 1].rstrip() + "…"


def plain(text: Text) -> str:
    """A text without its emphasis; moments in UTC."""
    if isinstance(text, str):
        return text
    return "".join(_plain_piece(piece) for piece in text)


def _plain_piece(piece: Piece) -> str:
    if isinstance(piece, Span):
        return piece.text
    if isinstance(piece, Moment):
        return f"{piece.at:%Y-%m-%d %H:%M} UTC"
    return piece
