"""What there is to show of the checks, read from what is remembered."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from continuitybot.mailflow import store
from continuitybot.mailflow.model import CheckState, CheckView, Mute, Observation, known_health
from continuitybot.mailflow.rules import patience_with
from continuitybot.settings.mailflow import CheckSettings, MailflowSettings
from continuitybot.store import Transaction

_HISTORY = 60


async def views(
    tx: Transaction, checks: Iterable[CheckSettings], settings: MailflowSettings
) -> list[CheckView]:
    """Every check as it stands at the transaction's moment."""
    states, mutes = await store.states(tx), await store.mutes_now(tx)
    found = []
    for check in checks:
        history = await store.latest_observations(tx, check.name, _HISTORY)
        state = states.get(check.name, CheckState())
        heard_since = tx.now - patience_with(check, settings)
        found.append(_view(check, state, mutes.get(check.name), history, heard_since))
    return found


def _view(
    check: CheckSettings,
    state: CheckState,
    mute: Mute | None,
    history: tuple[Observation, ...],
    heard_since: datetime,
) -> CheckView:
    return CheckView(
        name=check.name,
        title=check.subject,
        kind=check.kind,
        direction=check.direction,
        control=check.control,
        health=known_health(state.health, history, heard_since),
        flapping=state.flapping,
        since=state.since,
        muted_until=mute.until if mute is not None else None,
        worst=state.worst,
        last=history[-1] if history else None,
        history=history,
    )
