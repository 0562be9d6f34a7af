"""Runbooks move mail, each act asked for in the name of a person."""

from __future__ import annotations

from datetime import timedelta

from continuitybot.app.ports.consent import Consent
from continuitybot.continuity import Continuity
from continuitybot.continuity.model import Event, State
from continuitybot.people.directory import Directory
from continuitybot.runbooks.ports import (
    InvokeRequest,
    Place,
    Standing,
)
from continuitybot.store import Database


class ContinuityVerbs:
    """The switch, asked for in the name of a person."""

    def __init__(
        self,
        database: Database,
        continuity: Continuity,
        directory: Directory,
        consent: Consent,
        *,
        drill: bool,
    ) -> None:
        self._database = database
        self._continuity = continuity
        self._directory = directory
        self._consent = consent
        self._drill = drill

    async def invoke(self, place: Place, request: InvokeRequest) -> Standing:
        """The event of this key, the open one of this incident, or a new one."""
        if (found := await self._known(place)) is not None:
            return await self._standing(found)
        event = await self._continuity.invoke(
            by=await self._directory.person(request.by),
            provider=request.provider or None,
            domains=request.domains,
            for_=request.duration,
            reason=request.reason,
            incident=place.incident,
            run=place.key,
            drill=self._drill,
            platform="runbook",
        )
        return await self._standing(event)

    async def extend(self, place: Place, ref: str, by: str, more: timedelta) -> Standing:
        """Add to what is left, once for each place."""
        person = await self._directory.person(by)
        event = await self._continuity.extend(ref, person, more, "runbook", place.key)
        return await self._standing(event)

    async def fail_back(self, place: Place, ref: str, by: str) -> Standing:
        """Ask for the way back, unless it was asked for already."""
        async with self._database.reading() as tx:
            event = await self._continuity.event(tx, ref)
        if not event.fail_back and event.state == "active":
            person = await self._directory.person(by)
            event = await self._continuity.fail_back(ref, person, "runbook")
        return await self._standing(event)

    async def standing(self, ref: str) -> Standing:
        """What an event is by now."""
        async with self._database.reading() as tx:
            event = await self._continuity.event(tx, ref)
        return await self._standing(event)

    async def _known(self, place: Place) -> Event | None:
        async with self._database.reading() as tx:
            events = await self._continuity.events(tx, open_only=False)
            still_open = {one.ref for one in await self._continuity.events(tx)}
        own = (event for event in events if event.run == place.key)
        same = (
            event
            for event in events
            if place.incident and event.incident == place.incident and event.ref in still_open
        )
        return next(own, None) or next(same, None)

    async def _standing(self, event: Event) -> Standing:
        async with self._database.reading() as tx:
            consent, by = await self._consent.of(tx, event.ref)
        if event.state is State.ACTIVE and event.fail_back and consent == "granted":
            consent = "pending"  # it is agreed, and waits for a primary that is clean
        backlog = None if event.backlog is None else str(event.backlog)
        data = {"domains": list(event.domains), "backlog": backlog}
        return Standing(event.ref, event.state.value, consent, by, event.why, data)
