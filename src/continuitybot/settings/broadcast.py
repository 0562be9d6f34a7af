"""Settings of texts to employees: carriers, templates, replies, and how long things may take."""

from __future__ import annotations

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field, field_validator, model_validator

from continuitybot.settings.values import Duration, Form, Secret, Section

_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[A-Za-z0-9 ]{1,11}")


CarrierName = Annotated[
    str, Form(r"[a-z0-9][a-z0-9-]{0,39}", "a short name in small letters, such as twilio")
]


class CarrierBase(Section):
    """What every carrier has, whatever it speaks."""

    name: CarrierName = Field(
        description="Short name, shown in reports and part of the webhook addresses "
        "`/sms/<name>/status` and `/sms/<name>/inbound`.",
    )
    rate_per_second: float = Field(
        10.0,
        gt=0,
        description="Segments a second the sender may send, all instances together. At Twilio: "
        "1 for a US long code, 3 toll-free, 10 alphanumeric or European, 100 short code.",
    )
    concurrency: int = Field(
        50, ge=1, le=200, description="Requests to the carrier under way at once, per instance."
    )
    timeout: Duration = Field(
        timedelta(seconds=10),
        description="How long one request may take, at most 15s. After that its outcome is "
        "unknown, and the carrier is asked before anything is sent again.",
    )
    validity: Duration = Field(
        timedelta(minutes=30),
        description="How long the carrier may try to reach a phone; a late text does harm.",
    )
    price_per_segment: Decimal | None = Field(
        None, ge=0, description="Price of one segment, for the cost shown before a broadcast."
    )
    currency: str = Field("EUR", max_length=3, description="Currency of `price_per_segment`.")

    @field_validator("timeout")
    @classmethod
    def _short(cls, value: timedelta) -> timedelta:
        if not timedelta(0) < value <= timedelta(seconds=15):
            raise ValueError("a request may take between 1ms and 15s")
        return value

    @field_validator("validity")
    @classmethod
    def _within_carriers_limits(cls, value: timedelta) -> timedelta:
        if not timedelta(minutes=1) <= value <= timedelta(hours=4):
            raise ValueError("the validity of a text is between 1m and 4h")
        return value


class TwilioSettings(CarrierBase):
    """A Twilio account, or anything that speaks its Messages API."""

    kind: Literal["twilio"] = Field(description="`twilio`")
    api_url: str = Field("https://api.twilio.com", description="Base address of the API.")
    account_sid: str = Field(min_length=1, description="Account SID, `AC…`.")
    auth_token: Secret = Field(description="Auth token of the account.")
    signing_secret: Secret | None = Field(
        None,
        description="Shared key that signs webhooks, for accounts that sign with one. "
        "Default: `auth_token`.",
    )
    from_number: str = Field(
        "", description="Sender: a number in E.164 form, a short code or up to 11 letters."
    )
    messaging_service_sid: str = Field(
        "", description="Messaging service to send from, instead of `from_number`."
    )

    @field_validator("from_number")
    @classmethod
    def _is_sender(cls, value: str) -> str:
        if value and not _SENDER.fullmatch(value):
            raise ValueError("a sender is +436641234567, a short code, or up to 11 letters")
        return value

    @model_validator(mode="after")
    def _one_sender(self) -> TwilioSettings:
        if bool(self.from_number) == bool(self.messaging_service_sid):
            raise ValueError("name either from_number or messaging_service_sid")
        return self


class WebhookCarrierSettings(CarrierBase):
    """Any gateway that sends a text on an HTTP request.

    `url`, `headers`, `body` and `lookup_url` are templates that know `to`, `text`, `reference`
    (the same for every try of one text), `validity` (seconds), `callback` and `token`.
    """

    kind: Literal["webhook"] = Field(description="`webhook`")
    url: str = Field(description="Address that sends a text.")
    method: Literal["POST", "PUT"] = Field("POST", description="HTTP method of `url`.")
    headers: dict[str, str] = Field(
        default_factory=lambda: {"Content-Type": "application/json"},
        description="Headers of the request, such as `Authorization: Bearer {{ token }}`.",
    )
    body: str = Field(
        '{"to": {{ to | tojson }}, "text": {{ text | tojson }}, '
        '"reference": {{ reference | tojson }}, "callback": {{ callback | tojson }}, '
        '"validity": {{ validity }}}',
        description="Body of the request.",
    )
    id_field: str = Field(
        "id", description="Where the JSON answer holds the message's id; dots lead inwards."
    )
    lookup_url: str = Field(
        "",
        description="Address that tells, by `reference`, what became of a text: 200 with `id` "
        "and `status`, or 404 when the gateway never had it. Without it a text whose outcome "
        "is unknown stays so.",
    )
    token: Secret | None = Field(None, description="Credential, for the templates as `token`.")
    signing_secret: Secret = Field(
        description="Key of the gateway's receipts and replies: `X-Signature: sha256=<hex>` is "
        "the HMAC-SHA256 of `X-Timestamp`, a dot, and the body."
    )


CarrierSettings = Annotated[TwilioSettings | WebhookCarrierSettings, Field(discriminator="kind")]


class ReplySettings(Section):
    """What the answers to a broadcast mean."""

    meanings: dict[str, str] = Field(
        default_factory=lambda: {"1": "safe", "2": "needs help"},
        description="Answer and what it is counted as. Capitals and full stops do not matter.",
    )
    count_for: Duration = Field(
        timedelta(days=3),
        description="How long after a broadcast an answer is still counted for it.",
    )


class BroadcastSettings(Section):
    """Texts to employees, and to the people who are paged."""

    carriers: tuple[CarrierSettings, ...] = Field(
        (),
        description="Carriers in order: the next one is used when one refuses for a reason "
        "other than the number.",
    )
    templates: dict[str, dict[str, str]] = Field(
        default_factory=dict,
        description="Prepared texts by name and language. They may use `first_name`, `name` and "
        "`handle` of the person, such as `Hello {{ first_name }}`.",
    )
    default_language: str = Field(
        "en", description="Language for people whose own one a text does not have."
    )
    replies: ReplySettings = Field(
        default_factory=lambda: ReplySettings(), description="What answers mean."
    )
    receipt_deadline: Duration = Field(
        timedelta(minutes=15),
        description="How long to wait for a receipt before the carrier is asked, once.",
    )
    retry_after: tuple[Duration, ...] = Field(
        tuple(timedelta(seconds=seconds) for seconds in (5, 20, 60, 120, 300)),
        min_length=1,
        description="The pauses before a text is tried again after a passing fault, such as a "
        "phone that is switched off; after the last one it has failed.",
    )
    approval_expires: Duration = Field(
        timedelta(hours=1), description="How long a broadcast waits for its approval."
    )
    pilot_audience: str = Field(
        "",
        description="The people texts of drills are limited to, such as `group:it`. Without it "
        "a drill sends no text.",
    )

    @field_validator("carriers")
    @classmethod
    def _own_names(cls, value: tuple[CarrierSettings, ...]) -> tuple[CarrierSettings, ...]:
        names = [carrier.name for carrier in value]
        twins = sorted({name for name in names if names.count(name) > 1})
        if twins:
            raise ValueError(f"two carriers are named {', '.join(twins)}; rename one")
        return value

    @field_validator("templates")
    @classmethod
    def _not_empty(cls, value: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
        for name, texts in value.items():
            if not texts or not all(text.strip() for text in texts.values()):
                raise ValueError(f"template {name} needs a text in each of its languages")
        return value
