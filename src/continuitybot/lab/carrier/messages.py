"""The carrier's record of one text, and its form in the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Any

_ERROR_TEXTS = {30003: "Unreachable destination handset", 30005: "Unknown destination handset"}


class Status(StrEnum):
    """The states of an outgoing text that the lab's carrier knows."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass
class TextMessage:
    """An outgoing text; `callback` is where its receipts go ("" for nowhere)."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    created: datetime
    updated: datetime
    status: Status = Status.QUEUED
    error_code: int | None = None
    sent: datetime | None = None

    def move(self, status: Status, at: datetime, error_code: int | None = None) -> None:
        self.status, self.updated, self.error_code = status, at, error_code
        if status is Status.SENT:
            self.sent = at

    def document(self, account_sid: str) -> dict[str, Any]:
        """The Message resource as https://www.twilio.com/docs/messaging/api/message-resource."""
        return {
            "account_sid": account_sid,
            "api_version": "2010-04-01",
            "body": self.body,
            "date_created": format_datetime(self.created),
            "date_sent": format_datetime(self.sent) if self.sent else None,
            "date_updated": format_datetime(self.updated),
            "direction": "outbound-api",
            "error_code": self.error_code,
            "error_message": _ERROR_TEXTS.get(self.error_code or 0),
            "from": self.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "EUR",
            "sid": self.sid,
            "status": self.status,
            "subresource_uris": {},
            "to": self.to,
            "uri": f"/2010-04-01/Accounts/{account_sid}/Messages/{self.sid}.json",
        }

    def receipt(self, account_sid: str) -> dict[str, str]:
        """The form that is posted to `callback` for the present status."""
        form = {
            "AccountSid": account_sid,
            "ApiVersion": "2010-04-01",
            "From": self.sender,
            "MessageSid": self.sid,
            "MessageStatus": self.status,
            "SmsSid": self.sid,
            "SmsStatus": self.status,
            "To": self.to,
        }
        return form | ({"ErrorCode": str(self.error_code)} if self.error_code else {})
