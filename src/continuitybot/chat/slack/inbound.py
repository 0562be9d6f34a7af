"""What Slack sends, as commands: who, what, and where the answer goes."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from continuitybot.chat.platform import Click, Command, FormSubmit
from continuitybot.chat.slack import views
from continuitybot.chat.slack.platform import PLATFORM
from continuitybot.people.model import Identity

_MENTION = re.compile(r"^\s*<@[A-Z0-9]+(\|[^>]*)?>\s*")
_LINK = re.compile(r"<(?:https?://|mailto:)?([^|>]+)(?:\|([^>]*))?>")


@dataclass(frozen=True)
class Back:
    """The ways back to the asker: a response_url for 30 minutes, a trigger for 3 seconds."""

    user: str
    channel: str
    at: datetime
    thread: str = ""
    direct: bool = False
    response_url: str = ""
    trigger: str = ""


@dataclass(frozen=True)
class Arrival:
    """One command from Slack."""

    command: Command
    back: Back


def slash(body: dict[str, Any], team: str, at: datetime) -> Arrival:
    """A slash command; `team` is the workspace of the person, as Bolt has found it."""
    back = Back(
        body["user_id"],
        body["channel_id"],
        at,
        direct=body["channel_id"].startswith("D"),
        response_url=body.get("response_url", ""),
        trigger=body.get("trigger_id", ""),
    )
    identity = Identity(PLATFORM, team, body["user_id"])
    line = typed(body.get("text", "")) or "help"
    return Arrival(Command(identity, line, body["trigger_id"], body["channel_id"]), back)


def mention(body: dict[str, Any], team: str, at: datetime) -> Arrival:
    """A message to the bot: a mention in a channel, or a line in the direct conversation."""
    event = body["event"]
    back = Back(
        event["user"],
        event["channel"],
        at,
        thread=event.get("thread_ts", ""),
        direct=event.get("channel_type") == "im",
    )
    identity = Identity(PLATFORM, team, event["user"])
    line = typed(_MENTION.sub("", event.get("text", ""))) or "help"
    command = Command(identity, line, body["event_id"], back.channel, back.thread)
    return Arrival(command, back)


def click(body: dict[str, Any], action: dict[str, Any], team: str, at: datetime) -> Arrival:
    """A button that carries a command."""
    back = back_of_action(body, at)
    identity = Identity(PLATFORM, team, back.user)
    name = ":".join([action["action_ts"], action["block_id"], action["action_id"], back.user])
    pressed = Click(identity, action["value"], name, back.channel, back.thread)
    return Arrival(pressed.as_command(), back)


def back_of_action(body: dict[str, Any], at: datetime) -> Back:
    """The ways back from a button."""
    place, message = body.get("container", {}), body.get("message", {})
    channel = body.get("channel", {}).get("id") or place.get("channel_id", "")
    return Back(
        body["user"]["id"],
        channel,
        at,
        thread=message.get("thread_ts", ""),
        direct=channel.startswith("D"),
        response_url=body.get("response_url", ""),
        trigger=body.get("trigger_id", ""),
    )


def submission(body: dict[str, Any], team: str, at: datetime) -> Arrival:
    """A form that has been sent."""
    view = body["view"]
    command, answers, kept = views.submitted(view)
    user = body["user"]["id"]
    back = Back(user, at=at, trigger=body.get("trigger_id", ""), **kept)
    identity = Identity(PLATFORM, team, user)
    name = f"{view['id']}:{view.get('hash', '')}"
    sent = FormSubmit(identity, command, answers, name, back.channel, back.thread)
    return Arrival(sent.as_command(), back)


def kept_with_form(back: Back) -> dict[str, Any]:
    """What a form must remember to find the way back."""
    return {
        "channel": back.channel,
        "thread": back.thread,
        "direct": back.direct,
        "response_url": back.response_url,
    }


def typed(text: str) -> str:
    """What the person typed, before Slack made links of addresses and escaped it."""
    return html.unescape(_LINK.sub(lambda link: link[2] or link[1], text)).strip()
