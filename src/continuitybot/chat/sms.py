"""Cards as one text message: at most 160 characters of the GSM alphabet, the essential first."""

from __future__ import annotations

import unicodedata

from continuitybot.chat.message import Card, plain

LONGEST = 160
_WORTH_CUTTING = 40  # less room than this tells nothing of a longer piece
# 3GPP TS 23.038, 6.2.1: the basic alphabet, without the characters that count double.
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_INSTEAD = {
    "‘": "'", "’": "'", "“": '"', "”": '"', "„": '"', "–": "-", "—": "-", "…": "...",
    "·": "-", "\u00a0": " ", "\t": " ", "[": "(", "]": ")", "{": "(", "}": ")", "~": "-",
    "^": "", "\\": "/", "|": "/", "€": "EUR", "`": "'", "→": "->", "✔": "", "✘": "", "⚠": "",
}  # fmt: skip


def render(card: Card) -> str:
    """Mode, headline, state, then facts and text while there is room; one of them may be cut."""
    head = " ".join(part for part in (card.mode, card.headline) if part)
    pieces = [f"{head}: {card.state}" if card.state else head]
    pieces += [f"{fact.label}: {plain(fact.value)}" for fact in card.facts]
    pieces += [plain(text) for text in card.text]
    message = shortened(gsm(pieces[0]))
    for piece in filter(None, map(gsm, pieces[1:])):
        room = LONGEST - len(message) - 2
        if len(piece) <= room or room >= _WORTH_CUTTING:
            message = f"{message}. {shortened(piece, room)}"
    return message


def gsm(text: str) -> str:
    """`text` in characters of the GSM alphabet that count once; `?` for what has no like."""
    return " ".join("".join(_in_gsm(char) for char in text).split())


def shortened(text: str, room: int = LONGEST) -> str:
    """At most `room` characters, with `...` where something is missing."""
    return text if len(text) <= room else text[: room - 3].rstrip() + "..."


def _in_gsm(char: str) -> str:
    if char in _GSM:
        return char
    if char in _INSTEAD:
        return _INSTEAD[char]
    bare = "".join(
        part for part in unicodedata.normalize("NFKD", char) if not unicodedata.combining(part)
    )
    return bare if bare and all(part in _GSM for part in bare) else "?"
