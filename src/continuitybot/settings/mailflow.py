"""How mail flow is watched: servers, mailboxes, canary routes and checks."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from datetime import time, timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from continuitybot.settings.values import (
    Duration,
    MailAddress,
    Name,
    Secret,
    Section,
    TimeZone,
    WebAddress,
)

Host = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Port = Annotated[int, Field(ge=1, le=65535)]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def _positive(value: timedelta) -> timedelta:
    if value <= timedelta(0):
        raise ValueError("a duration here is longer than nothing")
    return value


def _nameserver(text: str) -> str:
    host, colon, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "53")
    try:
        ipaddress.ip_address(host)
    except ValueError as error:
        raise ValueError("a name server is an IP address, or IPv4:port") from error
    if colon and not port.isdigit():
        raise ValueError("the port of a name server is a number")
    return text


PositiveDuration = Annotated[Duration, AfterValidator(_positive)]
Nameserver = Annotated[str, AfterValidator(_nameserver)]


class _Endpoint(Section):
    """A mail server spoken to with or without TLS and credentials."""

    host: Host = Field(description="The server's name or address.")
    verify_certificate: bool = Field(
        True, description="Whether a certificate that is expired, untrusted or of another name "
        "is a failure. Only looked at with TLS.",
    )  # fmt: skip
    ca_file: Path | None = Field(
        None, description="A PEM file of certificate authorities to trust instead of the machine's."
    )

    def _refuse_open_password(self, has_password: bool, plain: bool) -> None:
        if has_password and plain and self.host not in {"localhost", "127.0.0.1", "::1"}:
            raise ValueError(
                "the password would cross the network unencrypted: set tls to starttls or implicit"
            )


class SmtpServerSettings(_Endpoint):
    """A server that takes mail by SMTP."""

    port: Port = Field(25, description="Its port: 25, 587 (submission) or 465 (implicit TLS).")
    tls: Literal["none", "starttls", "implicit"] = Field(
        "none", description="none, starttls (a failure when it is not offered), or implicit."
    )
    user: str = Field("", description="The account to sign in with. Empty: no sign-in.")
    password: Secret | None = Field(None, description="Its password: env:NAME or file:PATH.")

    @model_validator(mode="after")
    def _credentials_are_whole_and_safe(self) -> SmtpServerSettings:
        if bool(self.user) != (self.password is not None):
            raise ValueError("user and password go together: write both, or neither")
        self._refuse_open_password(self.password is not None, self.tls == "none")
        return self


class MailboxSettings(_Endpoint):
    """A mailbox in which canaries are looked for by IMAP, and deleted when found."""

    port: Port = Field(993, description="Its port: 993 (implicit TLS) or 143.")
    tls: Literal["none", "starttls", "implicit"] = Field(
        "implicit", description="implicit, starttls, or none."
    )
    user: str = Field(min_length=1, description="The account to sign in with.")
    password: Secret = Field(description="Its password: env:NAME or file:PATH.")
    folder: str = Field("INBOX", description="The folder in which a canary should arrive.")
    junk_folders: tuple[str, ...] = Field(
        ("Junk", "Spam"),
        description="Folders that are looked into as well; a canary found there counts as late. "
        "Those that do not exist are passed over.",
    )

    @model_validator(mode="after")
    def _password_is_safe(self) -> MailboxSettings:
        self._refuse_open_password(True, self.tls == "none")
        return self


class ListenerSettings(Section):
    """The bot's own receiving SMTP server, where canaries from inside are found."""

    host: Host = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(
        2525, ge=0, le=65535,
        description="The port to listen on; forward port 25 of the canary domain's MX to it.",
    )  # fmt: skip


class CanaryRouteSettings(Section):
    """One way that mail takes: where a canary is handed in, and where it must be found."""

    send: SmtpServerSettings = Field(description="The server that the canary is handed to.")
    sender: MailAddress = Field(description="The address it comes from.")
    recipient: MailAddress = Field(description="The address it goes to.")
    find: Literal["listener"] | MailboxSettings = Field(
        description="Where it is found: `listener` (the bot's own), or a mailbox by IMAP."
    )
    deadline: PositiveDuration = Field(
        timedelta(minutes=2), description="Not found after this, the canary is lost."
    )
    look_every: PositiveDuration = Field(
        timedelta(seconds=2), description="How often to look into the mailbox."
    )


class MailflowSettings(Section):
    """Where the bot stands when it looks at mail, and the routes its canaries take."""

    vantage: str = Field("bot", description="The name of the place this bot probes from.")
    hostname: Host = Field(
        "localhost",
        description="The name the bot gives in EHLO and in Message-IDs. Give it one that resolves "
        "to its address: many servers insist.",
    )
    listener: ListenerSettings | None = Field(
        None, description="The bot's own receiving SMTP server; needed by routes that find there."
    )
    routes: Mapping[Name, CanaryRouteSettings] = Field(
        default_factory=dict,
        description="Canary routes by name. Continuity is proved with primary_inbound, "
        "primary_outbound, standby_inbound and standby_outbound. A route switched_inbound, from "
        "outside by the way that senders take to the standby's mailbox, proves the switch itself: "
        "it is used instead of standby_inbound while mail is switched.",
    )
    keep_observations: PositiveDuration = Field(
        timedelta(days=7), description="How long every single observation is kept."
    )

    @model_validator(mode="after")
    def _listener_is_there(self) -> MailflowSettings:
        waiting = [name for name, route in self.routes.items() if route.find == "listener"]
        if waiting and self.listener is None:
            raise ValueError(f"the route {waiting[0]} finds at the listener: add `listener: {{}}`")
        return self


class MaintenanceSettings(Section):
    """A time of the week in which a check is watched but nobody is alerted."""

    days: tuple[Weekday, ...] = Field(
        ("mon", "tue", "wed", "thu", "fri", "sat", "sun"),
        min_length=1,
        description="The weekdays on which it begins.",
    )
    start: time = Field(description="When it begins, as HH:MM.")
    length: PositiveDuration = Field(description="How long it lasts; it may run past midnight.")
    time_zone: TimeZone = Field("UTC", description="The time zone of `start` and `days`.")


class _Check(Section):
    """What every check has: its schedule, and when it is held to be failing."""

    name: Name = Field(description="The check's name, in commands and reports.")
    title: str = Field("", description="What sentences call it, such as Primary. Default: name.")
    direction: Literal["inbound", "outbound", "both"] = Field(
        "inbound", description="The direction of mail that fails when this check fails."
    )
    control: bool = Field(
        False,
        description="A check of somebody else's mail. It never alerts: when it fails along with "
        "the others, the fault is on the bot's own side.",
    )
    every: PositiveDuration = Field(
        timedelta(minutes=1), description="How often to probe: one window."
    )
    fail_after: int = Field(
        3, ge=1, description="Failing when bad windows exceed good ones by this many."
    )
    healthy_after: int = Field(
        2, ge=1, description="Healthy again after at least so many good windows in a row."
    )
    late_after: PositiveDuration | None = Field(
        None, description="Slower than this is late, which counts like failed."
    )
    failed_after: PositiveDuration = Field(
        timedelta(seconds=20),
        description="A probe that has not ended after this has failed. For round_trip, the "
        "deadline of its route holds instead.",
    )
    flapping_after: int = Field(
        4, ge=2, description="More turns than this within flapping_window are called flapping."
    )
    flapping_window: PositiveDuration = Field(
        timedelta(minutes=30), description="The time over which turns are counted."
    )
    maintenance: tuple[MaintenanceSettings, ...] = Field(
        (), description="Times of the week in which nobody is alerted."
    )

    @property
    def subject(self) -> str:
        """What sentences call the check."""
        return self.title or self.name


class SmtpCheck(_Check):
    """Can the servers take mail for an address? Fails only when every one of them fails."""

    kind: Literal["smtp"]
    servers: tuple[SmtpServerSettings, ...] = Field(
        min_length=1, description="The servers that may take the mail, such as those of the MX."
    )
    sender: MailAddress = Field(description="The address it comes from.")
    recipient: MailAddress = Field(description="The probe mailbox.")
    deliver: bool = Field(
        False, description="Hand in a whole message; otherwise stop after RCPT, leaving no mail."
    )
    step_timeout: PositiveDuration = Field(
        timedelta(seconds=10), description="How long a single answer of the server may take."
    )
    nameservers: tuple[Nameserver, ...] = Field(
        (), description="Name servers to ask for the hosts instead of the machine's own."
    )

    @model_validator(mode="after")
    def _a_step_is_shorter_than_the_whole(self) -> SmtpCheck:
        if self.step_timeout >= self.failed_after:
            raise ValueError("step_timeout is for one answer: make it shorter than failed_after")
        return self


class RoundTripCheck(_Check):
    """Does a canary arrive? The only proof that mail really flows."""

    kind: Literal["round_trip"]
    route: Name = Field(description="The name of a route in mailflow.routes.")


class DnsCheck(_Check):
    """Does the world find the mail servers of a domain?"""

    kind: Literal["dns"]
    domain: Host = Field(description="The domain whose MX records are looked up.")
    expected_mx: tuple[str, ...] = Field(
        (), description="The mail servers there should be. Empty: any will do."
    )
    nameservers: tuple[Nameserver, ...] = Field(
        (), description="Name servers to ask instead of the machine's own, such as public ones."
    )


class HttpCheck(_Check):
    """Does a web page answer, such as webmail or an archive?"""

    kind: Literal["http"]
    url: WebAddress = Field(description="The page.")
    expect_status: int = Field(200, description="The status it should answer with.")
    expect_text: str = Field("", description="A text that its body should contain.")


CheckSettings = Annotated[
    SmtpCheck | RoundTripCheck | DnsCheck | HttpCheck, Field(discriminator="kind")
]
