"""Notes on the timeline, and updates that are meant for everybody who follows an incident."""

from __future__ import annotations

from continuitybot import audit
from continuitybot.errors import Refused
from continuitybot.incidents import store
from continuitybot.incidents.model import Incident
from continuitybot.incidents.telling import tell
from continuitybot.people.model import Person
from continuitybot.store import Transaction

LONGEST = 2000


async def write_note(
    tx: Transaction, ref: str, by: Person, text: str, platform: str, *, public: bool
) -> Incident:
    """Put what a person wrote on the timeline; `public` makes it an update.

    A closed incident takes notes too: its report is written afterwards.
    """
    written = text.strip()
    if not written:
        raise Refused("A note needs a text.", remedy=f'Such as: note {ref} "called the provider".')
    if len(written) > LONGEST:
        raise Refused(f"A note has at most {LONGEST} characters; this one has {len(written)}.")
    incident = await store.take(tx, ref)
    verb = "update" if public else "note"
    line = f"{'Update by ' if public else ''}{by.name}: {written}"
    await tell(tx, incident, "incident.noted", line, by=by.handle, public=public, note=written)
    await audit.record(
        tx, who=by.handle, verb=verb, ref=incident.ref, text=written, platform=platform
    )
    return incident
