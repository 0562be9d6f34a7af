"""Acknowledging: a person takes the incident on, and nobody is paged any more."""

from __future__ import annotations

from continuitybot import audit
from continuitybot.errors import Refused
from continuitybot.incidents import store
from continuitybot.incidents.model import Incident, acknowledged
from continuitybot.incidents.moments import measured
from continuitybot.incidents.telling import tell
from continuitybot.people.model import Person
from continuitybot.settings.incidents import ObjectiveSettings
from continuitybot.store import Transaction


async def acknowledge(
    tx: Transaction, ref: str | None, by: Person, platform: str, objectives: ObjectiveSettings
) -> Incident:
    """Take an incident on; without a reference the newest that people are paged about.

    Twice is once: whoever comes second gets the incident as it is, with the name of the first.
    """
    before = await _newest_unacknowledged(tx) if ref is None else await store.take(tx, ref)
    if not before.is_open:
        raise Refused(f"{before.ref} is closed; there is nothing to acknowledge.", code="closed")
    if not before.needs_acknowledgement and before.acknowledged is not None:
        return before
    incident = acknowledged(before, by.handle, tx.now)
    text = f"{by.name} acknowledged {incident.ref}."
    moment = ""
    if before.acknowledged is None:
        moment = "acknowledged"
        measure = measured(incident, "acknowledge", objectives.acknowledge)
        text = f"{by.name} acknowledged {incident.ref} {measure.span}."
    await store.save(tx, incident)
    await tell(tx, incident, "incident.acknowledged", text, by=by.handle, moment=moment)
    await audit.record(
        tx, who=by.handle, verb="ack", ref=incident.ref, text=text, platform=platform
    )
    return incident


async def _newest_unacknowledged(tx: Transaction) -> Incident:
    for incident in await store.take_open(tx):
        if incident.needs_acknowledgement:
            return incident
    raise Refused("No incident waits for an acknowledgement.", remedy="`incidents` lists them.")
