"""Texts as Slack's rich text, in which nothing that anybody wrote is read as markup."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from continuitybot.chat.message import Moment, Span, Text, plain

Element = dict[str, Any]
LONGEST = 2_900  # of one block; docs.slack.dev names 3,000 for text objects
CUT = "… (shortened here; the console shows all of it)"


def block(*lines: Text) -> Element:
    """A rich text block of these lines."""
    elements: list[Element] = []
    for number, line in enumerate(lines):
        if number:
            elements.append(_text("\n"))
        elements += pieces(line)
    section = {"type": "rich_text_section", "elements": shortened(elements)}
    return {"type": "rich_text", "elements": [section]}


def preformatted(text: str) -> Element:
    """A rich text block in which columns stay under each other."""
    element = {"type": "rich_text_preformatted", "elements": shortened([_text(text or " ")])}
    return {"type": "rich_text", "elements": [element]}


def pieces(text: Text) -> list[Element]:
    """The elements of a text; a moment is shown by Slack in the reader's own zone."""
    parts: Iterable[str | Span | Moment] = (text,) if isinstance(text, str) else text
    return [_element(part) for part in parts if part != ""]


def shortened(elements: list[Element]) -> list[Element]:
    """As many elements as fit, and a note when some do not. Never empty, which Slack refuses."""
    kept: list[Element] = []
    room = LONGEST
    for element in elements:
        text = str(element.get("text") or element.get("fallback"))
        if len(text) > room:
            if element["type"] == "text":
                kept.append({**element, "text": text[: max(1, room - len(CUT))]})
            return [*kept, _text(CUT)]
        room -= len(text)
        kept.append(element)
    return kept or [_text(" ")]


def _element(part: str | Span | Moment) -> Element:
    if isinstance(part, Moment):
        return {
            "type": "date",
            "timestamp": int(part.at.timestamp()),
            "format": "{date_short_pretty} {time}",
            "fallback": plain((part,)),
        }
    if isinstance(part, Span):
        return {**_text(part.text or " "), "style": {part.style: True}}
    return _text(part)


def _text(text: str) -> Element:
    return {"type": "text", "text": text}
