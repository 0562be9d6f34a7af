"""Runbooks text employees, each text asked for in the name of a person."""

from __future__ import annotations

from continuitybot.app.ports.consent import Consent
from continuitybot.broadcast import Broadcast, Broadcasts
from continuitybot.people.directory import Directory
from continuitybot.runbooks.ports import (
    Place,
    Standing,
)
from continuitybot.store import Database


class Broadcasting:
    """Texts to many, asked for in the name of a person."""

    def __init__(
        self,
        database: Database,
        broadcasts: Broadcasts,
        directory: Directory,
        consent: Consent,
        *,
        drill: bool,
    ) -> None:
        self._database = database
        self._broadcasts = broadcasts
        self._directory = directory
        self._consent = consent
        self._drill = drill

    async def request(self, place: Place, by: str, audience: str, text: str) -> Standing:
        """The broadcast of this key, or a new one."""
        broadcast = await self._broadcasts.request(
            by=await self._directory.person(by),
            audience=audience,
            text=text,
            incident=place.incident,
            run=place.run,
            key=place.key,
            drill=self._drill,
            platform="runbook",
        )
        return await self._standing(broadcast)

    async def standing(self, ref: str) -> Standing:
        """What a broadcast is by now, with its counts and replies."""
        async with self._database.reading() as tx:
            broadcast = await self._broadcasts.broadcast(tx, ref)
        return await self._standing(broadcast)

    async def _standing(self, broadcast: Broadcast) -> Standing:
        async with self._database.reading() as tx:
            counts = await self._broadcasts.counts(tx, broadcast.ref)
            consent, by = await self._consent.of(tx, broadcast.ref)
        states = {state.value: count for state, count in counts.states.items()}
        data = {"counts": states, "replies": dict(counts.replies)}
        state = broadcast.state.value
        return Standing(broadcast.ref, state, consent, by, counts.sentence(broadcast.ref), data)
