"""What the carrier tells the bot: signed posts, repeated until they are answered well."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections.abc import Mapping

import aiohttp
import structlog

log = structlog.get_logger(__name__)

_TIMEOUT = aiohttp.ClientTimeout(total=15)


def signature(auth_token: str, url: str, form: Mapping[str, str]) -> str:
    """X-Twilio-Signature of a form post (https://www.twilio.com/docs/usage/security)."""
    signed = url + "".join(name + form[name] for name in sorted(form))
    digest = hmac.new(auth_token.encode(), signed.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()


class Webhooks:
    """Posts in the name of one account."""

    def __init__(self, auth_token: str, retry: float) -> None:
        self._auth_token = auth_token
        self._retry = retry
        self._http: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        self._http = aiohttp.ClientSession(timeout=_TIMEOUT)

    async def close(self) -> None:
        if self._http is not None:
            await self._http.close()

    async def post(self, url: str, form: Mapping[str, str]) -> str:
        """The body of the first answer of class 2xx, however long that takes."""
        while True:
            body = await self._try(url, form)
            if body is not None:
                return body
            await asyncio.sleep(self._retry)

    async def _try(self, url: str, form: Mapping[str, str]) -> str | None:
        if self._http is None:
            raise RuntimeError("webhooks are posted between open and close")
        headers = {"X-Twilio-Signature": signature(self._auth_token, url, form)}
        try:
            async with self._http.post(url, data=form, headers=headers) as response:
                if response.ok:
                    return await response.text()
                log.debug("webhook refused", status=response.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.debug("webhook failed", error=str(error))
        return None
