"""Alerts and incidents: their values, the states of an incident, and what changes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from continuitybot.errors import Refused


class Severity(StrEnum):
    """How bad it is: `sev1` mail does not come in, `sev2` it does not go out, `sev3` the rest."""

    SEV1 = "sev1"
    SEV2 = "sev2"
    SEV3 = "sev3"

    def worse_than(self, other: Severity) -> bool:
        """Whether this one is more urgent."""
        return self.value < other.value


class Status(StrEnum):
    """Where an incident stands.

    `open` has a fault and no remedy under way; `mitigating` has continuity invoked;
    `monitoring` has every check healthy again and is watched for a relapse; `closed` is over.
    """

    OPEN = "open"
    MITIGATING = "mitigating"
    MONITORING = "monitoring"
    CLOSED = "closed"


_S = Status
TRANSITIONS: Mapping[Status, frozenset[Status]] = MappingProxyType(
    {
        _S.OPEN: frozenset({_S.MITIGATING, _S.MONITORING, _S.CLOSED}),
        _S.MITIGATING: frozenset({_S.OPEN, _S.MONITORING, _S.CLOSED}),
        _S.MONITORING: frozenset({_S.OPEN, _S.MITIGATING, _S.CLOSED}),
        _S.CLOSED: frozenset(),
    }
)


@dataclass(frozen=True)
class Alert:
    """One check's failing state, from its first failing window until it is healthy.

    `direction` is inbound, outbound, both, or "" for what is no mail flow; `since` is when the
    fault began, `opened` when it was noticed; `side` says whose side it is on, "" when unknown.
    """

    check: str
    direction: str
    since: datetime
    opened: datetime
    diagnosis: str = ""
    side: str = ""
    closed: datetime | None = None


@dataclass(frozen=True)
class Paging:
    """How far the ladder of one incident has been climbed.

    `active` until somebody acknowledges; `step` counts the groups of pages sent so far, and
    `rung` and `at` tell which rung the latest went to and when (`rung` -1: none yet); `looks`
    counts the looks at the ladder. Steps and looks never start again: they are in keys.
    """

    active: bool = False
    step: int = 0
    rung: int = -1
    at: datetime | None = None
    looks: int = 0
    suspended_until: datetime | None = None

    def begun(self) -> Paging:
        """Paging from the first rung, until somebody acknowledges."""
        return replace(self, active=True, rung=-1, at=None)


@dataclass(frozen=True)
class Incident:
    """A fault of the mail and everything done about it. Moments are None until they come.

    `summary` is the diagnosis in one sentence. `invoked`, `proved`, `informed` and `recovered`
    are when continuity was approved, when it was proved, when employees had been told, and when
    every check was healthy again. `drill` marks practice in every text.
    """

    ref: str
    title: str
    severity: Severity
    fault_since: datetime
    detected: datetime
    status: Status = Status.OPEN
    drill: bool = False
    summary: str = ""
    commander: str = ""
    alerts: tuple[Alert, ...] = ()
    acknowledged: datetime | None = None
    acknowledged_by: str = ""
    invoked: datetime | None = None
    proved: datetime | None = None
    informed: datetime | None = None
    recovered: datetime | None = None
    closed: datetime | None = None
    closed_by: str = ""
    paging: Paging = field(default_factory=Paging)

    @property
    def number(self) -> int:
        """The 7 of INC-7."""
        return int(self.ref.rpartition("-")[2])

    @property
    def is_open(self) -> bool:
        """Whether it is not closed."""
        return self.status is not Status.CLOSED

    @property
    def needs_acknowledgement(self) -> bool:
        """Whether people are being paged about it."""
        return self.is_open and self.paging.active

    @property
    def open_alerts(self) -> tuple[Alert, ...]:
        """The alerts whose checks still fail."""
        return tuple(alert for alert in self.alerts if alert.closed is None)

    @property
    def direction(self) -> str:
        """Which mail flow is affected: of the open alerts, or of all when none is open."""
        return joint_direction(self.open_alerts or self.alerts)

    @property
    def kind(self) -> str:
        """LIVE or DRILL: the first word of every headline."""
        return "DRILL" if self.drill else "LIVE"


@dataclass(frozen=True)
class TimelineEntry:
    """One line of an incident's timeline: `what` happened to `ref`, by `who` (handle or bot)."""

    at: datetime
    who: str
    what: str
    text: str
    ref: str


@dataclass(frozen=True)
class Link:
    """An event, broadcast or run of an incident, with the data of its changes so far."""

    ref: str
    active: bool
    data: Mapping[str, Any] = field(default_factory=dict)


def joint_direction(alerts: Iterable[Alert]) -> str:
    """The one direction that all of these affect, `both`, or "" when none is a mail flow."""
    found = {alert.direction for alert in alerts} - {""}
    return found.pop() if len(found) == 1 else "both" if found else ""


def severity_of(direction: str) -> Severity:
    """How bad it is that mail fails in a direction."""
    if direction in {"inbound", "both"}:
        return Severity.SEV1
    return Severity.SEV2 if direction == "outbound" else Severity.SEV3


def moved(incident: Incident, status: Status) -> Incident:
    """The incident in another status. Raises Refused when the table has no such transition."""
    if status not in TRANSITIONS[incident.status]:
        raise Refused(f"{incident.ref} is {incident.status} and cannot become {status}.")
    return replace(incident, status=status)


def _summary(alerts: Iterable[Alert]) -> str:
    """The diagnosis of the gravest open alert; of equally grave ones the first speaks."""
    told = [alert for alert in alerts if alert.closed is None and alert.diagnosis]
    gravest = min(told, key=lambda alert: severity_of(alert.direction).value, default=None)
    return gravest.diagnosis if gravest else ""


def with_alert(incident: Incident, alert: Alert) -> Incident:
    """The incident with one more alert; its severity rises with it and never falls by itself.

    A fault after the recovery is a relapse: the incident is no longer recovered. For a relapse
    and for a rise in severity people are paged again, even if somebody had acknowledged.
    """
    alerts = (*incident.alerts, alert)
    joint = severity_of(joint_direction([*incident.open_alerts, alert]))
    is_relapse = incident.status is Status.MONITORING
    is_worse = joint.worse_than(incident.severity)
    joined = replace(
        incident,
        alerts=alerts,
        severity=joint if is_worse else incident.severity,
        fault_since=min(incident.fault_since, alert.since),
        summary=_summary(alerts) or incident.summary,
        recovered=None,
    )
    if is_relapse or is_worse:
        joined = replace(joined, paging=joined.paging.begun())
    return moved(joined, Status.OPEN) if is_relapse else joined


def without_alert(incident: Incident, check: str, now: datetime) -> Incident:
    """The incident once a check is healthy; recovered and unpaged when it was the last."""
    alerts = tuple(
        replace(alert, closed=now) if alert.check == check and alert.closed is None else alert
        for alert in incident.alerts
    )
    healed = replace(incident, alerts=alerts)
    if healed.open_alerts or not alerts:
        return healed
    quiet = replace(healed, recovered=now, paging=replace(healed.paging, active=False))
    return quiet if quiet.status is Status.MONITORING else moved(quiet, Status.MONITORING)


def diagnosed_again(incident: Incident, check: str, diagnosis: str, side: str) -> Incident:
    """The incident with the newest diagnosis of an alert that is open already."""
    alerts = tuple(
        replace(alert, diagnosis=diagnosis, side=side)
        if alert.check == check and alert.closed is None
        else alert
        for alert in incident.alerts
    )
    return replace(incident, alerts=alerts, summary=_summary(alerts) or diagnosis)


def acknowledged(incident: Incident, by: str, now: datetime) -> Incident:
    """The incident once a person has taken it on: nobody is paged any more.

    The first to acknowledge commands it and stops the clock of this objective.
    """
    return replace(
        incident,
        acknowledged=incident.acknowledged or now,
        acknowledged_by=by,
        commander=incident.commander or by,
        paging=replace(incident.paging, active=False),
    )


def closed(incident: Incident, by: str, now: datetime) -> Incident:
    """The incident once it is over. Raises Refused when it was already."""
    over = moved(incident, Status.CLOSED)
    return replace(over, closed=now, closed_by=by, paging=replace(incident.paging, active=False))
