"""Canaries over real SMTP, found by real IMAP or at the bot's own listener."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from continuitybot.errors import NotFound
from continuitybot.lab.mail.letter import Letter
from continuitybot.mailflow.canary import CanaryResult, send_canary
from continuitybot.mailflow.listener import Listener
from continuitybot.mailflow.message import HopTime, canary_message
from continuitybot.mailflow.model import Hop, State
from continuitybot.mailflow.probes import round_trip
from continuitybot.settings.mailflow import (
    CanaryRouteSettings,
    ListenerSettings,
    RoundTripCheck,
    SmtpServerSettings,
)
from rig.clock import MovedClock
from rig.mailflow import PROBE, MailSite, mail_site, vantage_point
from rig.smtp_peer import DROP, smtp_peer


@pytest.fixture
async def site(clock: MovedClock) -> AsyncIterator[MailSite]:
    async with mail_site(clock) as found:
        yield found


def route(port: int, find: Any, deadline: float = 3) -> CanaryRouteSettings:
    return CanaryRouteSettings(
        send=SmtpServerSettings(host="127.0.0.1", port=port),
        sender="canary@example.net",
        recipient=PROBE.user,
        find=find,
        deadline=timedelta(seconds=deadline),
        look_every=timedelta(seconds=0.02),
    )


async def sent(
    clock: MovedClock, along: CanaryRouteSettings, listener: Listener | None = None
) -> CanaryResult:
    with vantage_point(clock, {"primary_inbound": along}, listener) as vantage:
        return await send_canary("primary_inbound", vantage)


def left_in(site: MailSite, folder: str = "INBOX") -> list[str]:
    messages = site.boxes.folders(PROBE.user)[folder].messages
    return [message.letter.raw.decode() for message in messages]


async def test_a_canary_is_found_by_imap_and_deleted(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    result = await sent(clock, route(site.smtp_port, site.mailbox(tmp_path)))
    assert (result.ok, result.state, result.hop) == (True, State.OK, Hop.MAILBOX)
    assert result.latency is not None
    assert (result.route, result.sent_at) == ("primary_inbound", clock.now())
    assert result.hops == (HopTime("mail.example.com", 0.0),)
    assert left_in(site) == []


async def test_other_mail_in_the_mailbox_is_left_alone(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    raw = b"Subject: Lunch?\r\n\r\nAt noon.\r\n"
    site.boxes.folders(PROBE.user)["INBOX"].add(Letter("", "", PROBE.user, raw, clock.now()))
    assert (await sent(clock, route(site.smtp_port, site.mailbox(tmp_path)))).ok
    assert left_in(site) == [raw.decode()]


async def test_strays_of_days_ago_are_deleted_and_newer_canaries_are_not(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    inbox = site.boxes.folders(PROBE.user)["INBOX"]
    for nonce, days in (("ancient", 5), ("recent", 1)):
        at = clock.now() - timedelta(days=days)
        message = canary_message("a@example.net", PROBE.user, nonce, "example.net", at)
        inbox.add(Letter(nonce, "", PROBE.user, message.as_bytes(), at))
    assert (await sent(clock, route(site.smtp_port, site.mailbox(tmp_path)))).ok
    assert ["recent" in raw for raw in left_in(site)] == [True]


async def test_a_canary_in_the_junk_folder_counts_as_late(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    site.into = "Junk"
    result = await sent(clock, route(site.smtp_port, site.mailbox(tmp_path)))
    assert (result.ok, result.state, result.code) == (False, State.LATE, "junk")
    assert result.folder == "Junk"
    assert left_in(site, "Junk") == []


async def test_a_canary_that_is_accepted_and_lost_is_failed(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    site.into = ""
    result = await sent(clock, route(site.smtp_port, site.mailbox(tmp_path), deadline=0.4))
    assert (result.state, result.hop, result.code) == (State.FAILED, Hop.MAILBOX, "lost")


async def test_a_mailbox_that_refuses_the_sign_in_is_failed_there(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    mailbox = site.mailbox(tmp_path, password="wrong")
    result = await sent(clock, route(site.smtp_port, mailbox))
    assert (result.state, result.hop, result.code) == (State.FAILED, Hop.MAILBOX, "login")


async def test_a_mailbox_that_is_not_there_is_failed_there(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    async with smtp_peer(banner=DROP) as peer:
        broken = site.mailbox(tmp_path).model_copy(update={"port": peer.port})
        breaks = await sent(clock, route(site.smtp_port, broken))
    refused = await sent(clock, route(site.smtp_port, broken))
    assert (breaks.state, breaks.hop) == (State.FAILED, Hop.MAILBOX)
    assert (refused.state, refused.hop, refused.code) == (State.FAILED, Hop.MAILBOX, "refused")


async def test_a_mailbox_without_its_password_is_unknown(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    mailbox = site.mailbox(tmp_path)
    (tmp_path / "imap-password").unlink()
    assert (await sent(clock, route(site.smtp_port, mailbox))).state is State.UNKNOWN


async def test_a_canary_that_is_not_taken_fails_where_it_was_refused(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    async with smtp_peer(RCPT="451 4.7.0 later") as peer:
        result = await sent(clock, route(peer.port, site.mailbox(tmp_path)))
    assert (result.state, result.hop, result.code) == (State.FAILED, Hop.RCPT, "451 4.7.0")


async def test_a_canary_is_found_at_the_listener(clock: MovedClock) -> None:
    listener = Listener(ListenerSettings(port=0), "bot.example.com")
    await listener.start()
    result = await sent(clock, route(listener.port, "listener"), listener)
    await listener.stop()
    assert (result.ok, result.folder) == (True, "listener")


async def test_a_route_that_nobody_wrote_is_named_in_the_refusal(clock: MovedClock) -> None:
    with (
        vantage_point(clock, {"primary_inbound": route(25, "listener")}) as vantage,
        pytest.raises(NotFound, match="primary_inbound"),
    ):
        await send_canary("standby_inbound", vantage)


async def test_the_round_trip_probe_observes_its_canary(
    clock: MovedClock, site: MailSite, tmp_path: Path
) -> None:
    site.into = "Junk"
    check = RoundTripCheck(kind="round_trip", name="arrives", route="r")
    routes = {"r": route(site.smtp_port, site.mailbox(tmp_path))}
    with vantage_point(clock, routes) as vantage:
        seen = await round_trip.probe(check, vantage)
    assert (seen.check, seen.state, seen.hop, seen.code) == (
        "arrives", State.LATE, Hop.MAILBOX, "junk",
    )  # fmt: skip
