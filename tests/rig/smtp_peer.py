"""An SMTP server that misbehaves as it is told, step by step."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from types import MappingProxyType

HANG = "hang"  # say nothing, and keep the connection
DROP = "drop"  # close the connection

_WELL: Mapping[str, str] = MappingProxyType(
    {
        "banner": "220 peer ready",
        "EHLO": "250-peer\r\n250-STARTTLS\r\n250 AUTH PLAIN",
        "STARTTLS": "220 go ahead",
        "AUTH": "235 2.7.0 welcome",
        "MAIL": "250 2.1.0 ok",
        "RCPT": "250 2.1.5 ok",
        "DATA": "354 go on",
        "message": "250 2.0.0 taken",
        "QUIT": "221 bye",
    }
)


@dataclass
class SmtpPeer:
    """Answers every step as in `script`, else well; `delay` in seconds before each answer."""

    script: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    delay: float = 0.0
    port: int = 0
    messages: list[bytes] = field(default_factory=list)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    conversations: set[asyncio.Task[None]] = field(default_factory=set)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            await self._converse(reader, writer)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        conversation = asyncio.create_task(self.serve(reader, writer))
        self.conversations.add(conversation)
        conversation.add_done_callback(self.conversations.discard)

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._answer("banner", writer):
            return
        while line := await reader.readline():
            verb = line.decode("latin-1").split()[0].upper()
            if not await self._answer(verb, writer) or verb == "QUIT":
                return
            if verb == "STARTTLS" and self.tls is not None and "STARTTLS" not in self.script:
                await writer.start_tls(self.tls)
            if verb == "DATA" and "DATA" not in self.script:
                self.messages.append(await reader.readuntil(b"\r\n.\r\n"))
                if not await self._answer("message", writer):
                    return

    async def _answer(self, step: str, writer: asyncio.StreamWriter) -> bool:
        reply = self.script.get(step, _WELL.get(step, "500 what?"))
        await asyncio.sleep(self.delay)
        if reply == HANG:
            await self.over.wait()
        if reply in {HANG, DROP}:
            return False
        writer.write(f"{reply}\r\n".encode())
        await writer.drain()
        return True


@asynccontextmanager
async def smtp_peer(
    tls: ssl.SSLContext | None = None, delay: float = 0.0, **script: str
) -> AsyncIterator[SmtpPeer]:
    """A peer on a loopback port; a step's name leads to its answer, HANG or DROP."""
    peer = SmtpPeer(script, tls, delay)
    server = await asyncio.start_server(peer.accept, "127.0.0.1", 0)
    peer.port = server.sockets[0].getsockname()[1]
    try:
        yield peer
    finally:
        peer.over.set()
        server.close()
        await asyncio.gather(*peer.conversations)
