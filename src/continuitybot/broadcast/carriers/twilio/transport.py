"""The HTTP under Twilio's SDK: pooled, with real time limits, and honest about outcomes.

The SDK's own asynchronous client ignores its `timeout`, hides the headers of errors (Retry-After
among them), and can be made to repeat a POST, which sends the text twice (twilio 9.13).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

import aiohttp
from twilio.http import AsyncHttpClient
from twilio.http.response import Response

from continuitybot.errors import OutcomeUnknown, Transient


class Transport(AsyncHttpClient):  # type: ignore[misc]  # the SDK is untyped
    """Sends each request once, within `timeout` seconds, at most `connections` at a time.

    Raises: Transient when the request was surely not served, OutcomeUnknown when a POST may
    have been.
    """

    def __init__(self, timeout: float, connections: int) -> None:
        super().__init__(logging.getLogger(__name__), is_async=True, timeout=timeout)
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None

    async def request(
        self,
        method: str,
        uri: str,
        params: Mapping[str, object] | None = None,
        data: Mapping[str, object] | None = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,
        allow_redirects: bool = False,
    ) -> Response:
        """One request, as the SDK asks for it."""
        try:
            async with self._open().request(
                method.upper(),
                uri,
                params={name: str(value) for name, value in (params or {}).items()},
                data={name: str(value) for name, value in (data or {}).items()} or None,
                headers={**(headers or {}), **_credentials(auth)},
                allow_redirects=allow_redirects,
            ) as answer:
                if answer.status == 429 or answer.status >= 500:
                    raise _away(answer)
                return Response(answer.status, await answer.text(), answer.headers)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Transient(f"Twilio cannot be reached: {error}.") from error
        except (aiohttp.ClientError, OSError, UnicodeDecodeError) as error:
            reason = f"Twilio did not answer: {type(error).__name__}."
            if method.upper() == "POST":
                raise OutcomeUnknown(reason) from error
            raise Transient(reason) from error

    async def close(self) -> None:
        """Let the connections go."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:  # made here because it belongs to the running event loop
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=self.timeout),
                connector=aiohttp.TCPConnector(limit=self._connections),
            )
        return self._session


def _credentials(auth: tuple[str, str] | None) -> dict[str, str]:
    return {"Authorization": aiohttp.encode_basic_auth(*auth)} if auth else {}


def _away(answer: aiohttp.ClientResponse) -> Transient:
    retry_after = answer.headers.get("Retry-After", "")
    return Transient(
        f"Twilio is busy (HTTP {answer.status}).",
        code="20429" if answer.status == 429 else str(answer.status),
        retry_after=float(retry_after) if retry_after.isdigit() else None,
    )
