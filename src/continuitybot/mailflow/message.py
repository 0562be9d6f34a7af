"""The canary: a message that can be recognised wherever it turns up, and read for its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime, parsedate_to_datetime

SUBJECT = "continuitybot canary"
NONCE_HEADER = "X-Continuitybot-Nonce"
_TEXT = """\
This message was sent by continuitybot to see whether mail flows.
It is looked for by a program and deleted when found; nobody needs to read or answer it.
"""


@dataclass(frozen=True)
class HopTime:
    """One server on a message's way, and the seconds since the one before."""

    server: str
    seconds: float


def canary_message(
    sender: str, recipient: str, nonce: str, hostname: str, now: datetime
) -> EmailMessage:
    """The message to send; `Auto-Submitted` keeps robots from answering it (RFC 3834)."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = recipient
    message["Subject"] = f"{SUBJECT} {nonce}"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{nonce}.canary@{hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message[NONCE_HEADER] = nonce
    message.set_content(_TEXT)
    return message


def nonce_of(headers: Mapping[str, str]) -> str:
    """The nonce of a message that has one, from its own header or the subject; else ''."""
    own = str(headers.get(NONCE_HEADER) or "").strip()
    if own:
        return own
    subject = str(headers.get("Subject") or "").strip()
    return subject.removeprefix(SUBJECT).strip() if subject.startswith(SUBJECT) else ""


def hop_times(received: Sequence[str], sent_at: datetime) -> tuple[HopTime, ...]:
    """The servers a message passed, first to last, from its Received headers (RFC 5321, 4.4).

    The headers come newest first, as they stand in the message. Those without a readable time
    are left out, and a clock that is behind counts as no time.
    """
    times: list[HopTime] = []
    before = sent_at
    for header in reversed(received):
        at = _time_of(header)
        if at is not None:
            times.append(HopTime(_server_of(header), max(0.0, (at - before).total_seconds())))
            before = at
    return tuple(times)


def _time_of(header: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(header.rpartition(";")[2].strip())
    except (ValueError, IndexError):
        return None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


def _server_of(header: str) -> str:
    words = header.replace(";", " ").split()
    for index, word in enumerate(words[:-1]):
        if word.lower() == "by":
            return words[index + 1]
    return "a server without a name"
