"""The outside of runbooks, as a test decides it: ports that remember what was asked of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from continuitybot.runbooks.ports import (
    ApprovalRequest,
    CanaryFindings,
    Findings,
    Health,
    HttpAnswer,
    HttpCall,
    InvokeRequest,
    Place,
    Ports,
    Question,
    Standing,
)


class Outside:
    """Everything that runs act on; `asked` is the list of acts, each (what, request key, detail).

    A test sets what comes back (`findings`, `health`, `standings`), or `breaks[what]` to an error.
    `moves_on` is what a new object has become by the time its maker hears that it is there.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.findings = Findings(ok=True)
        self.canary_findings = CanaryFindings(ok=True)
        self.health = Health("healthy")
        self.answer = HttpAnswer(200, "", {})
        self.standings: dict[str, Standing] = {}
        self.by_key: dict[str, str] = {}
        self.breaks: dict[str, Exception] = {}
        self.moves_on: dict[str, Any] = {}

    def ports(self) -> Ports:
        return Ports(
            _Checks(self), _Speaker(self), _Paging(self), _Continuity(self),
            _Broadcasts(self), _Approvals(self), _Http(self), _Reports(self),
        )  # fmt: skip

    def acts(self, what: str) -> list[Any]:
        """The details of every act of a kind."""
        return [detail for kind, _, detail in self.asked if kind == what]

    def act(self, what: str, place: Place | None, detail: Any) -> None:
        self.asked.append((what, place.key if place else "", detail))
        if what in self.breaks:
            raise self.breaks[what]

    def make(self, place: Place, prefix: str, state: str) -> Standing:
        """A new object, or the one that was made for this request key before."""
        if place.key in self.by_key:
            return self.standings[self.by_key[place.key]]
        made = Standing(f"{prefix}-{len(self.by_key) + 1}", state, "pending")
        self.by_key[place.key] = made.ref
        self.standings[made.ref] = replace(made, **self.moves_on)
        return made

    def becomes(self, ref: str, **changes: Any) -> None:
        """Something outside changes; whoever waits must still be told."""
        self.standings[ref] = replace(self.standings[ref], **changes)


class _Port:
    def __init__(self, outside: Outside) -> None:
        self.outside = outside


class _Checks(_Port):
    async def check(self, names: Sequence[str], direction: str) -> Findings:
        self.outside.act("check", None, (tuple(names), direction))
        return self.outside.findings

    async def canary(self, place: Place, route: str) -> CanaryFindings:
        self.outside.act("canary", place, route)
        return self.outside.canary_findings

    async def health(self, check: str, direction: str) -> Health:
        self.outside.act("health", None, check or direction)
        return self.outside.health


class _Speaker(_Port):
    async def say(self, place: Place, text: str, to: str = "") -> None:
        self.outside.act("say", place, text)

    async def ask(self, place: Place, question: Question) -> None:
        self.outside.act("ask", place, question)


class _Paging(_Port):
    async def page(self, place: Place, who: str, text: str) -> Sequence[str]:
        self.outside.act("page", place, (who, text))
        return ("alice",)

    async def tell(self, place: Place, who: str, text: str) -> Sequence[str]:
        self.outside.act("tell", place, (who, text))
        return ("alice",)


class _Continuity(_Port):
    async def invoke(self, place: Place, request: InvokeRequest) -> Standing:
        self.outside.act("invoke", place, request)
        return self.outside.make(place, "EVT", "planned")

    async def extend(self, place: Place, ref: str, by: str, more: timedelta) -> Standing:
        self.outside.act("extend", place, (ref, by, more))
        return Standing(ref, "active", data={"end": "2026-03-10T13:00:00+00:00"})

    async def fail_back(self, place: Place, ref: str, by: str) -> Standing:
        self.outside.act("fail_back", place, (ref, by))
        return self.outside.standings[ref]

    async def standing(self, ref: str) -> Standing:
        self.outside.act("event", None, ref)
        return self.outside.standings[ref]


class _Broadcasts(_Port):
    async def request(self, place: Place, by: str, audience: str, text: str) -> Standing:
        self.outside.act("broadcast", place, (by, audience, text))
        return self.outside.make(place, "SMS", "requested")

    async def standing(self, ref: str) -> Standing:
        self.outside.act("broadcast standing", None, ref)
        return self.outside.standings[ref]


class _Approvals(_Port):
    async def request(self, place: Place, request: ApprovalRequest) -> Standing:
        self.outside.act("approve", place, request)
        made = self.outside.make(place, "A", "pending")
        return replace(made, ref=place.run, data={"approval": made.ref})

    async def standing(self, ref: str, approval: str) -> Standing:
        self.outside.act("approval", None, approval)
        return replace(self.outside.standings[approval], ref=ref, data={"approval": approval})

    async def remind(self, place: Place, approval: str, of: str) -> None:
        self.outside.act("remind", place, (approval, of))


class _Http(_Port):
    async def call(self, place: Place, call: HttpCall) -> HttpAnswer:
        self.outside.act("http", place, call)
        return self.outside.answer


class _Reports(_Port):
    async def write(self, place: Place) -> str:
        self.outside.act("report", place, place.run)
        return "/reports/1"
