"""Declaring an incident by hand, when a person sees what no check has seen."""

from __future__ import annotations

from continuitybot import audit
from continuitybot.errors import Refused
from continuitybot.incidents import store, wording
from continuitybot.incidents.model import Incident, Paging, Severity
from continuitybot.incidents.on_call import OnCall
from continuitybot.incidents.telling import tell
from continuitybot.people.model import Person
from continuitybot.store import Transaction


async def declare(
    tx: Transaction,
    by: Person,
    title: str,
    severity: Severity,
    drill: bool,
    platform: str,
    on_call: OnCall,
) -> Incident:
    """Open an incident that a person reports, and page whoever is on call."""
    named = " ".join(title.split()).rstrip(".")
    if not named:
        raise Refused("An incident needs a title.", remedy='Such as: "Nobody in Graz gets mail".')
    incident = Incident(
        ref=await tx.next_ref("INC"),
        title=named,
        severity=severity,
        fault_since=tx.now,
        detected=tx.now,
        drill=drill,
        summary=f"Reported by {by.name}.",
        paging=Paging().begun(),
    )
    await store.add(tx, incident)
    await tell(tx, incident, "incident.opened", wording.opened(incident), by=by.handle)
    await on_call.look(tx, incident)
    await audit.record(
        tx, who=by.handle, verb="declare", ref=incident.ref, text=named, platform=platform
    )
    return await store.find(tx, incident.ref)
