"""How the effects of runs are performed, and their outcomes given back to the engine."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from continuitybot.runbooks import events
from continuitybot.runbooks.action import Action
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.model import Mode
from continuitybot.runbooks.moves import LOOK, TIMER
from continuitybot.runbooks.order import order_of
from continuitybot.runbooks.ports import Reach
from continuitybot.runbooks.running import apply_event
from continuitybot.store import (
    Again,
    Duty,
    Effect,
    Failed,
    Outcome,
    Succeeded,
    Transaction,
    Unknown,
)

_LEASE = timedelta(seconds=120)
_ReachOf = Callable[[Mode], Reach]


def duties(reach_of: _ReachOf) -> list[Duty]:
    """The duties of every action, of looking, and of timers."""
    looking = Duty(LOOK, perform=_looker(reach_of), record=_record, lease=_LEASE)
    timing = Duty(TIMER, perform=_nothing, record=_record_timer)
    return [looking, timing, *(_duty(action, reach_of) for action in ACTIONS.values())]


def _duty(action: Action[Any], reach_of: _ReachOf) -> Duty:
    async def perform(effect: Effect) -> Outcome:
        order = order_of(effect.key, effect.payload)
        body = action.parse(order.given)
        return Succeeded(await action.perform(reach_of(order.mode), order, body))

    async def reconcile(effect: Effect) -> Outcome | Again | None:
        order = order_of(effect.key, effect.payload)
        return await action.reconcile(order, action.parse(order.given))

    return Duty(
        action.kind,
        perform=perform,
        record=_record,
        after_crash=action.after_crash,
        reconcile=reconcile if action.after_crash == "reconcile" else None,
        lease=_LEASE,
    )


def _looker(reach_of: _ReachOf) -> Callable[[Effect], Awaitable[Outcome]]:
    async def look(effect: Effect) -> Outcome:
        order = order_of(effect.key, effect.payload)
        action = ACTIONS.get(order.action)
        if action is None:  # the run is told by `gone.Gone`
            return Succeeded()
        return Succeeded(await action.look(reach_of(order.mode), order, action.parse(order.given)))

    return look


async def _nothing(_effect: Effect) -> Outcome:
    return Succeeded()


async def _record(tx: Transaction, effect: Effect, outcome: Outcome) -> None:
    await apply_event(tx, effect.ref, _event(effect.key, outcome))


async def _record_timer(tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
    await apply_event(tx, effect.ref, events.TimerDue(effect.key))


def _event(key: str, outcome: Outcome) -> events.Event:
    match outcome:
        case Succeeded(data=data):
            return events.EffectSucceeded(key, data)
        case Failed(reason=reason):
            return events.EffectFailed(key, reason)
        case Unknown(reason=reason):
            return events.EffectUnknown(key, reason)
