"""What the rooms would do for a runbook: real plans and real texts, and nothing is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from continuitybot.app.ports.previewing_people import PreviewApprovals, PreviewPaging, Who
from continuitybot.broadcast import Broadcasts, Preview
from continuitybot.continuity import Continuity, Event
from continuitybot.incidents import Incidents
from continuitybot.people.directory import Directory
from continuitybot.runbooks.dry_ports import dry_run_ports
from continuitybot.runbooks.model import Mode
from continuitybot.runbooks.ports import (
    Broadcasting,
    ContinuityVerbs,
    InvokeRequest,
    Place,
    Ports,
    Speaker,
    Standing,
)
from continuitybot.runbooks.tabletop import is_simulated, simulated
from continuitybot.settings.values import format_duration
from continuitybot.store import Database


class PreviewPorts:
    """Ports on the rooms that only ask them what they would do."""

    def __init__(
        self,
        database: Database,
        directory: Directory,
        incidents: Incidents,
        continuity: Continuity,
        broadcasts: Broadcasts,
        *,
        pilots: str,
    ) -> None:
        self._database = database
        self._directory = directory
        self._incidents = incidents
        self._continuity = continuity
        self._broadcasts = broadcasts
        self._pilots = pilots

    def __call__(self, speaker: Speaker, mode: Mode) -> Ports:
        """Ports that tell through `speaker` what a run of this mode would do."""
        usual = dry_run_ports(speaker)
        if mode is Mode.TABLETOP:  # it asks no room for anything
            return usual
        drill = mode is not Mode.LIVE
        who = Who(self._database, self._directory)
        paging = PreviewPaging(self._incidents, who, speaker, drill=drill, pilots=self._pilots)
        switch = _Continuity(
            self._database, self._continuity, usual.continuity, speaker, who, drill=drill
        )
        return replace(
            usual,
            paging=paging,
            approvals=PreviewApprovals(usual.approvals, who, speaker),
            continuity=switch,
            broadcasts=_Broadcasts(self._broadcasts, usual.broadcasts, speaker, who, drill=drill),
        )


class _Continuity:
    """The plan of the provider as it is now; `usual` answers for what only the dry run has."""

    def __init__(
        self,
        database: Database,
        continuity: Continuity,
        usual: ContinuityVerbs,
        speaker: Speaker,
        who: Who,
        *,
        drill: bool,
    ) -> None:
        self._database = database
        self._continuity = continuity
        self._usual = usual
        self._speaker = speaker
        self._who = who
        self._drill = drill

    async def invoke(self, place: Place, request: InvokeRequest) -> Standing:
        if (event := await self._open_for(place.incident)) is not None:
            text = f"Would take over {event.ref}, which is open for {place.incident}."
            await self._speaker.say(place, text)
            return Standing(event.ref, "active")
        preview = await self._continuity.preview(
            request.provider or None, request.domains, request.duration, drill=self._drill
        )
        lines = [
            f"Would plan this with {preview.plan.provider} for "
            f"{format_duration(preview.duration)}, in the name of {request.by}, and do it once "
            f"somebody else approves ({await self._who.may('approve', request.by)}):",
            *(f"{line}." for line in preview.plan.lines),
            *preview.plan.warnings,
        ]
        await self._speaker.say(place, " ".join(lines))
        return Standing(simulated("EVT", place), "active", data={"end": ""})

    async def extend(self, place: Place, ref: str, by: str, more: timedelta) -> Standing:
        if not is_simulated(ref):
            await self._event(ref)
        return await self._usual.extend(place, ref, by, more)

    async def fail_back(self, place: Place, ref: str, by: str) -> Standing:
        if is_simulated(ref):
            return await self._usual.fail_back(place, ref, by)
        event = await self._event(ref)
        lines = " ".join(f"{line}." for line in event.plan.reversed_lines)
        able = await self._who.may("approve", by)
        text = f"Would move {ref} back once somebody other than {by} approves ({able}): {lines}"
        await self._speaker.say(place, text)
        return Standing(ref, "ended")

    async def standing(self, ref: str) -> Standing:
        return await self._usual.standing(ref)

    async def _event(self, ref: str) -> Event:
        async with self._database.reading() as tx:
            return await self._continuity.event(tx, ref)

    async def _open_for(self, incident: str) -> Event | None:
        async with self._database.reading() as tx:
            found: Sequence[Event] = await self._continuity.events(tx)
        same = (event for event in found if incident and event.incident == incident)
        return next(same, None)


class _Broadcasts:
    """The exact text as it would leave now; `usual` answers for the broadcast that is not."""

    def __init__(
        self,
        broadcasts: Broadcasts,
        usual: Broadcasting,
        speaker: Speaker,
        who: Who,
        *,
        drill: bool,
    ) -> None:
        self._broadcasts = broadcasts
        self._usual = usual
        self._speaker = speaker
        self._who = who
        self._drill = drill

    async def request(self, place: Place, by: str, audience: str, text: str) -> Standing:
        preview = await self._broadcasts.preview(audience=audience, text=text, drill=self._drill)
        able = await self._who.may("approve", by)
        await self._speaker.say(place, _as_told(preview, by, able))
        data: dict[str, dict[str, int]] = {"counts": {}, "replies": {}}
        return Standing(simulated("SMS", place), "finished", data=data)

    async def standing(self, ref: str) -> Standing:
        return await self._usual.standing(ref)


def _as_told(preview: Preview, by: str, able: str) -> str:
    cost = "" if preview.cost is None else f", about {preview.cost:.2f} {preview.currency}"
    texts = " ".join(
        f"“{text.text}” ({text.language}: {text.recipients} people, {text.segments} segments each)"
        for text in preview.texts
    )
    how_long = f" in about {format_duration(preview.eta)}" if preview.eta.seconds else ""
    missing = f" No number: {', '.join(preview.missing)}." if preview.missing else ""
    opted_out = f" Opted out: {', '.join(preview.opted_out)}." if preview.opted_out else ""
    return (
        f"Would text {preview.audience} in the name of {by}, once somebody else approves ({able}): "
        f"{preview.recipients} people, {preview.segments} segments{cost}, by "
        f"{', '.join(preview.carriers)}{how_long}.{missing}{opted_out} "
        f"{texts}"
    )
