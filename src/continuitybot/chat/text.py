"""Cards for a terminal: words, marks and alignment, no colour."""

from __future__ import annotations

import re
import textwrap
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import UTC, tzinfo

from continuitybot.chat.message import Button, Card, Fact, Form, Item, Moment, Span, Table, Text
from continuitybot.chat.times import shown
from continuitybot.chat.wording import (
    ITEM_MARKS,
    chart_words,
    progress_bar,
    progress_words,
    sparkline,
    state_words,
)

# Control characters but tab and line feed, and those that reorder or hide text.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")

_NARROWEST = 12  # characters of a column that gives way to others


def render(card: Card, zone: tzinfo = UTC, width: int = 80) -> str:
    """The card as lines of at most `width` characters, except where one word is longer."""
    return "\n".join(line.rstrip() for line in _Terminal(zone, width).lines(card))


class _Terminal:
    def __init__(self, zone: tzinfo, width: int) -> None:
        self._zone = zone
        self._width = max(20, width)

    def lines(self, card: Card) -> Iterator[str]:
        yield from self._wrap(_headline(card))
        yield from self._facts(card.facts)
        for paragraph in card.text:
            yield from self._wrap(self._words(paragraph))
        if card.table is not None:
            yield from self._table(card.table)
        if card.chart is not None:
            yield from self._wrap(f"{card.chart.title}: {chart_words(card.chart)}")
            yield f"  {sparkline(card.chart, self._width - 2)}"
        for item in card.checklist:
            yield from self._item(item)
        if card.progress is not None:
            yield from self._wrap(f"{progress_bar(card.progress)} {progress_words(card.progress)}")
        if card.form is not None:
            yield from self._form(card.form)
        yield from self._buttons(card.buttons)
        if card.footer:
            yield from self._wrap(self._words(card.footer))

    def _words(self, text: Text) -> str:
        if isinstance(text, str):
            return printable(text)
        return "".join(self._piece(piece) for piece in text)

    def _piece(self, piece: str | Span | Moment) -> str:
        if isinstance(piece, Moment):
            return shown(piece.at, self._zone)
        if isinstance(piece, Span):
            text = printable(piece.text)
            is_word = piece.style == "code" and "\n" not in text
            return f"`{text}`" if is_word else text
        return printable(piece)

    def _wrap(self, text: str, first: str = "", then: str | None = None) -> Iterator[str]:
        following = first if then is None else then
        for number, line in enumerate(text.splitlines() or [""]):
            yield from textwrap.wrap(
                line,
                self._width,
                initial_indent=following if number else first,
                subsequent_indent=following,
                break_long_words=False,
                break_on_hyphens=False,
            ) or [first if number == 0 else ""]

    def _facts(self, facts: Sequence[Fact]) -> Iterator[str]:
        column = min(24, max((len(fact.label) for fact in facts), default=0))
        for fact in facts:
            label = f"  {printable(fact.label):<{column}}  "
            yield from self._wrap(self._words(fact.value), label, " " * (column + 4))

    def _table(self, table: Table) -> Iterator[str]:
        rows = [[" ".join(self._words(cell).split()) for cell in row] for row in table.rows]
        heads = [printable(column) for column in table.columns]
        wanted = [max(map(_columns, cells)) for cells in zip(heads, *rows, strict=True)]
        widths = _fitted(wanted, self._width - 2 * len(wanted))
        yield self._row([head.upper() for head in heads], widths)
        for row in rows:
            yield self._row(row, widths)

    def _row(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        cut = (_cut(cell, width) for cell, width in zip(cells, widths, strict=True))
        padded = (cell + " " * (w - _columns(cell)) for cell, w in zip(cut, widths, strict=True))
        line = "  " + "  ".join(padded).rstrip()
        return line if len(line) <= self._width else line[: self._width - 1] + "…"

    def _item(self, item: Item) -> Iterator[str]:
        mark, word = ITEM_MARKS[item.state]
        note = f" – {self._words(item.note)}" if item.note else ""
        yield from self._wrap(f"{self._words(item.label)} ({word}){note}", f"  {mark} ", "    ")
        yield from self._buttons(item.buttons, "      ")

    def _buttons(self, buttons: Sequence[Button], indent: str = "  ") -> Iterator[str]:
        for button in buttons:
            yield f"{indent}[{printable(button.label)}]  {printable(button.command)}"

    def _form(self, form: Form) -> Iterator[str]:
        yield from self._wrap(f"{form.title}: {form.command} …")
        for field in form.fields:
            need = "" if field.required else " (optional)"
            options = f": {' | '.join(field.options)}" if field.options else ""
            hint = f", {field.hint}" if field.hint else ""
            yield from self._wrap(f"{field.name}{need}{options}{hint}", "  ", "    ")


def printable(text: str) -> str:
    """Without control characters, so that text from outside cannot steer the terminal."""
    return _STEERING.sub("", text)


def _headline(card: Card) -> str:
    words = (card.mode, printable(card.headline), printable(state_words(card)))
    return " · ".join(word for word in words if word)


def _fitted(wanted: Sequence[int], room: int) -> list[int]:
    """Widths of columns that fit into `room` together: the widest give way first."""
    widths = list(wanted)
    while sum(widths) > room and max(widths) > _NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _cut(cell: str, width: int) -> str:
    return cell if _columns(cell) <= width else f"{cell[: width - 1].rstrip()}…"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
