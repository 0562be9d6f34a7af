"""The bot's own receiving SMTP server, which takes canaries and nothing else."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from email import message_from_bytes
from email.policy import compat32

from aiosmtpd.smtp import SMTP, Envelope, Session

from continuitybot.errors import Permanent
from continuitybot.mailflow.arrival import Arrival
from continuitybot.mailflow.message import nonce_of
from continuitybot.settings.mailflow import ListenerSettings

_LARGEST_MESSAGE = 256 * 1024
_IDLE = 60.0


class Listener:
    """Finds canaries that were sent to the bot itself; it remembers the last `room` of them."""

    def __init__(self, settings: ListenerSettings, hostname: str, room: int = 1000) -> None:
        self._settings = settings
        self._hostname = hostname
        self._room = room
        self._server: asyncio.Server | None = None
        self._arrivals: OrderedDict[str, Arrival] = OrderedDict()
        self._expected: dict[str, asyncio.Event] = {}

    async def start(self) -> None:
        """Listen. Raises Permanent when the port cannot be had."""
        loop = asyncio.get_running_loop()
        host, port = self._settings.host, self._settings.port
        try:
            self._server = await loop.create_server(self._session, host, port)
        except OSError as error:
            raise Permanent(
                f"The mail listener cannot have {host}:{port}: {error.strerror}.",
                remedy="Choose another mailflow.listener.port, or stop what listens there.",
                code="listener",
            ) from error

    async def stop(self) -> None:
        """Listen no more."""
        if self._server is not None:
            self._server.close()
            self._server = None

    @property
    def port(self) -> int:
        """The port it listens on; of its own choosing when 0 was set."""
        if self._server is None:
            return self._settings.port
        return int(self._server.sockets[0].getsockname()[1])

    async def find(self, nonce: str) -> Arrival:
        """Wait for the canary as long as the caller does; it may have come already."""
        arrived = self._expected.setdefault(nonce, asyncio.Event())
        try:
            if nonce not in self._arrivals:
                await arrived.wait()
            return self._arrivals.pop(nonce)
        finally:
            self._expected.pop(nonce, None)

    async def expect(self, nonce: str, timeout: float) -> Arrival:
        """Wait for the canary for so many seconds. Raises TimeoutError."""
        async with asyncio.timeout(timeout):
            return await self.find(nonce)

    # The name is fixed by aiosmtpd, which calls it when a whole message has come in.
    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Take a canary; refuse everything else, so that nothing is lost in here."""
        content = envelope.original_content or b""
        headers = message_from_bytes(content, policy=compat32)
        nonce = nonce_of({name: str(value) for name, value in headers.items()})
        if not nonce:
            return "550 5.7.1 This server takes continuity canaries only"
        received = tuple(str(value) for value in headers.get_all("Received", []))
        self._arrivals[nonce] = Arrival("listener", received=received)
        while len(self._arrivals) > self._room:
            self._arrivals.popitem(last=False)
        if nonce in self._expected:
            self._expected[nonce].set()
        return "250 2.0.0 The canary has landed"

    def _session(self) -> SMTP:
        return SMTP(
            self,
            hostname=self._hostname,
            ident="continuitybot",
            data_size_limit=_LARGEST_MESSAGE,
            timeout=_IDLE,
            loop=asyncio.get_running_loop(),
        )
