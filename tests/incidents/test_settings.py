"""What the settings of incidents and of the relay accept."""

from datetime import timedelta

import pytest
from pydantic import ValidationError

from continuitybot.settings.incidents import EmailRelaySettings, IncidentSettings

RELAY = {"host": "relay.example.org", "from": "bot@example.org"}


def test_objectives_are_written_as_durations() -> None:
    settings = IncidentSettings.model_validate({"objectives": {"recover": "4h"}})
    assert settings.objectives.recover == timedelta(hours=4)
    assert settings.objectives.detect == timedelta(minutes=3)
    assert settings.close_after is None


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"username": "bot"}, "username and password together"),
        ({"password": "env:RELAY"}, "username and password together"),
        ({"username": "bot", "password": "env:RELAY", "starttls": False}, "only sent with"),
        ({"password": "hunter2"}, "env:NAME or file:PATH"),
        ({"from": "bot"}, "must be an e-mail address"),
    ],
)  # fmt: skip
def test_a_relay_that_would_not_work_is_refused(more: dict[str, object], text: str) -> None:
    with pytest.raises(ValidationError, match=text):
        EmailRelaySettings.model_validate(RELAY | more)


def test_a_relay_needs_only_a_host_and_a_sender() -> None:
    settings = EmailRelaySettings.model_validate(RELAY)
    assert (settings.port, settings.starttls, settings.sender) == (587, True, "bot@example.org")
