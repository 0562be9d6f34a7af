"""IMAP on the wire: commands in, words out of them."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass

Word = str | list["Word"]

_LITERAL = re.compile(rb"\{(\d+)\+?\}\r?\n$")
_WORD = re.compile(
    r"""\s*(?:
        "(?P<quoted>(?:\\.|[^"\\])*)"
      | (?P<open>\() | (?P<close>\))
      | (?P<atom>(?:[^\s()"\[]|\[[^\]]*\])+)
    )""",
    re.VERBOSE | re.DOTALL,
)


class SyntaxFault(Exception):
    """The client wrote something that is no IMAP; the text is for it."""


@dataclass(frozen=True)
class Command:
    """One command; `words` are its arguments, a parenthesised list being a list."""

    tag: str
    name: str
    words: list[Word]


async def read_command(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> Command | None:
    """The next command, or None when the client has gone. Raises SyntaxFault."""
    text = b""
    while line := await reader.readline():
        literal = _LITERAL.search(line)
        if literal is None:
            return parse_command((text + line).decode("utf-8", "replace").rstrip("\r\n"))
        writer.write(b"+ go ahead\r\n")
        given = await reader.readexactly(int(literal[1]))
        # The rest of the server knows quoted strings only.
        quoted = given.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
        text += line[: literal.start()] + b'"' + quoted + b'"'
    return None


def parse_command(text: str) -> Command:
    tag, _, rest = text.partition(" ")
    name, _, arguments = rest.partition(" ")
    if not tag or not name:
        raise SyntaxFault("a command is a tag and a name")
    if name.upper() == "UID":
        second, _, arguments = arguments.partition(" ")
        name = f"UID {second}"
    return Command(tag, name.upper(), parse_words(arguments))


def parse_words(text: str) -> list[Word]:
    """`a "b c" (d e)` becomes `["a", "b c", ["d", "e"]]`. Raises SyntaxFault."""
    stack: list[list[Word]] = [[]]
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _WORD.match(text, position)
        if match is None:
            raise SyntaxFault(f"cannot read: {text[position:]}")
        position = match.end()
        if match["open"]:
            stack.append([])
        elif match["close"]:
            if len(stack) == 1:
                raise SyntaxFault("a parenthesis closes that was not opened")
            closed = stack.pop()
            stack[-1].append(closed)
        elif match["quoted"] is not None:
            stack[-1].append(re.sub(r"\\(.)", r"\1", match["quoted"], flags=re.DOTALL))
        else:
            stack[-1].append(match["atom"])
    if len(stack) > 1:
        raise SyntaxFault("a parenthesis is not closed")
    return stack[0]


def word(words: list[Word], position: int) -> str:
    """The plain word at a position. Raises SyntaxFault when there is none."""
    found = words[position] if position < len(words) else []
    if isinstance(found, list):
        raise SyntaxFault("an argument is missing")
    return found


def numbers(text: str, largest: int) -> frozenset[int]:
    """The numbers of a sequence set such as `1:3,7,9:*`. Raises SyntaxFault."""
    chosen: set[int] = set()
    for part in text.split(","):
        first, _, last = part.partition(":")
        try:
            ends = [largest if end == "*" else int(end) for end in (first, last or first)]
        except ValueError:
            raise SyntaxFault(f"no sequence set: {text}") from None
        chosen.update(range(min(ends), min(max(ends), largest) + 1))
    return frozenset(chosen)
