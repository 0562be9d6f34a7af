"""What Slack's answers mean for whoever asked."""

from __future__ import annotations

import asyncio

import aiohttp
from slack_sdk.errors import SlackApiError

from continuitybot.errors import ContinuityError, NotFound, OutcomeUnknown, Permanent, Transient

REMEDIES = {
    "account_inactive": "Install the app again and renew chat.slack.bot_token.",
    "channel_not_found": "Check chat.slack.channel and invite the bot to that channel.",
    "invalid_auth": "Renew chat.slack.bot_token.",
    "is_archived": "Unarchive the channel, or name another in chat.slack.channel.",
    "missing_scope": "Install the app again from app-manifest.yaml.",
    "not_allowed_token_type": "chat.slack.bot_token begins with xoxb-, app_token with xapp-.",
    "not_in_channel": "Invite the bot to the channel.",
    "token_revoked": "Install the app again and renew chat.slack.bot_token.",
}
# docs.slack.dev, common errors of every method: the request may have had its effect.
MAY_HAVE_HAPPENED = {"fatal_error", "internal_error", "request_timeout"}
TRY_LATER = {"ratelimited", "rate_limited", "service_unavailable", "team_added_to_org"}


def code_of(error: SlackApiError) -> str:
    """Slack's own word for an error, or its HTTP status."""
    data = getattr(error.response, "data", None)
    code = data.get("error", "") if isinstance(data, dict) else ""
    return str(code or status_of(error))


def status_of(error: SlackApiError) -> int:
    """The HTTP status of the answer, 0 when there was none."""
    answer = error.response
    return int(getattr(answer, "status_code", 0) or getattr(answer, "status", 0))


def consequence(error: Exception, what: str, repeatable: bool) -> ContinuityError:
    """The error to raise for a failed call; `repeatable` when doing it twice is doing it once."""
    if isinstance(error, SlackApiError):
        return _refusal(error, what, repeatable)
    reason = str(error) or type(error).__name__
    if isinstance(error, aiohttp.ClientConnectorError) or repeatable:
        return Transient(f"Slack cannot be reached for {what}: {reason}.")
    return OutcomeUnknown(f"Slack did not answer {what}: {reason}.")


NETWORK_FAULTS = (aiohttp.ClientError, asyncio.TimeoutError, OSError)


def _refusal(error: SlackApiError, what: str, repeatable: bool) -> ContinuityError:
    code, status = code_of(error), status_of(error)
    text = f"Slack refused {what}: {code}."
    if status == 429 or code in TRY_LATER:
        return Transient(text, code=code, retry_after=_retry_after(error))
    if status >= 500 or code in MAY_HAVE_HAPPENED:
        return Transient(text, code=code) if repeatable else OutcomeUnknown(text, code=code)
    if code in ("message_not_found", "thread_not_found"):
        return NotFound(text, code=code)
    return Permanent(text, remedy=REMEDIES.get(code, ""), code=code)


def _retry_after(error: SlackApiError) -> float | None:
    value = (getattr(error.response, "headers", None) or {}).get("Retry-After", "")
    return float(value) if str(value).isdigit() else None
