"""Any gateway that sends a text on an HTTP request, and signs what it reports back."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import aiohttp

from continuitybot.broadcast.answers import Message, Report, Verdict
from continuitybot.broadcast.carrier import Callback, Reply
from continuitybot.broadcast.model import DeliveryState
from continuitybot.broadcast.templates import render
from continuitybot.errors import NotAllowed, OutcomeUnknown, Permanent, Transient
from continuitybot.settings.broadcast import WebhookCarrierSettings

_OLDEST = timedelta(minutes=5)


class WebhookCarrier:
    """A gateway described by templates in the settings.

    Its receipts have the fields `id`, `reference`, `status` (sent, delivered or failed), `code`
    and `text`, with `verdict` for a failure (see Verdict); its replies `id`, `from` and `text`;
    as a form or as a flat JSON object.
    """

    def __init__(self, settings: WebhookCarrierSettings, public_url: str) -> None:
        self._settings = settings
        self._callback = f"{public_url.rstrip('/')}/sms/{settings.name}/status"
        self._key = settings.signing_secret.read().encode()
        self._token = settings.token.read() if settings.token else ""
        self._session: aiohttp.ClientSession | None = None

    async def send(self, message: Message) -> Report:
        """Hand a text over, once. A definite refusal is a report too."""
        settings, known = self._settings, self._variables(message)
        headers = {name: render(value, known) for name, value in settings.headers.items()}
        try:
            async with self._open().request(
                settings.method,
                render(settings.url, known),
                data=render(settings.body, known).encode(),
                headers=headers,
                allow_redirects=False,
            ) as answer:
                return self._sent(answer.status, await answer.text(errors="replace"), answer)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError) as error:
            raise Transient(f"{settings.name} cannot be reached: {error}.") from error
        except (aiohttp.ClientError, OSError) as error:
            raise OutcomeUnknown(
                f"{settings.name} did not answer: {type(error).__name__}."
            ) from error

    async def find(self, message: Message, since: datetime) -> Sequence[Report]:
        """What the gateway says of our reference, when it can be asked."""
        name = self._settings.name
        if not self._settings.lookup_url:
            raise Permanent(f"{name} cannot be asked what became of a text.")
        url = render(self._settings.lookup_url, self._variables(message))
        try:
            async with self._open().get(url, allow_redirects=False) as answer:
                if answer.status == 404:
                    return []
                if answer.status != 200:
                    raise Transient(f"{name} cannot be asked: HTTP {answer.status}.")
                return [self._report(_object(await answer.text(errors="replace")))]
        except (aiohttp.ClientError, OSError) as error:
            raise Transient(f"{name} cannot be asked: {type(error).__name__}.") from error
        except ValueError as error:
            raise Transient(f"{name}'s answer cannot be read.") from error

    def receipt(self, callback: Callback) -> Report:
        """A receipt, with the signature and the time it was signed at."""
        self._check_signature(callback)
        try:
            return self._report(callback.form)
        except ValueError as error:
            raise NotAllowed(f"The receipt cannot be read: {error}.", code="form") from error

    def reply(self, callback: Callback) -> Reply:
        """A text that the gateway took for us."""
        self._check_signature(callback)
        form = callback.form
        return Reply(form.get("id", ""), form.get("from", ""), form.get("text", ""))

    async def close(self) -> None:
        """Let its connections go."""
        if self._session is not None:
            await self._session.close()

    def _sent(self, status: int, text: str, answer: aiohttp.ClientResponse) -> Report:
        name = self._settings.name
        if status == 429 or status >= 500:
            pause = answer.headers.get("Retry-After", "")
            raise Transient(
                f"{name} is busy (HTTP {status}).",
                code=str(status),
                retry_after=float(pause) if pause.isdigit() else None,
            )
        if status >= 300:
            reason = f"{name} refused it with HTTP {status}."
            return Report("", DeliveryState.FAILED, Verdict.REFUSED, str(status), reason)
        try:
            value: Any = json.loads(text)
            for step in self._settings.id_field.split("."):
                value = value[step]
        except (ValueError, KeyError, TypeError) as error:
            raise OutcomeUnknown(f"{name}'s answer has no message in it.") from error
        return Report(str(value), DeliveryState.SENT)

    def _report(self, said: Mapping[str, Any]) -> Report:
        state = DeliveryState(said.get("status", ""))
        if state not in {DeliveryState.SENT, DeliveryState.DELIVERED, DeliveryState.FAILED}:
            raise ValueError(f"{state} is no status of a gateway")
        return Report(
            sid=str(said.get("id", "")),
            state=state,
            verdict=Verdict(said.get("verdict", Verdict.OTHER)),
            code=str(said.get("code", "")),
            reason=str(said.get("text", "")),
            reference=str(said.get("reference", "")),
        )

    def _check_signature(self, callback: Callback) -> None:
        at = callback.headers.get("x-timestamp", "")
        mac = hmac.new(self._key, at.encode() + b"." + callback.body, hashlib.sha256)
        given = callback.headers.get("x-signature", "").removeprefix("sha256=")
        if not hmac.compare_digest(mac.hexdigest().encode(), given.encode()):
            raise NotAllowed(
                f"The request does not carry {self._settings.name}'s signature.", code="signature"
            )
        # Signed, so its form is the gateway's own; what is too old was recorded and sent again.
        if not at.isdigit() or abs(callback.at.timestamp() - int(at)) > _OLDEST.total_seconds():
            raise NotAllowed(
                f"The request of {self._settings.name} was signed too long ago.",
                remedy="Check both clocks.",
                code="replayed",
            )

    def _variables(self, message: Message) -> dict[str, object]:
        return {
            "to": message.to,
            "text": message.text,
            "reference": message.reference,
            "validity": int(self._settings.validity.total_seconds()),
            "callback": self._callback,
            "token": self._token,
        }

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:  # made here because it belongs to the running event loop
            settings = self._settings
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=settings.timeout.total_seconds()),
                connector=aiohttp.TCPConnector(limit=settings.concurrency),
            )
        return self._session


def _object(text: str) -> Mapping[str, Any]:
    value = json.loads(text)
    if not isinstance(value, dict):
        raise ValueError("not an object")
    return value
