"""Closing: by a person, or by itself when everything has been healthy for long enough."""

from __future__ import annotations

from datetime import datetime, timedelta

from continuitybot import audit
from continuitybot.errors import Refused
from continuitybot.incidents import store
from continuitybot.incidents.model import Incident, Link, Status, closed
from continuitybot.incidents.moments import in_words
from continuitybot.incidents.telling import tell
from continuitybot.people.model import Person
from continuitybot.store import Duty, Effect, Outcome, Succeeded, Transaction


class Closing:
    """Closes incidents; `after` is the setting `incidents.close_after`."""

    def __init__(self, after: timedelta | None) -> None:
        self._after = after

    async def close(
        self, tx: Transaction, ref: str, by: Person, platform: str, anyway: bool
    ) -> Incident:
        """Close an incident for a person. Raises Refused while something of it goes on."""
        incident = await store.take(tx, ref)
        going_on = _going_on(incident, await store.links(tx, incident.ref))
        if going_on and incident.is_open and not anyway:
            raise Refused(
                f"{incident.ref} cannot close yet: {', '.join(going_on)}.",
                remedy="Wait for it, or close it anyway.",
                code="active",
            )
        over = closed(incident, by.handle, tx.now)
        text = f"{by.name} closed {over.ref}."
        if going_on:
            text = f"{by.name} closed {over.ref} although {', '.join(going_on)}."
        await store.save(tx, over)
        await tell(tx, over, "incident.closed", text, by=by.handle)
        await audit.record(
            tx, who=by.handle, verb="close", ref=over.ref, text=text, platform=platform
        )
        return over

    async def consider_later(self, tx: Transaction, incident: Incident) -> None:
        """See, after the configured time, whether a recovered incident can close by itself."""
        if self._after is None:
            return
        due = tx.now + self._after
        key = f"{incident.ref}/close/{due:%Y%m%dT%H%M%S}"
        await tx.enqueue(Effect(key, "incident.close", {}, due, incident.ref))

    def duties(self) -> list[Duty]:
        """The duty that closes incidents by itself."""
        return [Duty("incident.close", _nothing_outside, self._consider)]

    async def _consider(self, tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        incident = await store.take(tx, effect.ref)
        calm = self._calm_for(incident, tx.now)
        if calm is None:
            return  # closed, or failing again: the next recovery considers it anew
        if _going_on(incident, await store.links(tx, incident.ref)):
            await self.consider_later(tx, incident)
            return
        over = closed(incident, "bot", tx.now)
        text = f"{over.ref} closed by itself: every check has been healthy for {in_words(calm)}."
        await store.save(tx, over)
        await tell(tx, over, "incident.closed", text, by="bot")
        await audit.record(tx, who="bot", verb="close", ref=over.ref, text=text)

    def _calm_for(self, incident: Incident, now: datetime) -> timedelta | None:
        """How long all has been healthy, if long enough to close; else None."""
        recovered = incident.recovered
        if incident.status is not Status.MONITORING or self._after is None or recovered is None:
            return None
        calm = now - recovered
        return calm if calm >= self._after else None


async def _nothing_outside(_effect: Effect) -> Outcome:
    return Succeeded()


def _going_on(incident: Incident, links: list[Link]) -> list[str]:
    failing = [f"{alert.check} is still failing" for alert in incident.open_alerts]
    return failing + [f"{link.ref} is under way" for link in links if link.active]
