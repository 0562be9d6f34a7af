"""Slack: the only folder that knows its SDK."""

from continuitybot.chat.slack.api import SlackApi
from continuitybot.chat.slack.bot import SlackBot
from continuitybot.chat.slack.platform import SlackPlatform

__all__ = ["SlackApi", "SlackBot", "SlackPlatform"]
