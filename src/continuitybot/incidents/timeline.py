"""The timeline: everything that happens to an incident and to what belongs to it, once.

Whoever announces a change with `incident` in its data links that event, broadcast or run to the
incident; later changes of the same reference belong to it without saying so again.
"""

from __future__ import annotations

from continuitybot.errors import NotFound
from continuitybot.incidents import store
from continuitybot.incidents.model import Link, TimelineEntry
from continuitybot.incidents.moments import (
    is_over,
    is_remedy,
    marked,
    measured,
    mitigated,
    objective_of,
)
from continuitybot.incidents.telling import tell
from continuitybot.settings.incidents import ObjectiveSettings
from continuitybot.store import Change, Database, Transaction

_LINKED = ("event.", "broadcast.", "run.")
_TOLD = ("incident.", "alert.", "approval.", *_LINKED)
# Said too often to be a milestone; its numbers are kept with the link.
_UNTOLD = frozenset({"broadcast.progressed", "run.advanced", "run.followed"})
_REQUESTS = frozenset({"event.planned", "broadcast.requested", "run.started"})


class Timeline:
    """Listens to every change that belongs to an incident, in the change's own transaction."""

    def __init__(self, database: Database, objectives: ObjectiveSettings) -> None:
        self._objectives = objectives
        for prefix in _TOLD:
            database.subscribe(prefix, self._heard)

    async def _heard(self, tx: Transaction, change: Change) -> None:
        ref = str(change.data.get("incident") or "") or await store.incident_of(tx, change.ref)
        if not ref:
            return
        if change.text and change.what not in _UNTOLD:
            entry = TimelineEntry(tx.now, _who(change), change.what, change.text, change.ref)
            await store.write_line(tx, ref, entry)
        if change.what.startswith(_LINKED):
            await self._follow(tx, ref, change)

    async def _follow(self, tx: Transaction, ref: str, change: Change) -> None:
        try:
            incident = await store.take(tx, ref)
        except NotFound:
            return  # somebody named an incident that never was: not a reason to undo their act
        link = Link(change.ref, not is_over(change.what, change.data), change.data)
        await store.link(tx, ref, link)
        after, moment = marked(incident, change.what, change.data, tx.now)
        remedied = any(is_remedy(one) for one in await store.links(tx, ref))
        after = mitigated(after, remedied)
        if after == incident:
            return
        await store.save(tx, after)
        text = ""
        if moment:
            objective = objective_of(moment)
            limit = getattr(self._objectives, objective)
            text = measured(after, objective, limit).sentence
        await tell(tx, after, "incident.changed", text, moment=moment)


def _who(change: Change) -> str:
    by = change.data.get("by")
    if not by and change.what in _REQUESTS:
        by = change.data.get("requester")
    return str(by or "bot")
