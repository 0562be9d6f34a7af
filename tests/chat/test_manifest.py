"""The Slack app that the manifest makes is the one the bot needs."""

from __future__ import annotations

from pathlib import Path

import yaml

from chat.schemas import assert_valid

MANIFEST = yaml.safe_load((Path(__file__).parents[2] / "app-manifest.yaml").read_text())


def test_the_manifest_is_valid() -> None:
    assert_valid(MANIFEST, "slack-manifest.2.0.0.json")


def test_the_manifest_lets_the_bot_hear_and_answer() -> None:
    assert MANIFEST["settings"]["socket_mode_enabled"]
    assert MANIFEST["settings"]["interactivity"]["is_enabled"]
    assert MANIFEST["settings"]["event_subscriptions"]["bot_events"] == [
        "app_mention",
        "message.im",
    ]
    assert [each["command"] for each in MANIFEST["features"]["slash_commands"]] == ["/continuity"]
    assert {"chat:write", "commands"} <= set(MANIFEST["oauth_config"]["scopes"]["bot"])
