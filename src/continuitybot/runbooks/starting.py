"""What starts runbooks by itself: incidents, and moments of the calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from continuitybot.runbooks.definition import Definition, Kind, Trigger
from continuitybot.runbooks.model import Mode
from continuitybot.runbooks.running import start_run
from continuitybot.store import Change, Duty, Effect, Outcome, Schedule, Succeeded, Transaction
from continuitybot.store import cron as cron_trigger

SCHEDULED = "run.scheduled"


def default_mode(definition: Definition) -> Mode:
    """A drill that nobody chose a mode for only tells what it would do."""
    return Mode.TABLETOP if definition.kind is Kind.DRILL else Mode.LIVE


class Starter:
    """Starts what an incident or the calendar calls for, once for each."""

    def __init__(self, definitions: Mapping[str, Definition], time_zone: str) -> None:
        self._definitions = definitions
        self._time_zone = time_zone

    async def incident_changed(self, tx: Transaction, change: Change) -> None:
        """Start each runbook whose alert has joined the incident; a drill starts its own."""
        if change.data.get("drill"):
            return
        for definition in self._definitions.values():
            if not answers(definition.trigger, change.data):
                continue
            await start_run(
                tx,
                definition,
                {},
                mode=default_mode(definition),
                requester="bot",
                incident=change.ref,
                event={**change.data, "text": change.text},
                request_key=f"{change.ref}/{definition.name}",
            )

    def schedules(self) -> list[Schedule]:
        """One for each runbook with a cron moment."""
        return [
            Schedule(
                name=f"runbook/{definition.name}",
                trigger=cron_trigger(definition.trigger.cron, self._time_zone),
                kind=SCHEDULED,
                payload={"runbook": definition.name},
            )
            for definition in self._definitions.values()
            if definition.trigger.cron
        ]

    def duty(self) -> Duty:
        """How a firing of these schedules becomes a run."""
        return Duty(SCHEDULED, perform=_nothing, record=self._begin)

    async def _begin(self, tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        name = effect.payload["runbook"]
        definition = self._definitions.get(name)
        if definition is None or effect.payload["late"]:
            why = "its moment was missed" if definition else "it is no longer there"
            text = f"{name} did not run at {effect.payload['due']}: {why}."
            await tx.announce(Change(name, "run.missed", text, {"runbook": name}))
            return
        await start_run(tx, definition, {}, mode=default_mode(definition), requester="bot",
                        event={"due": effect.payload["due"]}, request_key=effect.key)  # fmt: skip


async def _nothing(_effect: Effect) -> Outcome:
    return Succeeded()


def answers(trigger: Trigger, data: Mapping[str, Any]) -> bool:
    """Whether a runbook is for an incident with these checks and directions."""
    checks, directions = set(_words(data, "check")), set(_words(data, "direction"))
    if "both" in directions:
        directions |= {"inbound", "outbound"}
    by_check = bool(trigger.check) and trigger.check in checks
    return by_check or (bool(trigger.direction) and trigger.direction in directions)


def _words(data: Mapping[str, Any], name: str) -> Iterator[str]:
    """`check` and `checks` alike: one word or several."""
    for key in (name, f"{name}s"):
        value = data.get(key, ())
        yield from (value,) if isinstance(value, str) else map(str, value)
