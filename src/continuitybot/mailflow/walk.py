"""One probe's way along the hops: where it is, how long each step may take, how it ended."""

from __future__ import annotations

import asyncio
import errno
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import structlog

from continuitybot.errors import ContinuityError
from continuitybot.mailflow.model import Hop, Observation, State

log = structlog.get_logger(__name__)

# Errors of this machine, not of the peer: they say nothing about the mail.
_LOCAL_FAULTS = frozenset(
    {errno.ENETUNREACH, errno.ENETDOWN, errno.EADDRNOTAVAIL, errno.EACCES, errno.EPERM}
    | {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
)
_CERTIFICATE_FAULTS = {
    9: ("not_yet_valid", "is not valid yet"),
    10: ("expired", "has expired"),
    62: ("wrong_name", "is for another name"),
    64: ("wrong_name", "is for another address"),
}


class HopFailed(ContinuityError):
    """The peer failed at a hop; `code` is its reply, or a word for what is no reply."""

    def __init__(self, hop: Hop | None, code: str, text: str) -> None:
        super().__init__(text, code=code)
        self.hop = hop


class Unable(ContinuityError):
    """The probe could not look, through a fault on the bot's own side."""


@dataclass(frozen=True)
class Seen:
    """How a walk ended: an observation that does not say yet of which check."""

    state: State
    latency: float | None = None
    hop: Hop | None = None
    code: str = ""
    detail: str = ""

    def of(self, check: str, at: datetime, vantage: str) -> Observation:
        """The observation of a check that this walk, begun at a moment, amounts to."""
        return Observation(
            at, check, self.state, self.latency, self.hop, self.code, self.detail, vantage
        )


class Walk:
    """A walk along the hops; `step_timeout` in seconds bounds each step of it."""

    def __init__(self, step_timeout: float) -> None:
        self.step_timeout = step_timeout
        self.hop: Hop | None = None
        self._began = asyncio.get_running_loop().time()

    def elapsed(self) -> float:
        """Seconds since the walk began."""
        return asyncio.get_running_loop().time() - self._began

    @asynccontextmanager
    async def step(self, hop: Hop) -> AsyncIterator[None]:
        """Be at a hop. Whatever goes wrong inside is raised as HopFailed or Unable."""
        self.hop = hop
        try:
            async with asyncio.timeout(self.step_timeout):
                yield
        except TimeoutError as error:
            text = f"No answer at {hop} within {self.step_timeout:g} s."
            raise HopFailed(hop, "timeout", text) from error
        except OSError as error:
            raise network_fault(hop, error) from error


def network_fault(hop: Hop, error: OSError) -> HopFailed | Unable:
    """What a failed socket or TLS operation means."""
    if isinstance(error, ssl.SSLCertVerificationError):
        code, words = _CERTIFICATE_FAULTS.get(error.verify_code, ("untrusted", "is not trusted"))
        return HopFailed(Hop.STARTTLS, code, f"The certificate {words}: {error.verify_message}.")
    if isinstance(error, ssl.SSLError):
        return HopFailed(Hop.STARTTLS, "tls", f"TLS could not be agreed: {error.reason}.")
    if error.errno in _LOCAL_FAULTS:
        return Unable(f"The bot's machine could not look: {error.strerror}.", code="local")
    if isinstance(error, ConnectionRefusedError):
        return HopFailed(hop, "refused", "The connection was refused.")
    if isinstance(error, TimeoutError):
        return HopFailed(hop, "timeout", "Nothing answered.")
    if error.errno == errno.EHOSTUNREACH:
        return HopFailed(hop, "unreachable", "The host cannot be reached.")
    return HopFailed(hop, "eof", f"The connection broke at {hop}.")


async def walked(
    walk: Walk, work: Callable[[Walk], Awaitable[Seen]], limit: float | None = None
) -> Seen:
    """Do the work and say how it ended; never raises for what went wrong.

    A walk that made every step in time and still ran out of its `limit` (seconds; None for a walk
    of one step) is in a tarpit, or its message is lost when it only had to be found yet.
    """
    try:
        async with asyncio.timeout(limit):
            return await work(walk)
    except TimeoutError:
        return _out_of_time(walk)
    except HopFailed as failure:
        return Seen(State.FAILED, walk.elapsed(), failure.hop, failure.code, failure.text)
    except ContinuityError as fault:
        return Seen(State.UNKNOWN, hop=walk.hop, code=fault.code or "local", detail=str(fault))
    except Exception as error:  # a fault of ours must not look like a fault of the mail
        log.exception("mailflow.probe_broke", hop=walk.hop)
        detail = f"The probe itself broke ({type(error).__name__}); the log has the details."
        return Seen(State.UNKNOWN, hop=walk.hop, code="bug", detail=detail)


def _out_of_time(walk: Walk) -> Seen:
    took = walk.elapsed()
    if walk.hop is Hop.MAILBOX:
        detail = f"It was accepted, and not found within {took:.0f} s."
        return Seen(State.FAILED, took, walk.hop, "lost", detail)
    detail = f"Every answer came slowly; after {took:.0f} s it had only got to {walk.hop}."
    return Seen(State.FAILED, took, walk.hop, "tarpit", detail)
