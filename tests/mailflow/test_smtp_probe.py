"""The SMTP probe against servers that fail in every way at every hop."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from continuitybot.mailflow.model import Hop, Observation, State
from continuitybot.mailflow.probes import smtp
from continuitybot.mailflow.vantage import Vantage
from continuitybot.settings.mailflow import SmtpCheck, SmtpServerSettings
from continuitybot.settings.values import Secret
from rig.certificates import Authority, authority
from rig.clock import MovedClock
from rig.dns_peer import SILENT, dns_peer
from rig.mailflow import vantage_point
from rig.smtp_peer import DROP, HANG, SmtpPeer, smtp_peer


@pytest.fixture
def vantage(clock: MovedClock) -> Iterator[Vantage]:
    with vantage_point(clock) as found:
        yield found


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return authority(tmp_path_factory.mktemp("certificates"))


def check(*servers: SmtpServerSettings, **more: Any) -> SmtpCheck:
    known = {
        "kind": "smtp",
        "name": "primary",
        "sender": "canary@example.net",
        "recipient": "probe@example.com",
        "step_timeout": 0.3,
        "failed_after": 5,
    }
    return SmtpCheck.model_validate({**known, "servers": servers, **more})


def server(peer: SmtpPeer, **more: Any) -> SmtpServerSettings:
    return SmtpServerSettings.model_validate({"host": "127.0.0.1", "port": peer.port, **more})


def unused_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def shape(seen: Observation) -> tuple[State, Hop | None, str]:
    return seen.state, seen.hop, seen.code


async def test_a_healthy_server_is_ok_and_gets_no_mail(vantage: Vantage) -> None:
    async with smtp_peer() as peer:
        seen = await smtp.probe(check(server(peer)), vantage)
    assert shape(seen) == (State.OK, Hop.RCPT, "")
    assert seen.latency is not None
    assert (seen.at, seen.check, seen.vantage) == (vantage.clock.now(), "primary", "here")
    assert peer.messages == []


async def test_a_delivering_check_hands_in_a_whole_canary(vantage: Vantage) -> None:
    async with smtp_peer() as peer:
        seen = await smtp.probe(check(server(peer), deliver=True), vantage)
    assert shape(seen) == (State.OK, Hop.ACCEPTED, "")
    assert b"Subject: continuitybot canary " in peer.messages[0]
    assert b"Auto-Submitted: auto-generated" in peer.messages[0]


@pytest.mark.parametrize(
    ("script", "hop", "code"),
    [
        ({"banner": DROP}, Hop.BANNER, "eof"),
        ({"banner": HANG}, Hop.BANNER, "timeout"),
        ({"banner": "421 4.3.2 not now"}, Hop.BANNER, "421 4.3.2"),
        ({"banner": "554 no mail here"}, Hop.BANNER, "554"),
        ({"banner": "hello there"}, Hop.BANNER, "malformed"),
        ({"EHLO": "502 5.5.1 what?"}, Hop.EHLO, "502 5.5.1"),
        ({"EHLO": DROP}, Hop.EHLO, "eof"),
        ({"MAIL": "451 4.7.0 try again later"}, Hop.MAIL, "451 4.7.0"),
        ({"MAIL": "421 4.7.0 closing"}, Hop.MAIL, "421 4.7.0"),
        ({"RCPT": "451 4.7.0 greylisted"}, Hop.RCPT, "451 4.7.0"),
        ({"RCPT": "550 5.1.1 no such user"}, Hop.RCPT, "550 5.1.1"),
        ({"RCPT": HANG}, Hop.RCPT, "timeout"),
        ({"RCPT": DROP}, Hop.RCPT, "eof"),
        ({"DATA": "452 4.3.1 no space"}, Hop.DATA, "452 4.3.1"),
        ({"DATA": DROP}, Hop.DATA, "dropped"),
        ({"message": "554 5.6.0 not this"}, Hop.DATA, "554 5.6.0"),
        ({"message": DROP}, Hop.DATA, "dropped"),
        ({"message": HANG}, Hop.DATA, "timeout"),
    ],
)
async def test_each_failure_is_seen_at_its_hop(
    vantage: Vantage, script: dict[str, str], hop: Hop, code: str
) -> None:
    async with smtp_peer(**script) as peer:
        seen = await smtp.probe(check(server(peer), deliver=True), vantage)
    assert shape(seen) == (State.FAILED, hop, code)
    assert seen.detail


async def test_a_farewell_that_never_comes_spoils_nothing(vantage: Vantage) -> None:
    async with smtp_peer(QUIT=HANG) as peer:
        seen = await smtp.probe(check(server(peer)), vantage)
    assert seen.state is State.OK
    assert seen.latency is not None
    assert seen.latency < 0.4


async def test_a_refused_connection_is_seen(vantage: Vantage) -> None:
    nobody = SmtpServerSettings(host="127.0.0.1", port=unused_port())
    seen = await smtp.probe(check(nobody), vantage)
    assert shape(seen) == (State.FAILED, Hop.CONNECT, "refused")


async def test_a_tarpit_ends_with_the_deadline_for_the_whole(vantage: Vantage) -> None:
    async with smtp_peer(delay=0.15) as peer:
        seen = await smtp.probe(check(server(peer), failed_after=0.35), vantage)
    assert shape(seen) == (State.FAILED, Hop.MAIL, "tarpit")


@pytest.mark.parametrize(
    ("answers", "state", "code"),
    [
        ("NXDOMAIN", State.FAILED, "nxdomain"),
        ("SERVFAIL", State.FAILED, "servfail"),
        ([], State.FAILED, "no_answer"),
        (SILENT, State.FAILED, "timeout"),
    ],
)
async def test_a_host_that_cannot_be_looked_up_fails_at_dns(
    vantage: Vantage, answers: Any, state: State, code: str
) -> None:
    host = "mx.example.com"
    async with dns_peer({(host, "A"): answers, (host, "AAAA"): answers}) as nameserver:
        lost = SmtpServerSettings(host=host)
        seen = await smtp.probe(check(lost, nameservers=[nameserver]), vantage)
    assert shape(seen) == (state, Hop.DNS, code)


async def test_the_next_address_is_tried_when_one_refuses(vantage: Vantage) -> None:
    answers = {("mx.example.com", "A"): ["127.0.0.9", "127.0.0.1"]}
    async with dns_peer(answers) as nameserver, smtp_peer() as peer:
        both = SmtpServerSettings(host="mx.example.com", port=peer.port)
        seen = await smtp.probe(check(both, nameservers=[nameserver]), vantage)
    assert seen.state is State.OK


def encrypted(peer: SmtpPeer, trusted: Authority, **more: Any) -> SmtpServerSettings:
    known = {"host": "localhost", "tls": "starttls", "ca_file": trusted.ca_file}
    return server(peer, **known, **more)


async def test_starttls_with_a_good_certificate_is_ok(vantage: Vantage, trusted: Authority) -> None:
    async with smtp_peer(tls=trusted.server("localhost")) as peer:
        seen = await smtp.probe(check(encrypted(peer, trusted)), vantage)
    assert shape(seen) == (State.OK, Hop.RCPT, "")


@pytest.mark.parametrize(
    ("host", "days", "code"), [("localhost", -1, "expired"), ("example.org", 30, "wrong_name")]
)
async def test_a_bad_certificate_fails_at_starttls(
    vantage: Vantage, trusted: Authority, host: str, days: int, code: str
) -> None:
    async with smtp_peer(tls=trusted.server(host, days)) as peer:
        seen = await smtp.probe(check(encrypted(peer, trusted)), vantage)
        forgiving = encrypted(peer, trusted, verify_certificate=False)
        forgiven = await smtp.probe(check(forgiving), vantage)
    assert shape(seen) == (State.FAILED, Hop.STARTTLS, code)
    assert forgiven.state is State.OK


async def test_a_stranger_s_certificate_is_untrusted(vantage: Vantage, trusted: Authority) -> None:
    async with smtp_peer(tls=trusted.server("localhost")) as peer:
        seen = await smtp.probe(check(server(peer, host="localhost", tls="starttls")), vantage)
    assert shape(seen) == (State.FAILED, Hop.STARTTLS, "untrusted")


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"EHLO": "250 peer"}, "not_offered"),
        ({"STARTTLS": "454 4.7.0 not now"}, "454 4.7.0"),
        ({"STARTTLS": DROP}, "eof"),
    ],
)
async def test_starttls_that_is_refused_is_a_failure(
    vantage: Vantage, trusted: Authority, script: dict[str, str], code: str
) -> None:
    async with smtp_peer(**script) as peer:
        seen = await smtp.probe(check(encrypted(peer, trusted)), vantage)
    assert shape(seen) == (State.FAILED, Hop.STARTTLS, code)


@pytest.fixture
def password(tmp_path: Path) -> Secret:
    (tmp_path / "password").write_text("open sesame")
    return Secret(f"file:{tmp_path}/password")


async def test_a_sign_in_that_is_accepted_is_ok(vantage: Vantage, password: Secret) -> None:
    async with smtp_peer() as peer:
        known = server(peer, user="probe", password=password)
        assert (await smtp.probe(check(known), vantage)).state is State.OK


@pytest.mark.parametrize(
    ("script", "code"),
    [
        ({"AUTH": "535 5.7.8 wrong"}, "535 5.7.8"),
        ({"AUTH": "454 4.7.0 not now"}, "454 4.7.0"),
        ({"EHLO": "250 peer"}, "not_offered"),
    ],
)
async def test_a_sign_in_that_is_refused_fails_at_auth(
    vantage: Vantage, password: Secret, script: dict[str, str], code: str
) -> None:
    async with smtp_peer(**script) as peer:
        seen = await smtp.probe(check(server(peer, user="probe", password=password)), vantage)
    assert shape(seen) == (State.FAILED, Hop.AUTH, code)
    assert "sesame" not in seen.detail


async def test_a_missing_password_is_unknown_not_failed(vantage: Vantage) -> None:
    async with smtp_peer() as peer:
        nameless = server(peer, user="probe", password=Secret("env:NO_SUCH_PASSWORD_HERE"))
        seen = await smtp.probe(check(nameless), vantage)
    assert (seen.state, seen.code) == (State.UNKNOWN, "secret")


async def test_one_of_several_servers_is_enough(vantage: Vantage) -> None:
    async with smtp_peer(banner=DROP) as bad, smtp_peer() as good:
        seen = await smtp.probe(check(server(bad), server(good)), vantage)
        both_bad = await smtp.probe(check(server(bad), server(bad)), vantage)
    assert seen.state is State.OK
    assert seen.detail.startswith("127.0.0.1: The server closed")
    assert both_bad.state is State.FAILED


async def test_twenty_hanging_servers_are_probed_at_the_same_time(vantage: Vantage) -> None:
    loop = asyncio.get_running_loop()
    async with smtp_peer(banner=HANG) as peer:
        began = loop.time()
        seen = await smtp.probe(check(*[server(peer)] * 20), vantage)
    assert shape(seen) == (State.FAILED, Hop.BANNER, "timeout")
    assert loop.time() - began < 1.5
