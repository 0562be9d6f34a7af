"""Cards as Block Kit, within its limits (docs.slack.dev/reference/block-kit).

A message has at most 50 blocks, a header 150 characters, a button 75 and its value 2,000. Where
something does not fit, the card says so; the head and the buttons always stay.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from continuitybot.chat.message import (
    Button,
    Card,
    Chart,
    Confirm,
    Form,
    Item,
    Progress,
    Span,
    Text,
    fallback,
    plain,
)
from continuitybot.chat.slack import rich
from continuitybot.chat.slack.tables import table_blocks
from continuitybot.chat.wording import (
    ITEM_MARKS,
    chart_words,
    progress_bar,
    progress_words,
    sparkline,
    state_words,
)
from continuitybot.store import to_document

Block = dict[str, Any]
MOST_BLOCKS = 50
BUTTONS_IN_A_ROW = 5
LONGEST_VALUE = 2_000
SAY, ASK = "say", "ask"  # what a button does: give its command, or open its form


def message(card: Card, *, plain_tables: bool = False) -> dict[str, Any]:
    """`text` and `blocks` of a message. `plain_tables` avoids what older clients refuse."""
    head = list(_head(card))
    body = list(_body(card, plain_tables))
    tail = list(_tail(card))
    room = MOST_BLOCKS - len(head) - len(tail)
    if len(body) > room:
        left_out = len(body) - room + 1
        body = [*body[: room - 1], _context(f"… {left_out} more parts: the console shows them.")]
    return {"text": escape(fallback(card)), "blocks": _named([*head, *body, *tail])}


def escape(text: str) -> str:
    """Text for a field that Slack reads as markup: no mentions, no links."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def plain_text(text: str, longest: int) -> Block:
    """A text object of Slack's that is shown as it is, cut to what the place allows."""
    shown = text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
    return {"type": "plain_text", "text": shown or " ", "emoji": False}


def _head(card: Card) -> Iterator[Block]:
    title = f"{card.mode} · {card.headline}" if card.mode else card.headline
    yield {"type": "header", "text": plain_text(title, 150)}
    if card.state:
        yield rich.block((Span(state_words(card)),))


def _body(card: Card, plain_tables: bool) -> Iterator[Block]:
    if card.facts:
        yield rich.block(*(_labelled(fact.label, fact.value) for fact in card.facts))
    for paragraph in card.text:
        yield rich.block(paragraph)
    if card.table is not None:
        yield from table_blocks(card.table, plain_tables)
    if card.chart is not None:
        yield from _chart(card.chart)
    yield from _checklist(card.checklist)
    if card.progress is not None:
        yield _progress(card.progress)


def _tail(card: Card) -> Iterator[Block]:
    if card.form is not None:
        yield _ask(card.form)
    yield from _buttons(card.buttons)
    if card.footer:
        yield _context(plain(card.footer))


def _labelled(label: str, value: Text) -> Text:
    rest = (value,) if isinstance(value, str) else value
    return (Span(label), ": ", *rest)


def _chart(chart: Chart) -> Iterator[Block]:
    yield rich.block((Span(chart.title), f": {chart_words(chart)}"))
    if bars := sparkline(chart):
        yield rich.preformatted(bars)


def _progress(progress: Progress) -> Block:
    return rich.block(f"{progress_bar(progress)} {progress_words(progress)}")


def _checklist(items: tuple[Item, ...]) -> Iterator[Block]:
    """Items without buttons share blocks; an item with buttons has them right below it."""
    lines: list[Text] = []
    for item in items:
        line = _item(item)
        if lines and sum(len(plain(each)) + 1 for each in [*lines, line]) > rich.LONGEST:
            yield rich.block(*lines)
            lines = []
        lines.append(line)
        if item.buttons:
            yield rich.block(*lines)
            yield from _buttons(item.buttons)
            lines = []
    if lines:
        yield rich.block(*lines)


def _item(item: Item) -> Text:
    mark, word = ITEM_MARKS[item.state]
    label = (item.label,) if isinstance(item.label, str) else item.label
    note = (item.note,) if isinstance(item.note, str) else item.note
    return (f"{mark} ", *label, f" ({word})", *((" – ", *note) if item.note else ()))


def _buttons(buttons: tuple[Button, ...]) -> Iterator[Block]:
    fit = [button for button in buttons if len(button.command) <= LONGEST_VALUE]
    for start in range(0, len(fit), BUTTONS_IN_A_ROW):
        row = fit[start : start + BUTTONS_IN_A_ROW]
        yield {"type": "actions", "elements": [_button(b, n) for n, b in enumerate(row)]}
    for button in buttons:
        if button not in fit:
            yield _context(f"“{button.label}” is too long for a button here: use the console.")


def _button(button: Button, number: int) -> Block:
    element: Block = {
        "type": "button",
        "text": plain_text(button.label, 75),
        "action_id": f"{SAY}:{number}",
        "value": button.command,
    }
    if button.style != "plain":
        element["style"] = button.style
    if button.confirm is not None:
        element["confirm"] = _confirm(button.confirm)
    return element


def _confirm(confirm: Confirm) -> Block:
    return {
        "title": plain_text(confirm.title, 100),
        "text": plain_text(confirm.text, 300),
        "confirm": plain_text(confirm.ok, 30),
        "deny": plain_text("Not now", 30),
    }


def _ask(form: Form) -> Block:
    """A form stands behind a button: Slack shows forms in a window of their own."""
    value = json.dumps(to_document(form), ensure_ascii=False)
    if len(value) > LONGEST_VALUE:
        return _context(f"“{form.title}” has too many questions for Slack: use the console.")
    button = {
        "type": "button",
        "text": plain_text(f"{form.title} …", 75),
        "action_id": ASK,
        "value": value,
    }
    return {"type": "actions", "elements": [button]}


def _context(text: str) -> Block:
    return {"type": "context", "elements": [plain_text(text, 1_900)]}


def _named(blocks: list[Block]) -> list[Block]:
    """Each block with an id of its own, a new one whenever its content is another."""
    named = []
    for number, block in enumerate(blocks):
        content = json.dumps(block, sort_keys=True).encode()
        name = f"{number}-{hashlib.sha256(content).hexdigest()[:12]}"
        named.append({**block, "block_id": name})
    return named
