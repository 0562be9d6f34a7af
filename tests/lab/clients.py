"""How the tests reach the lab: as any program outside does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from email.message import EmailMessage

import aiosmtplib
import httpx
from imap_tools import MailBoxUnencrypted

from continuitybot.lab import Addresses, Door
from continuitybot.lab.addresses import Login
from continuitybot.lab.company import DOMAIN

ALICE = f"alice.brandt@{DOMAIN}"


async def eventually(holds: Callable[[], object]) -> None:
    """Return as soon as it holds; fail after a few seconds."""
    async with asyncio.timeout(3):
        while not holds():  # noqa: ASYNC110 - what is watched is on the network and sets no event
            await asyncio.sleep(0.005)


def letter(
    subject: str, to: str = ALICE, sender: str = "desk@partners.outside.example"
) -> EmailMessage:
    message = EmailMessage()
    message["Message-ID"] = f"<{subject.replace(' ', '-')}@test.example>"
    message["From"], message["To"], message["Subject"] = sender, to, subject
    message.set_content("Hello\n")
    return message


async def send(message: EmailMessage, door: Door, login: Login | None = None) -> None:
    await aiosmtplib.send(
        message,
        hostname=door.host,
        port=door.port,
        username=login and login.user,
        password=login and login.password,
        start_tls=False,
        timeout=5,
    )


async def subjects(door: Door, login: Login) -> list[str]:
    """The subjects in the probe's INBOX, read by a real IMAP client."""

    def read() -> list[str]:
        with MailBoxUnencrypted(door.host, door.port, timeout=5).login(
            login.user, login.password
        ) as box:
            return [message.subject for message in box.fetch(mark_seen=False)]

    return await asyncio.to_thread(read)


def control(addresses: Addresses) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        base_url=addresses.http_url,
        headers={"Authorization": f"Bearer {addresses.gateway_token}"},
    )
