"""Alerts: a failing check opens one, which opens an incident or joins the open one."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from continuitybot.incidents import store, wording
from continuitybot.incidents.closing import Closing
from continuitybot.incidents.model import (
    Alert,
    Incident,
    Paging,
    diagnosed_again,
    severity_of,
    with_alert,
    without_alert,
)
from continuitybot.incidents.moments import is_remedy, measured, mitigated
from continuitybot.incidents.on_call import OnCall
from continuitybot.incidents.telling import tell
from continuitybot.settings.incidents import ObjectiveSettings
from continuitybot.store import Change, Database, Transaction


class Alerts:
    """Listens to checks; alert, incident and first pages are stored with the check's change."""

    def __init__(
        self, database: Database, objectives: ObjectiveSettings, on_call: OnCall, closing: Closing
    ) -> None:
        self._objectives = objectives
        self._on_call = on_call
        self._closing = closing
        database.subscribe("check.failing", self._failing)
        # A flapping check fails by turns: it keeps its alert, and its people are paged once.
        database.subscribe("check.flapping", self._failing)
        database.subscribe("check.healthy", self._healthy)

    async def _failing(self, tx: Transaction, change: Change) -> None:
        alert = _alert(change, tx.now)
        open_incidents = await store.take_open(tx)
        holder = _holder(open_incidents, alert.check)
        if holder is not None:
            known = diagnosed_again(holder, alert.check, alert.diagnosis, alert.side)
            await store.save(tx, known)
            return
        joined = _joinable(open_incidents)
        if joined is None:
            await self._open(tx, alert)
        else:
            await self._join(tx, joined, alert)

    async def _open(self, tx: Transaction, alert: Alert) -> None:
        ref = await tx.next_ref("INC")
        # Taking a number made this transaction wait for any other that was opening one.
        other = _joinable(await store.take_open(tx))
        if other is not None:
            await self._join(tx, other, alert)
            return
        incident = Incident(
            ref=ref,
            title=wording.title_of(alert.direction),
            severity=severity_of(alert.direction),
            fault_since=alert.since,
            detected=tx.now,
            summary=alert.diagnosis,
            alerts=(alert,),
            paging=Paging().begun(),
        )
        await store.add(tx, incident)
        await tell(tx, incident, "incident.opened", wording.opened(incident))
        await tell(tx, incident, "alert.opened", wording.alert_opened(alert), check=alert.check)
        await self._on_call.look(tx, incident)

    async def _join(self, tx: Transaction, before: Incident, alert: Alert) -> None:
        remedied = any(is_remedy(link) for link in await store.links(tx, before.ref))
        incident = mitigated(with_alert(before, alert), remedied)
        await store.save(tx, incident)
        await tell(tx, incident, "alert.opened", wording.alert_opened(alert), check=alert.check)
        await tell(tx, incident, "incident.changed", wording.joined(before, incident))
        if incident.paging != before.paging:
            await self._on_call.look(tx, incident)

    async def _healthy(self, tx: Transaction, change: Change) -> None:
        before = _holder(await store.take_open(tx), change.ref)
        if before is None:
            return
        incident = without_alert(before, change.ref, tx.now)
        await store.save(tx, incident)
        text = f"Check {change.ref} is healthy again."
        await tell(tx, incident, "alert.closed", text, check=change.ref)
        if incident.recovered is None:
            return
        took = measured(incident, "recover", self._objectives.recover).sentence
        text = f"{took} {incident.ref} is being monitored."
        await tell(tx, incident, "incident.changed", text, moment="recovered")
        await self._closing.consider_later(tx, incident)


def _alert(change: Change, now: datetime) -> Alert:
    data: dict[str, Any] = change.data
    diagnosis = data.get("diagnosis") or {}
    since = data.get("since")
    return Alert(
        check=change.ref,
        direction=str(data.get("direction") or ""),
        since=datetime.fromisoformat(since) if since else now,
        opened=now,
        diagnosis=str(diagnosis.get("sentence") or data.get("detail") or change.text),
        side=str(diagnosis.get("side") or ""),
    )


def _holder(found: list[Incident], check: str) -> Incident | None:
    for incident in found:
        if any(alert.check == check for alert in incident.open_alerts):
            return incident
    return None


def _joinable(found: list[Incident]) -> Incident | None:
    return next((incident for incident in found if not incident.drill), None)
