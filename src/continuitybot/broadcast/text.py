"""What a text becomes on the air: its encoding, its segments, and what makes it dear.

The GSM 7-bit alphabet is 3GPP TS 23.038 section 6.2.1; what is outside it is sent as UTF-16
("UCS-2"), which takes less than half as many characters a segment. A text of several segments
spends a few characters of each on the header that joins them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

GSM_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM_EXTENSION = frozenset("\f^{}\\[~]|€")

# Characters that look alike, and are meant so: what people type, and what is cheap.
REPLACEMENTS = {
    "‘": "'", "’": "'", "‚": "'", "‛": "'", "′": "'", "´": "'", "`": "'",  # noqa: RUF001  # alike
    "“": '"', "”": '"', "„": '"', "‟": '"', "″": '"', "«": '"', "»": '"',
    "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-",  # noqa: RUF001  # alike
    "−": "-", "•": "-",
    "…": "...", "\N{NO-BREAK SPACE}": " ", "\N{NARROW NO-BREAK SPACE}": " ",
    "\N{THIN SPACE}": " ", "\t": " ", "\N{ZERO WIDTH SPACE}": "", "\N{SOFT HYPHEN}": "",
    "á": "a", "â": "a", "ê": "e", "ë": "e", "í": "i", "î": "i", "ó": "o", "ô": "o", "ú": "u",
    "û": "u", "ç": "c",
}  # fmt: skip


class Encoding(StrEnum):
    """The two ways in which a text travels."""

    GSM_7 = "GSM-7"
    UCS_2 = "UCS-2"


_SINGLE = {Encoding.GSM_7: 160, Encoding.UCS_2: 70}
_JOINED = {Encoding.GSM_7: 153, Encoding.UCS_2: 67}


@dataclass(frozen=True)
class Measure:
    """How a text travels: `units` are septets in GSM-7 and UTF-16 units in UCS-2.

    `culprits` are the characters outside the GSM alphabet, each once, in order. `suggestion` is
    the same text with them replaced, or "" when that is not possible or not needed.
    """

    encoding: Encoding
    units: int
    segments: int
    culprits: tuple[str, ...] = ()
    suggestion: str = ""


def measure(text: str) -> Measure:
    """Measure a text; an empty one has no segment."""
    culprits = tuple(dict.fromkeys(c for c in text if not _in_gsm(c)))
    encoding = Encoding.UCS_2 if culprits else Encoding.GSM_7
    widths = [_width(character, encoding) for character in text]
    return Measure(
        encoding,
        units=sum(widths),
        segments=_segments(widths, encoding),
        culprits=culprits,
        suggestion=_plain(text) if culprits else "",
    )


def advice(measured: Measure) -> str:
    """One sentence on what makes a text dear and what to write instead; "" when nothing does."""
    if not measured.culprits:
        return ""
    shown = " ".join(measured.culprits[:5])
    sentence = f"{shown} makes this a {measured.encoding} text of {_count(measured.segments)}"
    cheaper = measure(measured.suggestion)
    if not measured.suggestion or cheaper.segments >= measured.segments:
        return f"{sentence}."
    return f"{sentence}; with plain characters it is {_count(cheaper.segments)}."


def _count(segments: int) -> str:
    return f"{segments} segment" if segments == 1 else f"{segments} segments"


def _in_gsm(character: str) -> bool:
    return character in GSM_BASIC or character in GSM_EXTENSION


def _width(character: str, encoding: Encoding) -> int:
    if encoding is Encoding.GSM_7:
        return 2 if character in GSM_EXTENSION else 1
    return 2 if ord(character) > 0xFFFF else 1


def _segments(widths: Iterable[int], encoding: Encoding) -> int:
    """Fill segments one after the other; a pair (escape, surrogates) is never divided."""
    widths = list(widths)
    if sum(widths) <= _SINGLE[encoding]:
        return 1 if widths else 0
    segments, room = 1, _JOINED[encoding]
    for width in widths:
        if width > room:
            segments, room = segments + 1, _JOINED[encoding]
        room -= width
    return segments


def _plain(text: str) -> str:
    replaced = "".join(c if _in_gsm(c) else REPLACEMENTS.get(c, c) for c in text)
    return replaced if all(_in_gsm(c) for c in replaced) else ""
