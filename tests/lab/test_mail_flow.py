"""Where mail goes in the lab, and what each way of breaking the primary does to it."""

from __future__ import annotations

import asyncio
import time

import aiosmtplib
import pytest

from continuitybot.lab import BotDoors, Lab
from continuitybot.lab.addresses import Login
from continuitybot.lab.company import OUTSIDE_PROBE, PROBE_MAILBOX
from continuitybot.lab.mail.letter import Letter, headers_of
from continuitybot.lab.mail.site import Mode
from continuitybot.lab.mail.smtp_door import SmtpDoor
from lab.clients import ALICE, control, eventually, letter, send, subjects
from rig.clock import MovedClock


async def test_mail_from_outside_reaches_the_primary_with_its_whole_trace(lab: Lab) -> None:
    await send(letter("Invoice 7"), lab.addresses.gateway)
    await eventually(lab.mail.primary.mailboxes.keys)
    [stored] = lab.mail.primary.mailboxes.letters()
    headers = headers_of(stored.raw)
    assert headers["Message-ID"] == "<Invoice-7@test.example>"
    hops = [trace.split(" by ")[1].split()[0] for trace in headers.get_all("Received")]
    assert hops == ["mail.harbour.example", "mx1.harbour.example"]


async def test_the_gateway_refuses_unknown_mailboxes_and_strangers_who_would_relay(
    lab: Lab,
) -> None:
    for recipient, code in (("nobody@harbour.example", 550), ("eve@else.example", 550)):
        with pytest.raises(aiosmtplib.SMTPRecipientsRefused) as caught:
            await send(letter("x", to=recipient), lab.addresses.gateway)
        assert [refusal.code for refusal in caught.value.recipients] == [code]


@pytest.mark.parametrize("site", ["primary", "standby"])
async def test_submitted_mail_leaves_by_the_gateway_and_reaches_the_bots_listener(
    lab: Lab, site: str
) -> None:
    arrived: list[Letter] = []
    listener = SmtpDoor("bot.example", 0, arrived.append, MovedClock())
    await listener.open()
    lab.connect(BotDoors(listener=listener.door))
    canary = letter("canary", to=OUTSIDE_PROBE, sender=PROBE_MAILBOX)
    await send(canary, getattr(lab.addresses, site).submission, lab.addresses.probe)
    await eventually(lambda: arrived)
    await listener.close()
    assert arrived[0].message_id == canary["Message-ID"]
    assert lab.mail.outside.received == 1


@pytest.mark.parametrize("login", [None, Login(PROBE_MAILBOX, "wrong")])
async def test_nobody_submits_without_the_right_password(lab: Lab, login: Login | None) -> None:
    with pytest.raises(aiosmtplib.SMTPException) as caught:
        await send(letter("x"), lab.addresses.primary.submission, login)
    assert getattr(caught.value, "code", 530) in (530, 535)


async def test_a_primary_that_refuses_is_closed_at_every_door_and_opens_at_the_same_ones(
    lab: Lab,
) -> None:
    doors = lab.addresses.primary
    await lab.mail.primary.set_mode(Mode.REFUSES)
    for door in (doors.smtp, doors.submission, doors.imap):
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(door.host, door.port)
    await lab.mail.primary.set_mode(Mode.HEALTHY)
    assert lab.addresses.primary == doors
    await send(letter("again"), doors.smtp)


async def test_a_primary_that_defers_says_so_to_mail_and_submission(lab: Lab) -> None:
    await lab.mail.primary.set_mode(Mode.DEFERS)
    for door, login in (
        (lab.addresses.primary.smtp, None),
        (lab.addresses.primary.submission, lab.addresses.probe),
    ):
        with pytest.raises(aiosmtplib.SMTPSenderRefused) as caught:
            await send(letter("x"), door, login)
        assert (caught.value.code, caught.value.message[:5]) == (451, "4.7.0")


async def test_a_primary_that_loses_accepts_and_keeps_nothing_in_either_direction(
    lab: Lab,
) -> None:
    await lab.mail.primary.set_mode(Mode.LOSES)
    await send(letter("in"), lab.addresses.primary.smtp)
    out = letter("out", to=OUTSIDE_PROBE, sender=PROBE_MAILBOX)
    await send(out, lab.addresses.primary.submission, lab.addresses.probe)
    assert len(lab.mail.primary.lost) == 2
    assert not lab.mail.primary.mailboxes.keys()
    assert not len(lab.mail.primary.outbound)


async def test_a_slow_primary_is_late_and_still_delivers(lab: Lab) -> None:
    await lab.mail.primary.set_mode(Mode.SLOW)
    began = time.monotonic()
    await send(letter("slow"), lab.addresses.primary.smtp)
    assert time.monotonic() - began > 0.3
    assert lab.mail.primary.mailboxes.keys() == {("<slow@test.example>", ALICE)}


@pytest.mark.parametrize("mode", [Mode.REFUSES, Mode.DEFERS])
async def test_the_gateway_keeps_mail_for_a_broken_primary_until_it_is_repaired(
    lab: Lab, mode: Mode
) -> None:
    await lab.mail.primary.set_mode(mode)
    for number in range(5):
        await send(letter(f"Letter {number}"), lab.addresses.gateway)
    async with control(lab.addresses) as http:
        queue = (await http.get("/gateway/queue")).json()
    assert queue["count"] == 5
    assert queue["hops"]["primary"]["count"] == 5
    await lab.mail.primary.set_mode(Mode.HEALTHY)
    await eventually(lambda: len(lab.mail.primary.mailboxes.keys()) == 5)
    await eventually(lambda: not len(lab.mail.gateway.queue))


async def test_the_probe_reads_its_own_mail_on_either_site(lab: Lab) -> None:
    for name in ("primary", "standby"):
        doors = getattr(lab.addresses, name)
        await send(letter(f"probe at {name}", to=PROBE_MAILBOX), doors.smtp)
        assert await subjects(doors.imap, lab.addresses.probe) == [f"probe at {name}"]


async def test_the_relay_keeps_private_mail_apart(lab: Lab) -> None:
    await send(letter("Page", to="alice@private.example"), lab.addresses.relay)
    [kept] = lab.mail.relay.mailboxes.letters()
    assert kept.recipient == "alice@private.example"
