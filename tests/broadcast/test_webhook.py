"""What only the gateways of the `webhook` kind have."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from continuitybot.broadcast.answers import Message
from continuitybot.broadcast.carrier import Callback
from continuitybot.broadcast.carriers.webhook import WebhookCarrier
from continuitybot.errors import NotAllowed, Permanent
from continuitybot.settings.broadcast import WebhookCarrierSettings
from rig.clock import MovedClock
from rig.sms_peers import PUBLIC_URL, GatewayPeer

TEXT = Message("SMS-4/alice#1", "+436601000001", 'Line one\nsays "hello"')


@pytest.fixture
async def carrier(gateway: GatewayPeer) -> AsyncIterator[WebhookCarrier]:
    found = WebhookCarrier(WebhookCarrierSettings.model_validate(gateway.settings()), PUBLIC_URL)
    yield found
    await found.close()


async def test_the_request_is_what_the_templates_say(
    carrier: WebhookCarrier, gateway: GatewayPeer
) -> None:
    await carrier.send(TEXT)

    assert gateway.taken[0].fields == {
        "to": TEXT.to,
        "text": TEXT.text,
        "reference": "SMS-4/alice#1",
        "callback": "https://bot.example.com/sms/gateway/status",
        "validity": "1800",
    }


@pytest.mark.parametrize(("minutes", "is_good"), [(4, True), (-4, True), (6, False), (-6, False)])
def test_a_receipt_signed_too_long_ago_is_refused(
    carrier: WebhookCarrier, gateway: GatewayPeer, clock: MovedClock, minutes: int, is_good: bool
) -> None:
    signed = gateway.signed("inbound", {"id": "RE1", "from": TEXT.to, "text": "1"})
    at = clock.now() + timedelta(minutes=minutes)
    headers = {name.lower(): value for name, value in signed.headers.items()}
    callback = Callback(at, signed.url, headers, signed.form, signed.body)

    if is_good:
        assert carrier.reply(callback).text == "1"
    else:
        with pytest.raises(NotAllowed, match="too long ago"):
            carrier.reply(callback)


def test_a_status_nobody_agreed_on_is_refused(
    carrier: WebhookCarrier, gateway: GatewayPeer, clock: MovedClock
) -> None:
    signed = gateway.signed("status", {"id": "1", "status": "on its way"})
    headers = {name.lower(): value for name, value in signed.headers.items()}

    with pytest.raises(NotAllowed, match="cannot be read"):
        carrier.receipt(Callback(clock.now(), signed.url, headers, signed.form, signed.body))


async def test_without_an_address_to_ask_it_cannot_be_asked(
    gateway: GatewayPeer, clock: MovedClock
) -> None:
    settings = WebhookCarrierSettings.model_validate(gateway.settings(lookup_url=""))

    with pytest.raises(Permanent, match="cannot be asked"):
        await WebhookCarrier(settings, PUBLIC_URL).find(TEXT, clock.now())
