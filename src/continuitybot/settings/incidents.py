"""Settings of incidents: their objectives, when they close, and the relay of alternate e-mail."""

from __future__ import annotations

from datetime import timedelta

from pydantic import ConfigDict, Field, model_validator

from continuitybot.settings.values import Duration, MailAddress, Secret, Section


class ObjectiveSettings(Section):
    """How long each part of an incident may take, counted from the beginning of the fault."""

    detect: Duration = Field(timedelta(minutes=3), description="Until the fault is noticed.")
    acknowledge: Duration = Field(
        timedelta(minutes=10), description="Until a person has acknowledged it."
    )
    invoke: Duration = Field(
        timedelta(minutes=30), description="Until the switch to the standby is approved."
    )
    prove: Duration = Field(
        timedelta(minutes=35), description="Until mail is proved to arrive at the standby."
    )
    inform: Duration = Field(
        timedelta(minutes=45), description="Until the first broadcast to employees has gone out."
    )
    recover: Duration = Field(
        timedelta(hours=8), description="Until every check is healthy again (recovery time)."
    )


class IncidentSettings(Section):
    """What an incident is measured against, and when it may close by itself."""

    objectives: ObjectiveSettings = Field(
        ObjectiveSettings(), description="The times that the card and the report measure against."
    )
    close_after: Duration | None = Field(
        None,
        description="Close an incident by itself when every check has been healthy for so long "
        "and no event, broadcast or run of it is under way. Default: people close incidents.",
    )


class EmailRelaySettings(Section):
    """The mail server that pages leave by; it must not be the mail system that is watched."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    host: str = Field(description="Name or address of the relay.")
    port: int = Field(587, ge=1, le=65535, description="Port of the relay.")
    starttls: bool = Field(
        True, description="Require STARTTLS; false only for a relay on this machine."
    )
    username: str = Field("", description="User name, when the relay asks for one.")
    password: Secret | None = Field(None, description="Password of that user.")
    sender: MailAddress = Field(
        alias="from",
        description="Address that pages come from, outside the protected domains.",
    )
    timeout: Duration = Field(
        timedelta(seconds=20), description="How long one page may take to hand over."
    )

    @model_validator(mode="after")
    def _name_and_password_together(self) -> EmailRelaySettings:
        if bool(self.username) != (self.password is not None):
            raise ValueError("email_relay needs username and password together, or neither")
        if self.username and not self.starttls:
            raise ValueError("email_relay: a password is only sent with starttls: true")
        return self
