"""A typed line as words: quotes and dashes as keyboards of phones make them.

A quote opens at the beginning of a word, or after `=`, so that `don't` is a word. A double quote
that opens must close; a single one that never closes is an apostrophe. Inside double quotes, a
backslash stands before a quote or a backslash that is meant as such.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from continuitybot.errors import Refused

DASHES = "-‐‑‒–—―−"  # noqa: RUF001 — each of them has been typed by a phone
_DOUBLE = '"“”„«»'
_SINGLE = "'‘’"
_OPTION = re.compile(rf"[{DASHES}]{{1,3}}(?=[^\W\d_])")
_CLOSING_SINGLE = re.compile(rf"[{_SINGLE}](?=\s|$)")
_INVISIBLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b-\u200f\u2060\ufeff]")
_NEEDS_NO_QUOTES = re.compile(r"[A-Za-z0-9.:@+_/,][A-Za-z0-9.:@+_/,-]*")


@dataclass(frozen=True)
class Word:
    """One word of a line: what it says, where it stood, and whether it stood in quotes."""

    text: str
    start: int
    end: int
    quoted: bool = False

    @property
    def is_option(self) -> bool:
        """True for `--for`, which begins with two dashes after `split`."""
        return not self.quoted and self.text.startswith("--")


def visible(line: str) -> str:
    """The line without the characters that nobody meant to type."""
    return _INVISIBLE.sub("", line).strip()


def split(line: str) -> list[Word]:
    """The words of a line. Raises Refused when a quote does not close."""
    words: list[Word] = []
    at = 0
    while at < len(line):
        if line[at].isspace():
            at += 1
            continue
        word = _word(line, at)
        words.append(word)
        at = word.end
    return words


def quote(text: str) -> str:
    """`text` as one word of a line: `split(quote(text))` gives it back."""
    if _NEEDS_NO_QUOTES.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _word(line: str, start: int) -> Word:
    closed = _quoted(line, start)
    if closed is not None:
        text, end = closed
        return Word(text, start, end, quoted=True)
    at = start
    while at < len(line) and not line[at].isspace():
        at += 1
        if line[at - 1] == "=" and (closed := _quoted(line, at)) is not None:
            text, end = closed
            return Word(_with_two_dashes(line[start:at]) + text, start, end)
    return Word(_with_two_dashes(line[start:at]), start, at)


def _with_two_dashes(text: str) -> str:
    return _OPTION.sub("--", text, count=1) if _OPTION.match(text) else text


def _quoted(line: str, at: int) -> tuple[str, int] | None:
    """What the quotes at this place hold and where they end; None when no quotes open here."""
    opening = line[at : at + 1]
    if opening and opening in _DOUBLE:
        return _double_quoted(line, at)
    if opening and opening in _SINGLE:
        closing = _CLOSING_SINGLE.search(line, at + 1)
        return None if closing is None else (line[at + 1 : closing.start()], closing.end())
    return None


def _double_quoted(line: str, start: int) -> tuple[str, int]:
    end = _closing(line, start, '"' if line[start] == '"' else _DOUBLE)
    if end is None:  # opened straight and closed curly, as some keyboards do
        end = _closing(line, start, _DOUBLE)
    if end is None:
        raise Refused(
            f"The quote before “{line[start + 1 : start + 21].strip()}” is not closed.",
            remedy="Put another quote at the end of the text.",
        )
    if end + 1 < len(line) and not line[end + 1].isspace():
        raise Refused(
            f"There is no space after the quote that ends “{line[start + 1 : end][-20:]}”.",
            remedy='Inside the text, write \\" for a quote.',
        )
    return re.sub(r'\\(["\\])', r"\1", line[start + 1 : end]), end + 1


def _closing(line: str, start: int, marks: str) -> int | None:
    at = start + 1
    while at < len(line):
        if line[at] == "\\" and line[at + 1 : at + 2] in ('"', "\\"):
            at += 2
        elif line[at] in marks:
            return at
        else:
            at += 1
    return None
