"""The carriers there are, by the `kind` that names them in the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from continuitybot.broadcast.carrier import Carrier
from continuitybot.broadcast.carriers.twilio.carrier import TwilioCarrier
from continuitybot.broadcast.carriers.webhook import WebhookCarrier
from continuitybot.settings.broadcast import BroadcastSettings

CARRIERS: Mapping[str, Callable[[Any, str], Carrier]] = {
    "twilio": TwilioCarrier,
    "webhook": WebhookCarrier,
}


def open_carriers(settings: BroadcastSettings, public_url: str) -> dict[str, Carrier]:
    """Every carrier of the settings by its name, in order of preference.

    `public_url` is where carriers reach this server; they are given it, and sign it.
    Raises Refused when a secret is not there.
    """
    return {one.name: CARRIERS[one.kind](one, public_url) for one in settings.carriers}
