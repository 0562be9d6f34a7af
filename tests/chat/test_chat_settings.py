"""What the settings of the chat platforms refuse."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from continuitybot.settings.chat import ChatSettings, SlackSettings

SLACK = {"bot_token": "env:A", "app_token": "env:B", "signing_secret": "env:C", "channel": "C1"}


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"app_token": None}, "socket mode needs app_token"),
        ({"mode": "http", "signing_secret": None}, "http mode needs signing_secret"),
        ({"api_url": "slack.example"}, "starts with http"),
        ({"bot_token": "xoxb-123"}, "a secret is named, not written here"),
    ],
)
def test_what_cannot_work_is_refused(change: dict[str, object], complaint: str) -> None:
    SlackSettings.model_validate(SLACK)
    with pytest.raises(ValidationError, match=complaint):
        SlackSettings.model_validate(SLACK | change)


def test_without_settings_there_is_the_console() -> None:
    assert ChatSettings().slack is None
    assert ChatSettings().console.channel == "continuity"


def test_an_address_gets_its_slash() -> None:
    settings = SlackSettings.model_validate(SLACK | {"api_url": "http://127.0.0.1:9/api"})
    assert settings.api_url == "http://127.0.0.1:9/api/"
