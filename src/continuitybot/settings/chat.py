"""Settings of the chat platforms."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator, model_validator

from continuitybot.settings.values import Secret, Section


class SlackSettings(Section):
    """One Slack workspace. `app-manifest.yaml` makes the app there."""

    bot_token: Secret = Field(description="Bot token of the installed app; begins with `xoxb-`.")
    mode: Literal["socket", "http"] = Field(
        "socket",
        description="How Slack reaches the bot: `socket` (the bot calls out, nothing to open) or "
        "`http` (Slack calls `<web.public_url>/slack/events`).",
    )
    app_token: Secret | None = Field(
        None,
        description="App-level token with `connections:write`, for socket mode; begins with "
        "`xapp-`.",
    )
    signing_secret: Secret | None = Field(
        None, description="Signing secret of the app, for http mode."
    )
    channel: str = Field(
        description="Id of the channel where cards are posted, such as `C0123456789`. Invite the "
        "bot to it."
    )
    team_id: str = Field(
        "",
        description="Id of the workspace, such as `T0123456789`; requests of any other are "
        "refused. Default: the workspace that the bot token belongs to.",
    )
    api_url: str = Field(
        "https://slack.com/api/", description="Where Slack's Web API is; for tests and proxies."
    )

    @field_validator("api_url")
    @classmethod
    def _ends_with_slash(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError("an address starts with http:// or https://")
        return value.rstrip("/") + "/"

    @model_validator(mode="after")
    def _mode_has_its_secret(self) -> SlackSettings:
        if self.mode == "socket" and self.app_token is None:
            raise ValueError("socket mode needs app_token, such as env:SLACK_APP_TOKEN")
        if self.mode == "http" and self.signing_secret is None:
            raise ValueError("http mode needs signing_secret, such as env:SLACK_SIGNING_SECRET")
        return self


class ConsoleSettings(Section):
    """The browser console, which is always there."""

    channel: str = Field("continuity", description="Name of the console's channel.")


class ChatSettings(Section):
    """Where the bot talks with people."""

    slack: SlackSettings | None = Field(None, description="Slack; left out: not used.")
    console: ConsoleSettings = Field(
        ConsoleSettings(), description="The browser console, which needs no chat platform."
    )
