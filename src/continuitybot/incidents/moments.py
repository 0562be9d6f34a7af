"""What the changes of an incident's events, broadcasts and runs mean for the incident. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from continuitybot.incidents.model import Incident, Link, Status, moved

# The moments of an incident, in their order, each with its words in a sentence.
MOMENTS: Mapping[str, str] = MappingProxyType(
    {
        "detected": "The fault was detected",
        "acknowledged": "A person took the incident on",
        "invoked": "Continuity was invoked",
        "proved": "Mail was proved to flow through the standby",
        "informed": "Employees were informed",
        "recovered": "Every check was healthy again",
    }
)
# Which objective (a field of the settings) measures which moment.
OBJECTIVES: Mapping[str, str] = MappingProxyType(
    {
        "detect": "detected",
        "acknowledge": "acknowledged",
        "invoke": "invoked",
        "prove": "proved",
        "inform": "informed",
        "recover": "recovered",
    }
)
MARKS: Mapping[str, str] = MappingProxyType(
    {
        "event.approved": "invoked",
        "event.applying": "invoked",
        "event.activated": "proved",
    }
)
_SENDING = frozenset({"broadcast.progressed", "broadcast.finished"})
_ENDINGS = frozenset(
    {
        *("event.ended", "event.failed", "event.rolled_back", "event.cancelled"),
        *("broadcast.finished", "broadcast.stopped", "broadcast.cancelled"),
        *("run.finished", "run.failed", "run.cancelled"),
    }
)

_OVER = frozenset(ending.partition(".")[2] for ending in _ENDINGS)


def is_over(what: str, data: Mapping[str, Any]) -> bool:
    """Whether the event, broadcast or run of a change has ended.

    More may be said of an event or a broadcast after its end, such as a late answer; its state
    still tells. The state told of a run may be that of one of its steps.
    """
    told_by_state = not what.startswith("run.") and data.get("state") in _OVER
    return what in _ENDINGS or told_by_state


def marked(
    incident: Incident, what: str, data: Mapping[str, Any], now: datetime
) -> tuple[Incident, str]:
    """The incident after a change of one of its links, and the moment it measured, or ""."""
    moment = "informed" if what in _SENDING and _has_left(data) else MARKS.get(what, "")
    if not moment or getattr(incident, moment) is not None:
        return incident, ""
    measured_at: dict[str, Any] = {moment: now}
    return replace(incident, **measured_at), moment


def _has_left(data: Mapping[str, Any]) -> bool:
    """Whether every text of a broadcast is with the carrier; phones that are off come later."""
    counts = data.get("counts") or {}
    waiting = counts.get("queued", 0) + counts.get("sending", 0)
    return not waiting and counts.get("sent", 0) + counts.get("delivered", 0) > 0


def mitigated(incident: Incident, is_remedied: bool) -> Incident:
    """The incident in the status that fits: a remedy is under way, or is not (any more)."""
    wanted = Status.MITIGATING if is_remedied else Status.OPEN
    if incident.status not in {Status.OPEN, Status.MITIGATING} or incident.status is wanted:
        return incident
    return moved(incident, wanted)


def is_remedy(link: Link) -> bool:
    """Whether this is a continuity event that has been approved and is not over."""
    return link.active and link.ref.startswith("EVT-") and link.data.get("state") != "planned"


@dataclass(frozen=True)
class Measure:
    """One objective of an incident: how long it took from the fault, against how long it may."""

    objective: str
    moment: str
    limit: timedelta
    took: timedelta | None

    @property
    def is_met(self) -> bool | None:
        """Whether it was met; None while the moment has not come."""
        return None if self.took is None else self.took <= self.limit

    @property
    def verdict(self) -> str:
        """`met, 4 minutes to spare`, `missed by 2 minutes` or `not reached`."""
        if self.took is None:
            return "not reached"
        if self.took <= self.limit:
            return f"met, {in_words(self.limit - self.took)} to spare"
        return f"missed by {in_words(self.took - self.limit)}"

    @property
    def span(self) -> str:
        """`26 minutes after the fault began (objective 30 minutes: met, …)`; "" until then."""
        if self.took is None:
            return ""
        limit = f"objective {in_words(self.limit)}: {self.verdict}"
        return f"{in_words(self.took)} after the fault began ({limit})"

    @property
    def sentence(self) -> str:
        """`Continuity was invoked 26 minutes after the fault began (…).`; "" until then."""
        return f"{MOMENTS[self.moment]} {self.span}." if self.span else ""


def measured(incident: Incident, objective: str, limit: timedelta) -> Measure:
    """One objective (a key of OBJECTIVES) of an incident."""
    moment = OBJECTIVES[objective]
    at: datetime | None = getattr(incident, moment)
    took = None if at is None else max(at - incident.fault_since, timedelta())
    return Measure(objective, moment, limit, took)


def objective_of(moment: str) -> str:
    """The objective that measures a moment."""
    return next(name for name, measured in OBJECTIVES.items() if measured == moment)


def in_words(duration: timedelta) -> str:
    """A duration as people say it: `45 seconds`, `1 minute`, `2 hours 5 minutes`."""
    seconds = round(duration.total_seconds())
    if seconds < 120 and seconds % 60:
        return _count(seconds, "second")
    hours, minutes = divmod(round(seconds / 60), 60)
    words = [_count(n, unit) for n, unit in ((hours, "hour"), (minutes, "minute")) if n]
    return " ".join(words) or "0 seconds"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
