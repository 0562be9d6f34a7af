"""The outside of a tabletop exercise: nothing happens, and everything is told.

Questions and items are really put to the people who practise; whatever else a runbook would do
is said in words, and goes well.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

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
    Speaker,
    Standing,
)
from continuitybot.settings.values import format_duration

_NOBODY = "nobody (tabletop)"
_SIMULATED = "-TABLETOP-"


def tabletop_ports(speaker: Speaker, mark: str = "[TABLETOP]") -> Ports:
    """Ports that tell through `speaker`, after `mark`, what live ones would have done."""
    return Ports(
        checks=TabletopChecks(speaker, mark),
        speaker=TabletopSpeaker(speaker, mark),
        paging=TabletopPaging(speaker, mark),
        continuity=TabletopContinuity(speaker, mark),
        broadcasts=TabletopBroadcasts(speaker, mark),
        approvals=TabletopApprovals(speaker, mark),
        http=TabletopHttp(speaker, mark),
        reports=TabletopReports(speaker, mark),
    )


def simulated(prefix: str, place: Place) -> str:
    """A reference that no real object has."""
    return f"{prefix}{_SIMULATED}{place.step}"


def is_simulated(ref: str) -> bool:
    """Whether a reference is of an object that only an exercise has."""
    return _SIMULATED in ref


class _Tabletop:
    def __init__(self, speaker: Speaker, mark: str) -> None:
        self._speaker = speaker
        self._mark = mark

    async def _tell(self, place: Place, what: str) -> None:
        await self._speaker.say(place, f"{self._mark} Would {what}".lstrip())


class TabletopChecks(_Tabletop):
    """Every check is healthy, every canary arrives."""

    async def check(self, names: Sequence[str], direction: str) -> Findings:
        asked = ", ".join(names) or direction or "all checks"
        return Findings(ok=True, detail=f"tabletop: {asked} taken as healthy")

    async def canary(self, place: Place, route: str) -> CanaryFindings:
        await self._tell(place, f"send a canary by {route}.")
        return CanaryFindings(ok=True, detail="tabletop: taken as arrived")

    async def health(self, check: str, direction: str) -> Health:
        return Health("healthy")


class TabletopSpeaker(_Tabletop):
    """Says and asks where the exercise is followed, whatever channel was meant."""

    async def say(self, place: Place, text: str, to: str = "") -> None:
        await self._speaker.say(place, f"{self._mark}{f' to {to}:' if to else ''} {text}")

    async def ask(self, place: Place, question: Question) -> None:
        await self._speaker.ask(place, question)


class TabletopPaging(_Tabletop):
    """Wakes nobody."""

    async def page(self, place: Place, who: str, text: str) -> Sequence[str]:
        await self._tell(place, f"page {who}: {text}")
        return (who,)

    async def tell(self, place: Place, who: str, text: str) -> Sequence[str]:
        await self._tell(place, f"tell {who}: {text}")
        return (who,)


class TabletopContinuity(_Tabletop):
    """Switches nothing; what was to be proved is taken as proved."""

    async def invoke(self, place: Place, request: InvokeRequest) -> Standing:
        scope = ", ".join(request.domains) or "all domains"
        how_long = f" for {format_duration(request.duration)}" if request.duration else ""
        await self._tell(place, f"invoke continuity of {scope}{how_long}: {request.reason}")
        return Standing(simulated("EVT", place), "active", by=_NOBODY, data={"end": ""})

    async def extend(self, place: Place, ref: str, by: str, more: timedelta) -> Standing:
        await self._tell(place, f"extend {ref} by {format_duration(more)}.")
        return Standing(ref, "active", data={"end": ""})

    async def fail_back(self, place: Place, ref: str, by: str) -> Standing:
        await self._tell(place, f"fail back {ref}.")
        return Standing(ref, "ended", by=_NOBODY)

    async def standing(self, ref: str) -> Standing:
        return Standing(ref, "ended")


class TabletopBroadcasts(_Tabletop):
    """Texts nobody."""

    async def request(self, place: Place, by: str, audience: str, text: str) -> Standing:
        await self._tell(place, f"text {audience}: {text}")
        return Standing(simulated("SMS", place), "finished", data={"counts": {}, "replies": {}})

    async def standing(self, ref: str) -> Standing:
        return Standing(ref, "finished", data={"counts": {}, "replies": {"safe": 1}})


class TabletopApprovals(_Tabletop):
    """Everything is granted."""

    async def request(self, place: Place, request: ApprovalRequest) -> Standing:
        of = f" of {request.of}" if request.of else ""
        await self._tell(place, f"ask for approval{of} ({request.act}): {request.title}")
        return Standing(place.run, "granted", by=_NOBODY, data={"approval": ""})

    async def standing(self, ref: str, approval: str) -> Standing:
        return Standing(ref, "granted", by=_NOBODY, data={"approval": approval})

    async def remind(self, place: Place, approval: str, of: str) -> None:
        await self._tell(place, f"ask {of or 'everybody who may approve'} again.")


class TabletopHttp(_Tabletop):
    """Calls nobody."""

    async def call(self, place: Place, call: HttpCall) -> HttpAnswer:
        await self._tell(place, f"{call.method} {call.url}.")
        return HttpAnswer(200, "", {})


class TabletopReports(_Tabletop):
    """Writes nothing."""

    async def write(self, place: Place) -> str:
        await self._tell(place, "write the report.")
        return ""
