"""Runs in the database: one transaction stores a run, its effects and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from continuitybot.runbooks import store, telling
from continuitybot.runbooks.actions import ACTIONS
from continuitybot.runbooks.advance import advance
from continuitybot.runbooks.definition import Definition, Kind
from continuitybot.runbooks.events import Event, Started
from continuitybot.runbooks.inputs import read_inputs
from continuitybot.runbooks.model import Effect, Mode, Run, new_run
from continuitybot.runbooks.moves import Rules
from continuitybot.runbooks.templates import Templates
from continuitybot.store import Effect as StoredEffect
from continuitybot.store import Transaction

RULES = Rules(Templates(), ACTIONS)


async def start_run(
    tx: Transaction,
    definition: Definition,
    inputs: Mapping[str, Any],
    *,
    mode: Mode,
    requester: str,
    incident: str = "",
    event: Mapping[str, Any] | None = None,
    request_key: str = "",
) -> Run:
    """Begin a run; for a request key that has one already, that one. Raises BadInput."""
    if request_key and (there := await store.by_request(tx, request_key)) is not None:
        return there
    values = read_inputs(definition, inputs)
    practises = definition.kind is Kind.DRILL or mode is not Mode.LIVE
    ref = await tx.next_ref("DRILL" if practises else "RUN")
    blank = new_run(
        ref, definition, values, tx.now,
        mode=mode, requester=requester, incident=incident, event=event or {},
    )  # fmt: skip
    run, effects = advance(blank, Started(), tx.now, RULES)
    await store.insert_run(tx, run, request_key or ref)
    await tx.announce(telling.started(run))
    await _carry_out(tx, blank, run, effects)
    return run


async def apply_event(tx: Transaction, ref: str, event: Event) -> Run:
    """Advance a run by an event. Raises NotFound, and Refused to a person."""
    before = await store.load_run(tx, ref, to_change=True)
    after, effects = advance(before, event, tx.now, RULES)
    if after == before:
        return before
    await store.save_run(tx, after)
    heard = getattr(event, "key", "")
    for key in _keys(before) - _keys(after) - {heard}:
        await tx.cancel_effects(key=key)
    await _carry_out(tx, before, after, effects)
    return after


async def _carry_out(tx: Transaction, before: Run, after: Run, effects: Sequence[Effect]) -> None:
    for effect in effects:
        await tx.enqueue(_stored(after.ref, effect))
    for change in telling.changes(before, after):
        await tx.announce(change)


def _keys(run: Run) -> set[str]:
    """The effects that a run still wants to hear from."""
    return {key for step in run.steps.values() for key in step.waits.values()}


def _stored(ref: str, effect: Effect) -> StoredEffect:
    return StoredEffect(effect.key, effect.kind, dict(effect.payload), effect.due, ref)
