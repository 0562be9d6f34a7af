"""Settings of the HTTP server: where it listens, and the address others reach it at."""

from __future__ import annotations

import ipaddress

from pydantic import Field, field_validator, model_validator

from continuitybot.settings.values import Secret, Section


class WebSettings(Section):
    """The one HTTP server: console, portal, webhooks, health and metrics."""

    host: str = Field(
        "127.0.0.1", description="Address to listen on; `0.0.0.0` behind a reverse proxy."
    )
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on.")
    public_url: str = Field(
        "",
        description="The address people and webhooks reach this server at, with `https://`. "
        "Signatures of webhooks are checked against it. Default: `http://<host>:<port>`.",
    )
    link_key: Secret | None = Field(
        None,
        description="Key that signs portal and console links, at least 32 characters. "
        "Default: made at the first start and kept in `continuitybot.key` beside the settings.",
    )
    open_console_to: tuple[str, ...] = Field(
        (),
        description="Handles of people who may open the console by name, without a signed link. "
        "Only on a loopback address: for a first try on one's own machine.",
    )
    side_panel: str = Field(
        "", description="Address of a page to show beside the console, such as a dashboard."
    )
    heartbeat_url: str = Field(
        "",
        description="Address of a watchdog that is called every 30 seconds while the bot is well; "
        "its silence is how the bot's own failure is noticed.",
    )
    max_body: int = Field(
        262_144, ge=1024, description="Largest request body taken, in bytes; larger ones get 413."
    )

    @field_validator("public_url")
    @classmethod
    def _is_url(cls, value: str) -> str:
        if value and not value.startswith(("http://", "https://")):
            raise ValueError("an address starts with http:// or https://")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _open_only_at_home(self) -> WebSettings:
        if self.open_console_to and not self.is_loopback:
            raise ValueError(
                "open_console_to is only for a loopback host; use signed links: "
                "continuitybot console --link"
            )
        return self

    @property
    def is_loopback(self) -> bool:
        """True when only this machine can reach the server."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def url(self) -> str:
        """The address others use, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"
