"""The DNS probe against a name server that answers as told."""

from __future__ import annotations

from typing import Any

import pytest

from continuitybot.mailflow.model import Hop, State
from continuitybot.mailflow.probes import dns
from continuitybot.settings.mailflow import DnsCheck
from rig.clock import MovedClock
from rig.dns_peer import SILENT, dns_peer
from rig.mailflow import vantage_point

TWO = ["10 mx1.example.com.", "20 MX2.example.com."]


@pytest.mark.parametrize(
    ("answers", "expected", "state", "code"),
    [
        (TWO, [], State.OK, ""),
        (TWO, ["mx2.example.com", "mx1.example.com."], State.OK, ""),
        (TWO, ["mx1.example.com"], State.FAILED, "mx_changed"),
        (TWO[:1], ["mx1.example.com", "mx2.example.com"], State.FAILED, "mx_changed"),
        (["0 ."], [], State.FAILED, "null_mx"),
        ([], [], State.FAILED, "no_answer"),
        ("NXDOMAIN", [], State.FAILED, "nxdomain"),
        ("SERVFAIL", [], State.FAILED, "servfail"),
        (SILENT, [], State.FAILED, "timeout"),
    ],
)
async def test_mx_records_are_compared_with_what_should_be(
    clock: MovedClock, answers: Any, expected: list[str], state: State, code: str
) -> None:
    async with dns_peer({("example.com", "MX"): answers}) as nameserver:
        check = DnsCheck.model_validate(
            {
                "kind": "dns",
                "name": "mx",
                "domain": "example.com",
                "expected_mx": expected,
                "nameservers": [nameserver],
                "failed_after": 0.3,
            }
        )
        with vantage_point(clock) as vantage:
            seen = await dns.probe(check, vantage)
    assert (seen.state, seen.hop, seen.code) == (state, Hop.DNS, code)


async def test_what_changed_is_said_in_names(clock: MovedClock) -> None:
    async with dns_peer({("example.com", "MX"): TWO}) as nameserver:
        check = DnsCheck(
            kind="dns",
            name="mx",
            domain="example.com",
            expected_mx=("mx.example.com",),
            nameservers=(nameserver,),
        )
        with vantage_point(clock) as vantage:
            seen = await dns.probe(check, vantage)
    assert seen.detail == (
        "The MX records are mx1.example.com, mx2.example.com; expected mx.example.com."
    )
