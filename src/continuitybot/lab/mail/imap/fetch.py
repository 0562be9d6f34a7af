"""What a FETCH answers for one message (RFC 3501, section 7.4.2)."""

from __future__ import annotations

import re
from datetime import datetime

from continuitybot.lab.mail.imap.wire import SyntaxFault, Word
from continuitybot.lab.mail.mailboxes import StoredMessage

_BODY = re.compile(r"BODY(?P<peek>\.PEEK)?\[(?P<section>HEADER|TEXT|)\]")


def items_of(words: list[Word]) -> list[str]:
    """The item names of a FETCH, alone or in parentheses. Raises SyntaxFault."""
    listed = words[0] if words and isinstance(words[0], list) else words
    items = [item.upper() for item in listed if isinstance(item, str)]
    if not items:
        raise SyntaxFault("FETCH lacks its items")
    return items


def marks_seen(items: list[str]) -> bool:
    """Whether fetching these items sets \\Seen."""
    return any(
        item == "RFC822" or ((body := _BODY.fullmatch(item)) is not None and not body["peek"])
        for item in items
    )


def answer(message: StoredMessage, items: list[str]) -> bytes:
    """The parenthesised list of items with their values. Raises SyntaxFault."""
    return b"(" + b" ".join(_item(message, item) for item in items) + b")"


def _item(message: StoredMessage, item: str) -> bytes:
    raw = message.letter.raw
    if item == "UID":
        return f"UID {message.uid}".encode()
    if item == "FLAGS":
        return f"FLAGS ({' '.join(sorted(message.flags))})".encode()
    if item == "INTERNALDATE":
        return f'INTERNALDATE "{_date_time(message.letter.arrived)}"'.encode()
    if item == "RFC822.SIZE":
        return f"RFC822.SIZE {len(raw)}".encode()
    if item == "RFC822":
        return _literal("RFC822", raw)
    body = _BODY.fullmatch(item)
    if body is None:
        raise SyntaxFault(f"unknown fetch item {item}")
    section = body["section"]
    return _literal(f"BODY[{section}]", _section(raw, section))


def _section(raw: bytes, section: str) -> bytes:
    header, blank, text = raw.partition(b"\r\n\r\n")
    return {"": raw, "HEADER": header + blank, "TEXT": text}[section]


def _literal(name: str, value: bytes) -> bytes:
    return f"{name} {{{len(value)}}}\r\n".encode() + value


def _date_time(at: datetime) -> str:
    return at.strftime("%d-%b-%Y %H:%M:%S %z")
