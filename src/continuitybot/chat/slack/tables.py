"""Tables in Slack: its own table block, or aligned columns where that is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from continuitybot.chat.message import Table, plain
from continuitybot.chat.slack import rich

MOST_ROWS, MOST_COLUMNS, MOST_CHARACTERS = 100, 20, 9_000


def table_blocks(table: Table, as_text: bool) -> Iterator[dict[str, Any]]:
    """The table, and a line that says how many rows did not fit."""
    columns = table.columns[:MOST_COLUMNS]
    cells = [tuple(_cell(plain(cell)) for cell in row[: len(columns)]) for row in table.rows]
    rows = _fitting([columns, *cells], rich.LONGEST if as_text else MOST_CHARACTERS)
    if as_text:
        yield rich.preformatted("\n".join(_aligned(rows)))
    else:
        yield {
            "type": "table",
            "rows": [[{"type": "raw_text", "text": cell} for cell in row] for row in rows],
        }
    if (left_out := len(cells) + 1 - len(rows)) > 0:
        yield rich.block(f"… {left_out} more rows: the console shows them.")


def _cell(text: str) -> str:
    return " ".join(text.split())[:300] or "–"


def _fitting(rows: list[tuple[str, ...]], room: int) -> list[tuple[str, ...]]:
    kept: list[tuple[str, ...]] = []
    widths = [0] * len(rows[0])
    for row in rows[:MOST_ROWS]:
        widths = [max(width, len(cell) + 2) for width, cell in zip(widths, row, strict=True)]
        if kept and sum(widths) * (len(kept) + 1) > room:
            break
        kept.append(row)
    return kept


def _aligned(rows: list[tuple[str, ...]]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
