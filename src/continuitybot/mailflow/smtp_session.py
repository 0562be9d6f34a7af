"""One SMTP transaction, taken step by step so that each hop can fail by its own name."""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from aiosmtplib import SMTP, SMTPException, SMTPResponseException, SMTPServerDisconnected

from continuitybot.mailflow.model import Hop
from continuitybot.mailflow.resolve import addresses_of
from continuitybot.mailflow.tls import client_context
from continuitybot.mailflow.walk import HopFailed, Unable, Walk, network_fault
from continuitybot.settings.mailflow import SmtpServerSettings

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")  # RFC 3463
_FAREWELL = 0.5


@dataclass(frozen=True)
class Envelope:
    """Who writes to whom, and what; without a message the transaction ends after RCPT."""

    sender: str
    recipient: str
    message: bytes | None = None


async def hand_in(
    walk: Walk,
    server: SmtpServerSettings,
    envelope: Envelope,
    hostname: str,
    nameservers: Sequence[str] = (),
) -> float:
    """Give a message to a server; the seconds until it said yes.

    Raises: HopFailed at the hop that failed, Unable or Refused when the bot itself could not.
    """
    password = server.password.read() if server.password is not None else ""
    connection = await _connect(walk, server, nameservers)
    client = SMTP(
        hostname=server.host,
        sock=connection,
        local_hostname=hostname,
        timeout=None,  # the walk keeps the time
        start_tls=False,
        use_tls=server.tls == "implicit",
        tls_context=_tls(server),
    )
    try:
        await _greet(walk, client, server)
        if server.user:
            async with _step(walk, Hop.AUTH):
                await client.login(server.user, password)
        await _transfer(walk, client, envelope)
        took = walk.elapsed()
        with suppress(SMTPException, OSError):
            async with asyncio.timeout(_FAREWELL):
                await client.quit()
        return took
    finally:
        client.close()
        connection.close()


def _tls(server: SmtpServerSettings) -> ssl.SSLContext | None:
    if server.tls == "none":
        return None
    return client_context(server.verify_certificate, server.ca_file)


async def _connect(
    walk: Walk, server: SmtpServerSettings, nameservers: Sequence[str]
) -> socket.socket:
    async with walk.step(Hop.DNS):
        addresses = await addresses_of(server.host, nameservers)
    faults: list[HopFailed | Unable] = []
    for address in addresses:
        try:
            async with walk.step(Hop.CONNECT):
                return await _open(address, server.port)
        except (HopFailed, Unable) as fault:
            faults.append(fault)
    # An address family that this machine lacks says less than a peer that refuses.
    raise min(faults, key=lambda fault: isinstance(fault, Unable))


async def _open(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (address, port))
    except BaseException:
        connection.close()
        raise
    return connection


async def _greet(walk: Walk, client: SMTP, server: SmtpServerSettings) -> None:
    async with _step(walk, Hop.BANNER):
        await client.connect()
    async with _step(walk, Hop.EHLO):
        await client.ehlo()
    if server.tls != "starttls":
        return
    async with _step(walk, Hop.STARTTLS):
        await client.starttls()
        await client.ehlo()


async def _transfer(walk: Walk, client: SMTP, envelope: Envelope) -> None:
    async with _step(walk, Hop.MAIL):
        await client.mail(envelope.sender)
    async with _step(walk, Hop.RCPT):
        await client.rcpt(envelope.recipient)
    if envelope.message is None:
        return
    async with _step(walk, Hop.DATA):
        await client.data(envelope.message)
    walk.hop = Hop.ACCEPTED


@asynccontextmanager
async def _step(walk: Walk, hop: Hop) -> AsyncIterator[None]:
    """A step of the walk in which the SMTP client's errors say what they mean."""
    async with walk.step(hop):
        try:
            yield
        except SMTPResponseException as error:
            raise HopFailed(hop, _code(error), _said(error)) from error
        except TimeoutError:  # some of the client's timeouts are SMTPExceptions as well
            raise
        except SMTPException as error:
            if isinstance(error.__cause__, ssl.SSLError):
                raise network_fault(hop, error.__cause__) from error
            raise _without_reply(hop, error) from error


def _code(error: SMTPResponseException) -> str:
    if error.code < 200:
        return "malformed"
    enhanced = _ENHANCED.match(error.message)
    return f"{error.code} {enhanced[1]}" if enhanced else str(error.code)


def _said(error: SMTPResponseException) -> str:
    first_line = error.message.splitlines()[0] if error.message else ""
    printable = "".join(sign if sign.isprintable() else "?" for sign in first_line)
    return f"The server said: {error.code} {printable[:200]}".rstrip(" .") + "."


def _without_reply(hop: Hop, error: SMTPException) -> HopFailed:
    if not isinstance(error, SMTPServerDisconnected | ConnectionError):
        return HopFailed(hop, "not_offered", f"The server does not offer what {hop} needs.")
    if hop is Hop.DATA:
        text = "The connection broke after DATA; the message may have been taken."
        return HopFailed(hop, "dropped", text)
    return HopFailed(hop, "eof", f"The server closed the connection at {hop}.")
