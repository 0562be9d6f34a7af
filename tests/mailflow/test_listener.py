"""The bot's own receiving SMTP server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiosmtplib
import pytest

from continuitybot.errors import Permanent
from continuitybot.mailflow.listener import Listener
from continuitybot.mailflow.message import canary_message
from continuitybot.settings.mailflow import ListenerSettings
from rig.clock import MovedClock

ROOM = 3


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    found = Listener(ListenerSettings(port=0), "bot.example.com", ROOM)
    await found.start()
    yield found
    await found.stop()


async def send(listener: Listener, nonce: str, clock: MovedClock, body: str = "") -> None:
    message = canary_message("a@example.net", "c@example.org", nonce, "example.net", clock.now())
    if body:
        message.set_content(body)
    await aiosmtplib.send(message, hostname="127.0.0.1", port=listener.port, start_tls=False)


async def test_a_canary_that_comes_before_it_is_expected_is_found(
    listener: Listener, clock: MovedClock
) -> None:
    await send(listener, "early", clock)
    assert (await listener.expect("early", timeout=1)).folder == "listener"


async def test_a_canary_that_comes_later_wakes_who_waits_for_it(
    listener: Listener, clock: MovedClock
) -> None:
    waiting = asyncio.create_task(listener.expect("later", timeout=2))
    await send(listener, "another", clock)
    await asyncio.sleep(0)
    assert not waiting.done()
    await send(listener, "later", clock)
    assert not (await waiting).junk


async def test_a_canary_that_never_comes_is_given_up(listener: Listener) -> None:
    with pytest.raises(TimeoutError):
        await listener.expect("never", timeout=0.05)


async def test_other_mail_is_refused_so_that_none_is_lost(listener: Listener) -> None:
    letter = b"Subject: Invoice\r\n\r\nPlease pay.\r\n"
    with pytest.raises(aiosmtplib.SMTPDataError) as refusal:
        await aiosmtplib.send(
            letter, sender="a@example.net", recipients=["c@example.org"],
            hostname="127.0.0.1", port=listener.port, start_tls=False,
        )  # fmt: skip
    assert refusal.value.code == 550


async def test_a_huge_message_is_refused(listener: Listener, clock: MovedClock) -> None:
    with pytest.raises(aiosmtplib.SMTPResponseException) as refusal:
        await send(listener, "huge", clock, body="words " * 100_000)
    assert refusal.value.code == 552


async def test_only_the_latest_canaries_are_remembered(
    listener: Listener, clock: MovedClock
) -> None:
    for number in range(ROOM + 1):
        await send(listener, f"n{number}", clock)
    assert await listener.expect("n1", timeout=1)
    with pytest.raises(TimeoutError):
        await listener.expect("n0", timeout=0.01)


async def test_a_port_that_is_taken_is_said_with_its_remedy(listener: Listener) -> None:
    second = Listener(ListenerSettings(port=listener.port), "bot.example.com")
    with pytest.raises(Permanent, match=r"Choose another mailflow\.listener\.port"):
        await second.start()
