"""One message to one recipient, as it travels through the lab."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import format_datetime

from continuitybot.lab.company import DOMAIN, PROBE_MAILBOX

Key = tuple[str, str]


@dataclass(frozen=True)
class Letter:
    """A message for one recipient; `arrived` is when the present site took it."""

    message_id: str
    sender: str
    recipient: str
    raw: bytes
    arrived: datetime

    @property
    def key(self) -> Key:
        """What makes two copies the same letter."""
        return (self.message_id, self.recipient)


def headers_of(raw: bytes) -> Message:
    """The headers of a message, without parsing its body."""
    return BytesHeaderParser().parsebytes(raw)


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()


def on_the_books(key: Key) -> bool:
    """Whether a letter is company mail; what the probe mailbox gets is not."""
    recipient = key[1]
    return domain_of(recipient) == DOMAIN and recipient != PROBE_MAILBOX


def received_header(*, helo: str, site: str, queue_id: str, recipient: str, at: datetime) -> bytes:
    """The trace header of RFC 5321, section 4.4."""
    return (
        f"Received: from {helo} by {site} with ESMTP id {queue_id}\r\n"
        f"\tfor <{recipient}>; {format_datetime(at)}\r\n"
    ).encode("ascii", "replace")
