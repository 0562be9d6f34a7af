"""What only Twilio has."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from aiohttp.test_utils import make_mocked_request
from twilio.request_validator import RequestValidator

from continuitybot.broadcast.answers import Message, Verdict
from continuitybot.broadcast.carrier import Callback
from continuitybot.broadcast.carriers.twilio.carrier import TwilioCarrier
from continuitybot.broadcast.carriers.twilio.codes import meaning_of, table
from continuitybot.broadcast.model import DeliveryState
from continuitybot.errors import NotAllowed
from continuitybot.settings.broadcast import TwilioSettings
from rig.clock import MovedClock
from rig.sms_peers import KEY, PUBLIC_URL, TwilioPeer

TEXT = Message("SMS-4/alice#1", "+436601000001", "Mail is down.")


@asynccontextmanager
async def twilio_with(peer: TwilioPeer, **changes: Any) -> AsyncIterator[TwilioCarrier]:
    settings = TwilioSettings.model_validate(peer.settings(**changes))
    carrier = TwilioCarrier(settings, f"{PUBLIC_URL}/")
    yield carrier
    await carrier.close()


@pytest.mark.parametrize(
    ("verdict", "codes"),
    [
        (Verdict.NUMBER, {"21211", "21614", "30005", "30006"}),
        (Verdict.OPTED_OUT, {"21610"}),
        (Verdict.TRANSIENT, {"20429", "30001", "30003", "30008", "30022"}),
    ],
)
def test_the_table_says_what_each_code_means(verdict: Verdict, codes: set[str]) -> None:
    assert {code for code, (known, _) in table().items() if known is verdict} == codes


def test_what_the_table_does_not_know_is_shown_as_twilio_said_it() -> None:
    assert meaning_of("55555", "Odd") == (Verdict.OTHER, "Twilio refused it with 55555: Odd")


def test_what_twilio_said_is_shown_without_the_phone() -> None:
    _verdict, meaning = meaning_of("55555", "The number +436601000001 is odd")

    assert meaning == "Twilio refused it with 55555: The number … is odd"


async def test_a_messaging_service_can_be_the_sender(twilio: TwilioPeer) -> None:
    async with twilio_with(twilio, from_number="", messaging_service_sid="MG1") as carrier:
        await carrier.send(TEXT)

    assert twilio.taken[0].fields["MessagingServiceSid"] == "MG1"
    assert "From" not in twilio.taken[0].fields


async def test_a_text_sent_long_before_is_not_the_one_that_is_looked_for(
    twilio: TwilioPeer, clock: MovedClock
) -> None:
    async with twilio_with(twilio) as carrier:
        await carrier.send(TEXT)
        clock.advance(minutes=6)

        assert list(await carrier.find(TEXT, clock.now())) == []


async def test_a_trial_accounts_own_words_before_the_text_do_not_hide_it(
    twilio: TwilioPeer, clock: MovedClock
) -> None:
    async with twilio_with(twilio) as carrier:
        await carrier.send(TEXT)
        trial = "Sent from your Twilio trial account - Mail is down."
        twilio.taken[0] = replace(twilio.taken[0], text=trial)

        assert len(await carrier.find(TEXT, clock.now())) == 1


async def test_a_text_that_failed_meanwhile_is_found_with_its_code(
    twilio: TwilioPeer, clock: MovedClock
) -> None:
    async with twilio_with(twilio) as carrier:
        await carrier.send(TEXT)
        twilio.becomes(twilio.taken[0], "undelivered", "30003")
        (found,) = await carrier.find(TEXT, clock.now())

    assert (found.state, found.verdict) == (DeliveryState.FAILED, Verdict.TRANSIENT)


async def test_the_address_of_a_receipt_survives_the_web_server_and_its_signature(
    twilio: TwilioPeer, clock: MovedClock
) -> None:
    async with twilio_with(twilio) as carrier:
        await carrier.send(TEXT)
        signed = twilio.receipt(twilio.taken[0], "delivered")
        request = make_mocked_request("POST", signed.url)
        headers = {name.lower(): value for name, value in signed.headers.items()}

        report = carrier.receipt(Callback(clock.now(), request.path_qs, headers, signed.form))

    assert report.reference == TEXT.reference


@pytest.mark.parametrize(("key", "is_good"), [(KEY, True), ("another-key", False)])
async def test_accounts_with_a_shared_key_sign_with_sha256(
    twilio: TwilioPeer, clock: MovedClock, key: str, is_good: bool
) -> None:
    form = {"MessageSid": "RE1", "From": TEXT.to, "Body": "1"}
    url = f"{PUBLIC_URL}/sms/twilio/inbound"
    headers = {
        "x-twilio-signature": RequestValidator(key).compute_signature(url, form, "HMAC_SHA256"),
        "x-twilio-webhooks-signature-settings": "key=webhooks_1,algorithm=HMAC_SHA256",
    }
    callback = Callback(clock.now(), "/sms/twilio/inbound", headers, form)
    async with twilio_with(twilio, signing_secret="env:TEST_GATEWAY_KEY") as carrier:
        if is_good:
            assert carrier.reply(callback).text == "1"
        else:
            with pytest.raises(NotAllowed):
                carrier.reply(callback)
