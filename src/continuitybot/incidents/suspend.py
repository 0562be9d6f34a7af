"""Suspending pages: nobody is paged about an incident for a time, and then again."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from continuitybot import audit
from continuitybot.errors import Refused
from continuitybot.incidents import store
from continuitybot.incidents.model import Incident
from continuitybot.incidents.moments import in_words
from continuitybot.incidents.on_call import OnCall
from continuitybot.incidents.telling import tell
from continuitybot.people.model import Person
from continuitybot.store import Transaction

LONGEST = timedelta(hours=24)


async def suspend_pages(
    tx: Transaction, ref: str, by: Person, for_: timedelta, platform: str, on_call: OnCall
) -> Incident:
    """Page nobody about an incident for a while; a later suspension replaces an earlier one."""
    if not timedelta() < for_ <= LONGEST:
        raise Refused(
            "Pages can be suspended for up to 24 hours.",
            remedy="Acknowledge the incident if somebody is at work on it.",
        )
    before = await store.take(tx, ref)
    if not before.is_open:
        raise Refused(f"{before.ref} is closed; nobody is paged about it.", code="closed")
    until = tx.now + for_
    incident = replace(before, paging=replace(before.paging, suspended_until=until))
    text = (
        f"{by.name} suspended the pages of {incident.ref} for {in_words(for_)}, "
        f"until {until:%H:%M} UTC."
    )
    await store.save(tx, incident)
    await tell(tx, incident, "incident.changed", text, by=by.handle, until=until.isoformat())
    await on_call.look(tx, incident)
    await audit.record(
        tx, who=by.handle, verb="suspend", ref=incident.ref, text=text, platform=platform
    )
    return await store.find(tx, incident.ref)
