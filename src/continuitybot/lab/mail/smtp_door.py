"""One SMTP listener of a site."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from continuitybot.clock import Clock
from continuitybot.lab.addresses import HOST, Door, Login
from continuitybot.lab.mail.letter import Letter, headers_of, received_header

BeforeCommand = Callable[[str], Awaitable[str]]
Admit = Callable[[str, str], str]


async def _no_delay(_command: str) -> str:
    return ""


def _admit_all(_sender: str, _recipient: str) -> str:
    return ""


class SmtpDoor:
    """Takes letters by SMTP, adds its trace header, and gives each to `take`.

    `before` is awaited ahead of EHLO, MAIL, RCPT and DATA and may return a refusal; `admit`
    is asked for a refusal of a sender and recipient. With `login` nobody sends without AUTH.
    """

    def __init__(
        self,
        site: str,
        port: int,
        take: Callable[[Letter], None],
        clock: Clock,
        *,
        before: BeforeCommand = _no_delay,
        admit: Admit = _admit_all,
        login: Login | None = None,
    ) -> None:
        self.site = site
        self._port = port
        self._take = take
        self._clock = clock
        self._before = before
        self._admit = admit
        self._login = login
        self._ids = itertools.count(1)
        self._server: asyncio.Server | None = None
        self._connections: set[_Connection] = set()

    @property
    def door(self) -> Door:
        """Where it listens; stays the same when it is closed and opened again."""
        return Door(HOST, self._port)

    async def open(self) -> None:
        if self._server is None:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(self._connection, HOST, self._port)
            self._port = self._server.sockets[0].getsockname()[1]

    async def close(self) -> None:
        """Stop listening and drop whoever is connected."""
        if self._server is not None:
            self._server.close()
            for connection in tuple(self._connections):
                connection.drop()
            await self._server.wait_closed()
            self._server = None

    def _connection(self) -> _Connection:
        return _Connection(
            self._connections,
            self,
            hostname=self.site,
            ident="ESMTP",
            enable_SMTPUTF8=True,
            auth_require_tls=self._login is None,
            authenticator=self._authenticate,
        )

    def _authenticate(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, given: object
    ) -> AuthResult:
        expected = self._login and LoginPassword(
            self._login.user.encode(), self._login.password.encode()
        )
        return AuthResult(success=given == expected, handled=False)

    async def handle_EHLO(
        self,
        _server: SMTP,
        session: Session,
        _envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        await self._before("EHLO")
        session.host_name = hostname
        return responses

    async def handle_MAIL(
        self,
        _server: SMTP,
        session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        refusal = await self._before("MAIL")
        if not refusal and self._login and not session.authenticated:
            refusal = "530 5.7.0 Authentication required"
        if refusal:
            return refusal
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 OK"

    async def handle_RCPT(
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        options: list[str],
    ) -> str:
        refusal = await self._before("RCPT") or self._admit(envelope.mail_from or "", address)
        if refusal:
            return refusal
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        refusal = await self._before("DATA")
        if refusal:
            return refusal
        queue_id = f"{next(self._ids):08X}"
        for recipient in envelope.rcpt_tos:
            self._take(self._letter(session, envelope, recipient, queue_id))
        return f"250 2.0.0 OK: queued as {queue_id}"

    def _letter(
        self, session: Session, envelope: Envelope, recipient: str, queue_id: str
    ) -> Letter:
        now, content = self._clock.now(), envelope.content or b""
        raw = content.encode() if isinstance(content, str) else content
        message_id = headers_of(raw)["Message-ID"]
        if not message_id:
            message_id = f"<{queue_id}@{self.site}>"
            raw = f"Message-ID: {message_id}\r\n".encode() + raw
        trace = received_header(
            helo=session.host_name or "unknown",
            site=self.site,
            queue_id=queue_id,
            recipient=recipient,
            at=now,
        )
        return Letter(
            message_id=str(message_id).strip(),
            sender=envelope.mail_from or "",
            recipient=recipient.lower(),
            raw=trace + raw,
            arrived=now,
        )


class _Connection(SMTP):
    """aiosmtpd's protocol, known to its door while it is connected so that it can be dropped."""

    def __init__(self, connections: set[_Connection], handler: SmtpDoor, **options: object) -> None:
        super().__init__(handler, loop=asyncio.get_running_loop(), **options)  # type: ignore[arg-type]  # passed on as they are
        self._connections = connections

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._connections.add(self)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        self._connections.discard(self)
        super().connection_lost(error)

    def drop(self) -> None:
        if isinstance(self.transport, asyncio.Transport):
            self.transport.abort()
