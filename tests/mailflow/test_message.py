"""The canary's marks, and what its Received headers tell."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from continuitybot.mailflow.message import HopTime, canary_message, hop_times, nonce_of

SENT = datetime(2026, 3, 10, 9, 0, 0, tzinfo=UTC)


def test_a_canary_is_marked_for_programs_and_people() -> None:
    message = canary_message("a@example.net", "b@example.com", "abc123", "bot.example.com", SENT)
    assert message["Subject"] == "continuitybot canary abc123"
    assert message["X-Continuitybot-Nonce"] == "abc123"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<abc123.canary@bot.example.com>"
    assert message.as_bytes().isascii()


@pytest.mark.parametrize(
    ("headers", "nonce"),
    [
        ({"X-Continuitybot-Nonce": " abc "}, "abc"),
        ({"Subject": "continuitybot canary abc"}, "abc"),
        ({"Subject": "Lunch?"}, ""),
        ({}, ""),
    ],
)
def test_a_canary_is_known_by_its_header_or_subject(headers: dict[str, str], nonce: str) -> None:
    assert nonce_of(headers) == nonce


def test_the_way_is_read_from_received_headers_oldest_first() -> None:
    received = [
        "from mx1.example.com by mail.example.com with LMTP id 2; Tue, 10 Mar 2026 09:01:36 +0000",
        "from bot by mx1.example.com\r\n\twith ESMTP id 1;\r\n Tue, 10 Mar 2026 10:00:01 +0100",
    ]
    assert hop_times(received, SENT) == (
        HopTime("mx1.example.com", 1.0),
        HopTime("mail.example.com", 95.0),
    )


def test_clocks_that_lag_and_headers_without_time_do_no_harm() -> None:
    received = [
        "by late.example.com; Tue, 10 Mar 2026 08:59:00 +0000",
        "by nowhen.example.com",
        "with nothing; Tue, 10 Mar 2026 09:00:02 +0000",
    ]
    assert hop_times(received, SENT) == (
        HopTime("a server without a name", 2.0),
        HopTime("late.example.com", 0.0),
    )
