"""A place to probe from, and a mail site that keeps what it takes where the lab's IMAP shows it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from email.utils import format_datetime
from pathlib import Path

from aiosmtpd.smtp import SMTP, Envelope, Session

from continuitybot.clock import Clock
from continuitybot.lab.addresses import Login
from continuitybot.lab.mail.imap.server import ImapDoor
from continuitybot.lab.mail.letter import Letter
from continuitybot.lab.mail.mailboxes import Mailboxes
from continuitybot.mailflow.listener import Listener
from continuitybot.mailflow.vantage import Vantage
from continuitybot.settings.mailflow import CanaryRouteSettings, MailboxSettings
from continuitybot.settings.values import Secret

PROBE = Login("probe@example.com", "open sesame")


@contextmanager
def vantage_point(
    clock: Clock,
    routes: Mapping[str, CanaryRouteSettings] | None = None,
    listener: Listener | None = None,
) -> Iterator[Vantage]:
    """A vantage called `here`."""
    with ThreadPoolExecutor(4) as threads:
        yield Vantage("here", "bot.example.com", clock, threads, listener, routes or {})


@dataclass
class MailSite:
    """Takes mail by SMTP into the folder `into` ("" loses it) and shows it by IMAP."""

    clock: Clock
    into: str = "INBOX"
    boxes: Mailboxes = field(default_factory=Mailboxes)
    smtp_port: int = 0
    imap_port: int = 0

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        now = self.clock.now()
        recipient = envelope.rcpt_tos[0]
        raw = envelope.original_content or b""
        trace = f"Received: from bot by mail.example.com with ESMTP; {format_datetime(now)}\r\n"
        letter = Letter("", envelope.mail_from or "", recipient, trace.encode() + raw, now)
        if self.into:
            self.boxes.folders(recipient)[self.into].add(letter)
        return "250 2.0.0 taken"

    def mailbox(self, folder: Path, password: str = PROBE.password) -> MailboxSettings:
        """The settings that open the probe mailbox; the password's file lies in `folder`."""
        secret = folder / "imap-password"
        secret.write_text(password)
        return MailboxSettings(
            host="127.0.0.1",
            port=self.imap_port,
            tls="none",
            user=PROBE.user,
            password=Secret(f"file:{secret}"),
        )


@asynccontextmanager
async def mail_site(clock: Clock, into: str = "INBOX") -> AsyncIterator[MailSite]:
    """A mail site on loopback."""
    site = MailSite(clock, into)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(site, hostname="mail.example.com", loop=loop), "127.0.0.1", 0
    )
    imap = ImapDoor(0, site.boxes, PROBE)
    await imap.open()
    site.smtp_port, site.imap_port = server.sockets[0].getsockname()[1], imap.door.port
    try:
        yield site
    finally:
        server.close()
        await imap.close()
