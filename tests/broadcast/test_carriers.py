"""What every carrier keeps to; each test runs against each of them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from continuitybot.broadcast.answers import Message, Verdict
from continuitybot.broadcast.carrier import Callback, Carrier
from continuitybot.broadcast.carriers import open_carriers
from continuitybot.broadcast.model import DeliveryState
from continuitybot.errors import NotAllowed, OutcomeUnknown, Transient
from continuitybot.settings.broadcast import BroadcastSettings
from rig.clock import MovedClock
from rig.sms_peers import PUBLIC_URL, Signed, SmsPeer

TEXT = Message("SMS-4/alice#1", "+436601000001", 'Mail is "down": read {{ news }}')
SINCE = MovedClock().now()


@pytest.fixture
async def carrier(peer: SmsPeer) -> AsyncIterator[Carrier]:
    settings = BroadcastSettings.model_validate({"carriers": [peer.settings()]})
    (opened,) = open_carriers(settings, PUBLIC_URL).values()
    yield opened
    await opened.close()


def callback(signed: Signed) -> Callback:
    headers = {name.lower(): value for name, value in signed.headers.items()}
    return Callback(SINCE, signed.url, headers, signed.form, signed.body)


async def test_an_accepted_text_has_the_carriers_name(carrier: Carrier, peer: SmsPeer) -> None:
    report = await carrier.send(TEXT)

    assert (report.state, report.sid) == (DeliveryState.SENT, peer.taken[0].sid)
    assert (peer.taken[0].to, peer.taken[0].text) == (TEXT.to, TEXT.text)


async def test_a_refused_text_is_a_report_and_no_error(carrier: Carrier, peer: SmsPeer) -> None:
    peer.mode = "refuse:30007"

    report = await carrier.send(TEXT)

    assert (report.state, report.verdict) == (DeliveryState.FAILED, Verdict.REFUSED)
    assert report.reason


@pytest.mark.parametrize(("mode", "pause"), [("busy", 7.0), ("error", None)])
async def test_a_busy_carrier_has_surely_not_taken_it(
    carrier: Carrier, peer: SmsPeer, mode: str, pause: float | None
) -> None:
    peer.mode = mode

    with pytest.raises(Transient) as raised:
        await carrier.send(TEXT)

    assert raised.value.retry_after == pause
    assert peer.taken == []


async def test_a_carrier_that_is_not_there_has_surely_not_taken_it(
    carrier: Carrier, peer: SmsPeer
) -> None:
    await peer.stop()

    with pytest.raises(Transient):
        await carrier.send(TEXT)


@pytest.mark.parametrize("mode", ["garbage", "hang", "drop"])
async def test_without_a_clear_answer_the_outcome_is_unknown(
    carrier: Carrier, peer: SmsPeer, mode: str
) -> None:
    peer.mode = mode

    with pytest.raises(OutcomeUnknown):
        await carrier.send(TEXT)


async def test_a_text_it_took_without_saying_so_is_found(carrier: Carrier, peer: SmsPeer) -> None:
    peer.mode = "drop"
    with pytest.raises(OutcomeUnknown):
        await carrier.send(TEXT)
    peer.mode = "well"

    (found,) = await carrier.find(TEXT, SINCE)

    assert (found.sid, found.state) == (peer.taken[0].sid, DeliveryState.SENT)


async def test_a_text_it_never_had_is_not_found(carrier: Carrier, peer: SmsPeer) -> None:
    assert list(await carrier.find(TEXT, SINCE)) == []


async def test_a_carrier_that_is_ill_cannot_be_asked_now(carrier: Carrier, peer: SmsPeer) -> None:
    peer.mode = "error"

    with pytest.raises(Transient):
        await carrier.find(TEXT, SINCE)


@pytest.mark.parametrize(
    ("status", "code", "state", "verdict"),
    [
        ("delivered", "", DeliveryState.DELIVERED, Verdict.OTHER),
        ("sent", "", DeliveryState.SENT, Verdict.OTHER),
        ("failed", "30003", DeliveryState.FAILED, Verdict.TRANSIENT),
        ("failed", "99999", DeliveryState.FAILED, Verdict.OTHER),
    ],
)
async def test_a_signed_receipt_is_believed(
    carrier: Carrier, peer: SmsPeer, status: str, code: str, state: DeliveryState, verdict: Verdict
) -> None:
    await carrier.send(TEXT)

    report = carrier.receipt(callback(peer.receipt(peer.taken[0], status, code)))

    assert (report.sid, report.reference) == (peer.taken[0].sid, TEXT.reference)
    assert (report.state, report.verdict) == (state, verdict)


async def test_a_signed_reply_is_read(carrier: Carrier, peer: SmsPeer) -> None:
    reply = carrier.reply(callback(peer.reply("RE1", TEXT.to, "1")))

    assert (reply.sid, reply.sender, reply.text) == ("RE1", TEXT.to, "1")


async def test_a_tampered_or_unsigned_callback_is_refused(carrier: Carrier, peer: SmsPeer) -> None:
    good = callback(peer.reply("RE1", TEXT.to, "1"))
    tampered = Callback(
        good.at, good.target, good.headers, {**good.form, "extra": "x"}, good.body + b"x"
    )
    unsigned = Callback(good.at, good.target, {}, good.form, good.body)

    assert carrier.reply(good).text == "1"
    for forged in (tampered, unsigned):
        with pytest.raises(NotAllowed):
            carrier.reply(forged)


async def test_only_what_was_taken_since_then_is_found(carrier: Carrier, peer: SmsPeer) -> None:
    await carrier.send(TEXT)
    other_words = Message("SMS-5/alice#1", TEXT.to, "Mail is back.")

    assert list(await carrier.find(other_words, SINCE - timedelta(minutes=1))) == []
