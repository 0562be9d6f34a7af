"""Announcing what happens to an incident, with what every listener wants to know of it."""

from __future__ import annotations

from typing import Any

from continuitybot.incidents.model import Incident
from continuitybot.store import Change, Transaction


async def tell(tx: Transaction, incident: Incident, what: str, text: str, **data: Any) -> None:
    """Announce a change of a stored incident; `data` comes on top of what is always said."""
    alerts = incident.open_alerts or incident.alerts
    always = {
        "incident": incident.ref,
        "severity": incident.severity.value,
        "status": incident.status.value,
        "checks": [alert.check for alert in alerts],
        "direction": incident.direction,
        "drill": incident.drill,
    }
    await tx.announce(Change(incident.ref, what, text, {**always, **data}))
