"""Twilio's Messages API: texts out, what became of them, and its signed callbacks."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from twilio.base.exceptions import TwilioRestException, TwilioServiceException
from twilio.request_validator import (
    SIGNATURE_HEADER,
    SIGNATURE_SETTINGS_HEADER,
    RequestValidator,
    get_signature_algorithm,
)
from twilio.rest import Client

from continuitybot.broadcast.answers import Message, Report
from continuitybot.broadcast.carrier import Callback, Reply
from continuitybot.broadcast.carriers.twilio.codes import meaning_of
from continuitybot.broadcast.carriers.twilio.transport import Transport
from continuitybot.broadcast.model import DeliveryState
from continuitybot.errors import NotAllowed, OutcomeUnknown, Transient
from continuitybot.settings.broadcast import TwilioSettings

_STATES = {
    "delivered": DeliveryState.DELIVERED,
    "read": DeliveryState.DELIVERED,
    "undelivered": DeliveryState.FAILED,
    "failed": DeliveryState.FAILED,
    "canceled": DeliveryState.FAILED,
}
# Its clock and ours may differ. Were ours ahead by more, a text it has would not be found, and be
# sent twice; an older text with the same words is known to be another delivery by its sid.
_SLACK = timedelta(minutes=5)
_LOOK_BACK = 50


class TwilioCarrier:
    """A Twilio account, or anything that speaks its Messages API."""

    def __init__(self, settings: TwilioSettings, public_url: str) -> None:
        self._settings = settings
        self._public_url = public_url.rstrip("/")
        token = settings.auth_token.read()
        signing = settings.signing_secret
        self._validator = RequestValidator(signing.read() if signing else token)
        self._transport = Transport(settings.timeout.total_seconds(), settings.concurrency)
        client = Client(settings.account_sid, token, http_client=self._transport)
        client.api.base_url = settings.api_url.rstrip("/")
        self._messages = client.messages

    async def send(self, message: Message) -> Report:
        """Hand a text over, once. A definite refusal is a report too."""
        try:
            taken = await self._messages.create_async(
                to=message.to,
                body=message.text,
                validity_period=int(self._settings.validity.total_seconds()),
                status_callback=self._callback_url(message.reference),
                **self._sender(),
            )
        except (TwilioRestException, TwilioServiceException) as error:
            return _refusal(error)
        except (ValueError, AttributeError, TypeError) as error:  # an answer that is no message
            raise OutcomeUnknown("Twilio's answer cannot be read.") from error
        if not taken.sid:
            raise OutcomeUnknown("Twilio's answer has no message in it.")
        return _report(taken)

    async def find(self, message: Message, since: datetime) -> Sequence[Report]:
        """What it took for that phone with these words since then, newest first.

        Its filter by date looks at the time of sending, which a waiting text does not have yet:
        the list is asked for by phone only and its times of creation are compared here.
        """
        try:
            listed = await self._messages.list_async(
                to=message.to, limit=_LOOK_BACK, page_size=_LOOK_BACK
            )
        except (TwilioRestException, TwilioServiceException) as error:
            reason = f"Twilio cannot be asked: {_words(error)}."
            raise Transient(reason, code=str(error.code)) from error
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise Transient("Twilio's answer cannot be read.") from error
        return [
            _report(one)
            for one in listed
            # A trial account puts a sentence of its own before the text.
            if (one.body or "").strip().endswith(message.text.strip())
            and (one.date_created is None or one.date_created >= since - _SLACK)
        ]

    def receipt(self, callback: Callback) -> Report:
        """A status callback; the address that it was sent to, and signed, names the delivery."""
        self._check_signature(callback)
        asked = parse_qs(urlsplit(callback.target).query)
        return _said(
            sid=callback.form.get("MessageSid", ""),
            status=callback.form.get("MessageStatus", ""),
            code=callback.form.get("ErrorCode", ""),
            reference=_decoded(asked.get("delivery", [""])[0]),
        )

    def reply(self, callback: Callback) -> Reply:
        """A text to one of our numbers."""
        self._check_signature(callback)
        form = callback.form
        return Reply(form.get("MessageSid", ""), form.get("From", ""), form.get("Body", ""))

    async def close(self) -> None:
        """Let its connections go."""
        await self._transport.close()

    def _sender(self) -> dict[str, str]:
        if self._settings.messaging_service_sid:
            return {"messaging_service_sid": self._settings.messaging_service_sid}
        return {"from_": self._settings.from_number}

    def _callback_url(self, reference: str) -> str:
        path = f"/sms/{self._settings.name}/status?delivery={_encoded(reference)}"
        return self._public_url + path

    def _check_signature(self, callback: Callback) -> None:
        parts = urlsplit(callback.target)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        signed = self._validator.validate(
            self._public_url + path,
            dict(callback.form),
            callback.headers.get(SIGNATURE_HEADER.lower(), ""),
            get_signature_algorithm(callback.headers.get(SIGNATURE_SETTINGS_HEADER.lower())),
        )
        if not signed:
            raise NotAllowed(
                f"The request does not carry {self._settings.name}'s signature.",
                remedy=f"Check its token, and that {self._public_url} is the address it uses.",
                code="signature",
            )


def _encoded(reference: str) -> str:
    """Letters and digits only: a proxy that quotes an address anew would break the signature."""
    return urlsafe_b64encode(reference.encode()).decode().rstrip("=")


def _decoded(text: str) -> str:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def _report(message: Any) -> Report:
    code = str(message.error_code or "")
    return _said(message.sid or "", str(message.status), code, said=message.error_message or "")


def _said(sid: str, status: str, code: str, *, said: str = "", reference: str = "") -> Report:
    state = _STATES.get(status, DeliveryState.SENT)
    if state is not DeliveryState.FAILED:
        return Report(sid, state, reference=reference)
    verdict, meaning = meaning_of(code, said)
    return Report(sid, state, verdict, code, meaning, reference)


def _refusal(error: TwilioRestException | TwilioServiceException) -> Report:
    verdict, meaning = meaning_of(str(error.code), _words(error))
    return Report("", DeliveryState.FAILED, verdict, str(error.code), meaning)


def _words(error: TwilioRestException | TwilioServiceException) -> str:
    return str(error.msg if isinstance(error, TwilioRestException) else error.title)
