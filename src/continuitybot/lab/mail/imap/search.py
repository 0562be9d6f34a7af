"""Which messages a SEARCH means (RFC 3501, section 6.4.4)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from email.header import decode_header, make_header

from continuitybot.lab.mail.imap.wire import SyntaxFault, Word, numbers
from continuitybot.lab.mail.letter import headers_of
from continuitybot.lab.mail.mailboxes import StoredMessage


@dataclass(frozen=True)
class Candidate:
    """A message as a search sees it; `largest` and `largest_uid` are what `*` stands for."""

    message: StoredMessage
    number: int
    largest: int
    largest_uid: int


Criterion = Callable[[Candidate], bool]

_FLAGS = {
    "SEEN": "\\Seen",
    "DELETED": "\\Deleted",
    "FLAGGED": "\\Flagged",
    "ANSWERED": "\\Answered",
    "DRAFT": "\\Draft",
}
_HEADERS = ("SUBJECT", "FROM", "TO", "CC", "BCC")


def criterion(words: list[Word]) -> Criterion:
    """All the keys of a search together. Raises SyntaxFault for a key that is not known."""
    rest = list(words)
    if rest and isinstance(rest[0], str) and rest[0].upper() == "CHARSET":
        del rest[:2]
    keys: list[Criterion] = []
    while rest:
        keys.append(_next_key(rest))
    return lambda candidate: all(key(candidate) for key in keys)


def _next_key(rest: list[Word]) -> Criterion:
    """Take one key with its arguments from the front of `rest`."""
    key = rest.pop(0) if rest else ""
    if isinstance(key, list):
        return criterion(key)
    name = key.upper()
    if name == "NOT":
        inner = _next_key(rest)
        return lambda candidate: not inner(candidate)
    if name == "OR":
        left, right = _next_key(rest), _next_key(rest)
        return lambda candidate: left(candidate) or right(candidate)
    return _flag_key(name) or _text_key(name, rest) or _date_key(name, rest) or _set_key(key, rest)


def _flag_key(name: str) -> Criterion | None:
    if name == "ALL":
        return lambda candidate: True
    if name in _FLAGS:
        return lambda candidate: _FLAGS[name] in candidate.message.flags
    if name.removeprefix("UN") in _FLAGS:
        return lambda candidate: _FLAGS[name.removeprefix("UN")] not in candidate.message.flags
    return None


def _text_key(name: str, rest: list[Word]) -> Criterion | None:
    if name in _HEADERS or name == "HEADER":
        header = name if name in _HEADERS else _argument(rest)
        wanted = _argument(rest).lower()
        return lambda candidate: any(
            wanted in value for value in _header_values(candidate.message, header)
        )
    if name in ("BODY", "TEXT"):
        wanted_bytes = _argument(rest).lower().encode()
        return lambda candidate: wanted_bytes in candidate.message.letter.raw.lower()
    return None


def _header_values(message: StoredMessage, header: str) -> list[str]:
    values = headers_of(message.letter.raw).get_all(header) or []
    return [str(make_header(decode_header(str(value)))).lower() for value in values]


def _date_key(name: str, rest: list[Word]) -> Criterion | None:
    if name not in ("SINCE", "BEFORE", "ON"):
        return None
    day = _day(_argument(rest))
    if name == "SINCE":
        return lambda candidate: candidate.message.letter.arrived.date() >= day
    if name == "BEFORE":
        return lambda candidate: candidate.message.letter.arrived.date() < day
    return lambda candidate: candidate.message.letter.arrived.date() == day


def _set_key(key: str, rest: list[Word]) -> Criterion:
    if key.upper() == "UID":
        wanted = _argument(rest)
        return lambda candidate: candidate.message.uid in numbers(wanted, candidate.largest_uid)
    if key[:1].isdigit() or key.startswith("*"):
        return lambda candidate: candidate.number in numbers(key, candidate.largest)
    raise SyntaxFault(f"unknown search key {key}")


def _argument(rest: list[Word]) -> str:
    found = rest.pop(0) if rest else []
    if isinstance(found, list):
        raise SyntaxFault("a search key lacks its argument")
    return found


def _day(text: str) -> date:
    try:
        return datetime.strptime(text, "%d-%b-%Y").replace(tzinfo=UTC).date()
    except ValueError:
        raise SyntaxFault(f"no date: {text}") from None
