"""What may be written about mail flow, and what is said about the rest."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from continuitybot.settings.mailflow import (
    CheckSettings,
    MailboxSettings,
    MailflowSettings,
    SmtpServerSettings,
)

CHECK: TypeAdapter[CheckSettings] = TypeAdapter(CheckSettings)
SMTP = {
    "kind": "smtp",
    "name": "primary",
    "servers": [{"host": "mx1.example.com"}],
    "sender": "canary@example.net",
    "recipient": "probe@example.com",
}
ROUTE = {
    "send": {"host": "mx1.example.com"},
    "sender": "canary@example.net",
    "recipient": "probe@example.com",
    "find": "listener",
}


def test_a_short_check_is_enough() -> None:
    check = CHECK.validate_python(SMTP)
    assert (check.fail_after, check.healthy_after, check.subject) == (3, 2, "primary")
    assert check.every.total_seconds() == 60


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"name": "Primary MX"}, "name"),
        ({"servers": []}, "at least 1 item"),
        ({"step_timeout": "20s"}, "make it shorter than failed_after"),
        ({"every": "0s"}, "longer than nothing"),
        ({"nameservers": ["dns.example.com"]}, "a name server is an IP address"),
        ({"sender": "nobody"}, "must be an e-mail address"),
        (
            {"maintenance": [{"start": "02:00", "length": "2h", "time_zone": "Vienna"}]},
            "must be a time zone",
        ),
        ({"fail_aftre": 2}, "not permitted"),
    ],
)
def test_a_wrong_check_is_refused_with_the_reason(change: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        CHECK.validate_python({**SMTP, **change})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"user": "probe"}, "write both, or neither"),
        ({"password": "env:P"}, "write both, or neither"),
        ({"user": "probe", "password": "env:P"}, "unencrypted"),
        ({"user": "probe", "password": "sesame", "tls": "starttls"}, "named, not written here"),
    ],
)
def test_credentials_are_whole_and_never_in_the_open(change: dict[str, str], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        SmtpServerSettings.model_validate({"host": "mx1.example.com", **change})


def test_a_password_may_go_to_this_machine_in_the_open() -> None:
    values = {"host": "127.0.0.1", "user": "probe", "password": "env:P", "tls": "none"}
    assert SmtpServerSettings.model_validate(values).user == "probe"
    assert MailboxSettings.model_validate(values).user == "probe"


def test_a_route_that_ends_at_the_listener_needs_one() -> None:
    with pytest.raises(ValidationError, match="add `listener: "):
        MailflowSettings.model_validate({"routes": {"out": ROUTE}})
    assert MailflowSettings.model_validate({"routes": {"out": ROUTE}, "listener": {}}).listener
