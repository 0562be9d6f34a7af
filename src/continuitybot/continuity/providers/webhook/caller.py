"""One HTTP call of a webhook: filled in, signed, sent, and its failure named for what it means."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import httpx

from continuitybot.calls import calling
from continuitybot.continuity.providers.webhook.templates import fill
from continuitybot.errors import ContinuityError, OutcomeUnknown, Permanent, Stale, Transient
from continuitybot.settings.continuity import WebhookCall, WebhookProvider

_NEVER_SENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_STALE = frozenset({409, 412})
_NOT_DONE = frozenset({408, 425, 429, 503})


class Caller:
    """Makes the calls of one provider, each over a connection of its own."""

    def __init__(self, settings: WebhookProvider) -> None:
        self._settings = settings
        self._tls = httpx.create_ssl_context()  # costs more than a call, so it is made once

    async def read(self, name: str, call: WebhookCall, variables: Mapping[str, Any]) -> Any:
        """The JSON answer to the call `name` of the settings. Raises Transient, Permanent."""
        where = f"{self._settings.name}.{name}"
        response = await self._send(where, call, variables)
        try:
            return response.json()
        except ValueError as error:
            raise Permanent(f"{where}: the answer is not JSON: {response.text[:100]!r}.") from error

    async def change(
        self, name: str, call: WebhookCall, variables: Mapping[str, Any], key: str
    ) -> None:
        """Make the call `name`, which changes something, under an Idempotency-Key.

        Raises: Stale (409, 412), Transient (surely not done), Permanent, OutcomeUnknown.
        """
        await self._send(f"{self._settings.name}.{name}", call, variables, key)

    async def _send(
        self, where: str, call: WebhookCall, variables: Mapping[str, Any], key: str = ""
    ) -> httpx.Response:
        request = self._request(where, call, variables, key)
        try:
            timeout = self._settings.timeout.total_seconds()
            with calling(self._settings.name, where):
                async with httpx.AsyncClient(verify=self._tls, timeout=timeout) as client:
                    response = await client.send(request)
        except _NEVER_SENT as error:
            raise Transient(
                f"{where}: {request.url.host} cannot be reached: {_named(error)}."
            ) from error
        except httpx.TransportError as error:
            text = f"{where}: no answer from {request.url.host}: {_named(error)}."
            raise (OutcomeUnknown(text) if key else Transient(text)) from error
        if not response.is_success:
            raise _refusal(where, response, changes=bool(key))
        return response

    def _request(
        self, where: str, call: WebhookCall, variables: Mapping[str, Any], key: str
    ) -> httpx.Request:
        settings = self._settings
        url = fill(call.url, variables, f"{where}.url")
        if url.startswith("/"):
            url = settings.base_url.rstrip("/") + url
        body = fill(call.body, variables, f"{where}.json")
        content = json.dumps(body).encode() if body else b""
        headers = fill({**settings.headers, **call.headers}, variables, f"{where}.headers")
        if content:
            headers.setdefault("Content-Type", "application/json")
        if key:
            headers["Idempotency-Key"] = key
        if settings.bearer is not None:
            headers["Authorization"] = f"Bearer {settings.bearer.read()}"
        try:
            request = httpx.Request(call.method, url, headers=headers, content=content)
        except (httpx.InvalidURL, UnicodeEncodeError) as error:
            raise Permanent(f"{where}: {url} cannot be asked: {error}.") from error
        if settings.signing is not None:
            request.headers[settings.signing.header] = sign(
                settings.signing.secret.read(), request, key
            )
        return request


def sign(secret: str, request: httpx.Request, key: str) -> str:
    """`sha256=<hex>` over method, path with query, Idempotency-Key and body.

    The key is part of it, so that a recorded request, sent again, is still the same request.
    """
    signed = b"\n".join(
        [request.method.encode(), request.url.raw_path, key.encode(), request.content]
    )
    return f"sha256={hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()}"


def _refusal(where: str, response: httpx.Response, *, changes: bool) -> ContinuityError:
    status = response.status_code
    excerpt = " ".join(response.text.split())[:200]
    text = f"{where}: {response.request.url.host} answered {status}: {excerpt or 'no text'}."
    code = str(status)
    if status in _STALE:
        return Stale(text, remedy="Something else changed the route; plan again.", code=code)
    if status in _NOT_DONE:
        return Transient(text, code=code, retry_after=_retry_after(response))
    if status >= 500:
        return OutcomeUnknown(text, code=code) if changes else Transient(text, code=code)
    return Permanent(text, code=code)


def _retry_after(response: httpx.Response) -> float | None:
    seconds = response.headers.get("Retry-After", "")
    return float(seconds) if seconds.isdigit() else None


def _named(error: Exception) -> str:
    return str(error) or type(error).__name__
