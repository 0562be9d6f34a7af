"""All sections together."""

from __future__ import annotations

from pathlib import Path

from pydantic import Field

from continuitybot.settings.approvals import ApprovalsSettings
from continuitybot.settings.broadcast import BroadcastSettings
from continuitybot.settings.chat import ChatSettings
from continuitybot.settings.continuity import ContinuitySettings
from continuitybot.settings.incidents import EmailRelaySettings, IncidentSettings
from continuitybot.settings.log import LogSettings
from continuitybot.settings.mailflow import CheckSettings, MailflowSettings
from continuitybot.settings.organisation import OrganisationSettings
from continuitybot.settings.people import OncallSettings, PeopleSettings
from continuitybot.settings.readiness import DrillSettings
from continuitybot.settings.runbooks import RunbooksSettings
from continuitybot.settings.tracing import TracingSettings
from continuitybot.settings.values import DatabaseAddress, Secret, Section
from continuitybot.settings.web import WebSettings

_SQLITE = "sqlite:///"


class Settings(Section):
    """All settings of a bot."""

    organisation: OrganisationSettings = Field(description="Whose mail this is.")
    database: DatabaseAddress = Field(
        "sqlite:///continuitybot.db",
        description="`sqlite:///FILE` (one process; a relative path is beside this file) or "
        "`postgresql://user@host/name` (several). An address with a password is a secret: "
        "`env:NAME` or `file:PATH`.",
    )
    people: PeopleSettings = Field(default_factory=PeopleSettings, description="The directory.")
    oncall: OncallSettings = Field(
        default_factory=OncallSettings, description="Who is paged, and how."
    )
    checks: tuple[CheckSettings, ...] = Field(
        min_length=1, description="What is watched: one entry a check."
    )
    mailflow: MailflowSettings = Field(
        default_factory=MailflowSettings, description="What the checks and canaries share."
    )
    incidents: IncidentSettings = Field(
        default_factory=IncidentSettings, description="Incidents and their objectives."
    )
    email_relay: EmailRelaySettings | None = Field(
        None, description="The relay for alternate e-mail; never the server that is watched."
    )
    continuity: ContinuitySettings = Field(
        default_factory=ContinuitySettings, description="How mail is moved to the standby."
    )
    broadcast: BroadcastSettings = Field(
        default_factory=BroadcastSettings, description="How employees are told, off e-mail."
    )
    approvals: ApprovalsSettings = Field(
        default_factory=ApprovalsSettings, description="How a second person consents."
    )
    runbooks: RunbooksSettings = Field(
        default_factory=RunbooksSettings, description="Where the runbooks are."
    )
    drills: tuple[DrillSettings, ...] = Field((), description="Continuity tests on a schedule.")
    chat: ChatSettings = Field(default_factory=ChatSettings, description="Slack and the console.")
    web: WebSettings = Field(default_factory=WebSettings, description="The HTTP server.")
    log: LogSettings = Field(default_factory=LogSettings, description="The bot's own log.")
    tracing: TracingSettings | None = Field(
        None, description="Where traces are sent; none are made without it."
    )


def database_url(settings: Settings, folder: Path) -> str:
    """The database's address; a relative SQLite file stands beside the settings file.

    Raises Refused when the address is a secret that cannot be read.
    """
    if Secret.names_one(settings.database):
        return Secret(settings.database).read()
    file = settings.database.removeprefix(_SQLITE)
    if not settings.database.startswith(_SQLITE) or Path(file).is_absolute():
        return settings.database
    return f"{_SQLITE}{(folder / file).resolve()}"
