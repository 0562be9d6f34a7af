"""What runbook actions reach outside of their room, as small Protocols.

One `Ports` is given for each mode a run can have; a run in tabletop mode is handed ports that
only tell. Every act gets a `Place`, whose `key` is the request key: after a crash the same key
may be asked for again, and must then give what it gave the first time, not a second one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Protocol


@dataclass(frozen=True)
class Place:
    """Where an act belongs: the request key, the run, its step, the incident ("" for none)."""

    key: str
    run: str
    step: str
    title: str
    incident: str = ""


@dataclass(frozen=True)
class Findings:
    """What checking now has shown; `failing` are names of checks."""

    ok: bool
    failing: tuple[str, ...] = ()
    detail: str = ""
    diagnosis: str = ""


@dataclass(frozen=True)
class CanaryFindings:
    """Whether a mail with a nonce went all the way, and how long it took (seconds)."""

    ok: bool
    latency: float = 0.0
    detail: str = ""
    hops: tuple[str, ...] = ()


@dataclass(frozen=True)
class Health:
    """What a check or a direction is known to be: `healthy`, `failing` or `unknown`."""

    state: str
    since: datetime | None = None


class MailChecks(Protocol):
    """The mail flow, as it is."""

    async def check(self, names: Sequence[str], direction: str) -> Findings:
        """Observe these checks now, or those of a direction; all when both are empty."""
        ...

    async def canary(self, place: Place, route: str) -> CanaryFindings:
        """Send a mail along a configured route and find it at the other end."""
        ...

    async def health(self, check: str, direction: str) -> Health:
        """What is known already, without observing anew."""
        ...


@dataclass(frozen=True)
class Question:
    """Something asked of people: one of `choices` (id -> label), or an answer of a `type`.

    With neither it is something to tick off. `act` is the authority an answer needs; `owner` is
    whom it is for, "" for anybody.
    """

    text: str
    choices: Mapping[str, str] = field(default_factory=dict)
    owner: str = ""
    due: datetime | None = None
    act: str = "respond"
    type: str = ""


class Speaker(Protocol):
    """The bot's voice where the run is followed."""

    async def say(self, place: Place, text: str, to: str = "") -> None:
        """Say something; `to` is a channel's name, "" for where the run is followed."""
        ...

    async def ask(self, place: Place, question: Question) -> None:
        """Put a question where people can answer it."""
        ...


COMMANDER = "commander"
"""Stands for whoever has the incident in hand, where an audience is expected."""


class Paging(Protocol):
    """Ways to wake people, and to tell them something privately."""

    async def page(self, place: Place, who: str, text: str) -> Sequence[str]:
        """Page an audience; the handles of those who are paged."""
        ...

    async def tell(self, place: Place, who: str, text: str) -> Sequence[str]:
        """Tell an audience, a handle, `bot` or COMMANDER privately, in chat if they are there."""
        ...


@dataclass(frozen=True)
class Standing:
    """What an object outside is by now.

    `state` is in the words of its room; `consent` is the state of its latest approval request
    (`pending`, `granted`, `rejected`, `expired`, `voided`, "" when none was needed); `by` is who
    decided it last; `text` says why it stands so; `data` is what else its room tells.
    """

    ref: str
    state: str
    consent: str = ""
    by: str = ""
    text: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class InvokeRequest:
    """What a run wants switched; empty fields mean what the settings say."""

    by: str
    provider: str = ""
    domains: tuple[str, ...] = ()
    duration: timedelta | None = None
    reason: str = ""


class ContinuityVerbs(Protocol):
    """The switch of the mail."""

    async def invoke(self, place: Place, request: InvokeRequest) -> Standing:
        """Plan a continuity event and ask for its approval.

        An event that is open for the same incident already is returned, not refused.
        """
        ...

    async def extend(self, place: Place, ref: str, by: str, more: timedelta) -> Standing:
        """Add to what is left of an event."""
        ...

    async def fail_back(self, place: Place, ref: str, by: str) -> Standing:
        """Plan the way back and ask for its approval."""
        ...

    async def standing(self, ref: str) -> Standing:
        """What an event is by now. Raises NotFound."""
        ...


class Broadcasting(Protocol):
    """Texts to many people."""

    async def request(self, place: Place, by: str, audience: str, text: str) -> Standing:
        """Prepare a broadcast and ask for its approval."""
        ...

    async def standing(self, ref: str) -> Standing:
        """What a broadcast is by now; `data` has `counts` and `replies` (meaning -> number)."""
        ...


@dataclass(frozen=True)
class ApprovalRequest:
    """What people are asked to approve before a run goes on; `of` whom, "" for all who may."""

    title: str
    by: str
    act: str
    quorum: int
    expires: timedelta
    of: str = ""


class Approving(Protocol):
    """Consent of a second person."""

    async def request(self, place: Place, request: ApprovalRequest) -> Standing:
        """Ask for approval of this step: `ref` is the subject that people name, and
        `data["approval"]` the id of this very request."""
        ...

    async def standing(self, ref: str, approval: str) -> Standing:
        """What became of one request; its `state` says it, `data["approvers"]` who agreed."""
        ...

    async def remind(self, place: Place, approval: str, of: str) -> None:
        """Ask again those of an audience who may decide and have not; "" for all who may."""
        ...


@dataclass(frozen=True)
class HttpCall:
    """One request; header values may be `env:NAME` or `file:PATH` to name a secret."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    json: Any = None

    @property
    def is_repeatable(self) -> bool:
        """Whether making it twice is as good as once (RFC 9110, section 9.2.2)."""
        return self.method in {"GET", "HEAD", "PUT", "DELETE"}


@dataclass(frozen=True)
class HttpAnswer:
    """What came back; `json` is None when it was not JSON."""

    status: int
    text: str = ""
    json: Any = None


class HttpCalls(Protocol):
    """Requests to anything that speaks HTTP."""

    async def call(self, place: Place, call: HttpCall) -> HttpAnswer:
        """Make a request. Raises Transient, Permanent, OutcomeUnknown."""
        ...


class Reporting(Protocol):
    """Reports about what was done."""

    async def write(self, place: Place) -> str:
        """Write the report of the run (and its incident); where it can be read."""
        ...


class NestedRuns(Protocol):
    """Runs started by runs."""

    async def start(
        self, place: Place, runbook: str, inputs: Mapping[str, Any], by: str
    ) -> Standing:
        """Start a runbook in the mode of the run that asks; once for each request key."""
        ...

    async def standing(self, ref: str) -> Standing:
        """What a run is by now."""
        ...


@dataclass(frozen=True)
class Ports:
    """Everything outside that runs of one mode act on."""

    checks: MailChecks
    speaker: Speaker
    paging: Paging
    continuity: ContinuityVerbs
    broadcasts: Broadcasting
    approvals: Approving
    http: HttpCalls
    reports: Reporting


@dataclass(frozen=True)
class Reach:
    """What an action can reach: the ports of the run's mode, and other runs."""

    ports: Ports
    runs: NestedRuns
