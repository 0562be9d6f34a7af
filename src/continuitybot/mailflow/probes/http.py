"""Does a web page answer as it should, such as webmail or an archive?"""

from __future__ import annotations

import ssl

import httpx

from continuitybot.mailflow.model import Hop, Observation, State
from continuitybot.mailflow.tls import client_context
from continuitybot.mailflow.vantage import Vantage
from continuitybot.mailflow.walk import HopFailed, Seen, Walk, network_fault, walked
from continuitybot.settings.mailflow import HttpCheck

_LARGEST_BODY = 1_000_000


async def probe(check: HttpCheck, vantage: Vantage) -> Observation:
    """Get the page; another status, or a missing text, is a failure. Redirects are followed."""
    began = vantage.clock.now()

    async def look(walk: Walk) -> Seen:
        async with walk.step(Hop.CONNECT):
            status, body = await _get(check)
        if status != check.expect_status:
            text = f"It answered {status} instead of {check.expect_status}."
            raise HopFailed(None, str(status), text)
        if check.expect_text not in body:
            raise HopFailed(None, "other_text", f"The page does not say “{check.expect_text}”.")
        return Seen(State.OK, walk.elapsed())

    seen = await walked(Walk(check.failed_after.total_seconds()), look)
    return seen.of(check.name, began, vantage.name)


async def _get(check: HttpCheck) -> tuple[int, str]:
    limit = check.failed_after.total_seconds()
    try:
        async with (
            httpx.AsyncClient(
                verify=client_context(), timeout=limit, follow_redirects=True
            ) as http,
            http.stream("GET", check.url) as response,
        ):
            body = bytearray()
            async for piece in response.aiter_bytes():
                body += piece
                if len(body) > _LARGEST_BODY:
                    break
            return response.status_code, body.decode(response.encoding or "utf-8", "replace")
    except httpx.TimeoutException as error:
        raise TimeoutError from error
    except httpx.TransportError as error:
        raise _fault(error) from error


def _fault(error: BaseException) -> Exception:
    """What lies under httpx's error: the operating system's, which says more."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLError | ConnectionRefusedError):
            return network_fault(Hop.CONNECT, cause)
        cause = cause.__cause__ or cause.__context__
    if isinstance(error, httpx.ConnectError):
        return HopFailed(Hop.CONNECT, "unreachable", "The server cannot be reached.")
    return HopFailed(Hop.CONNECT, "eof", "The connection broke before the page had come.")
