"""The effects that lead home: reminders, the end, watching the primary, draining."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from continuitybot.continuity import returning
from continuitybot.continuity.carry_out import Clerk
from continuitybot.continuity.model import Decision, Event, Rules, State
from continuitybot.continuity.plan import Backlog
from continuitybot.continuity.proof import Proof
from continuitybot.continuity.provider import Provider, provider_of
from continuitybot.continuity.recording import heard, woken
from continuitybot.continuity.switch_duties import evidence_of
from continuitybot.errors import Transient
from continuitybot.store import (
    Duty,
    Effect,
    Failed,
    Outcome,
    Succeeded,
    Transaction,
    from_document,
    to_document,
)


class ReturnDuties:
    """Performs what an active event waits for, and the hand-over after it."""

    def __init__(
        self,
        clerk: Clerk,
        providers: Mapping[str, Provider],
        proof: Proof,
        rules: Rules,
    ) -> None:
        self._clerk = clerk
        self._providers = providers
        self._proof = proof
        self._rules = rules

    def duties(self) -> list[Duty]:
        """How each of these effects is performed."""
        lease = timedelta(seconds=30) + self._proof.longest / 0.9
        return [
            Duty("continuity.remind", woken, self._reminder_due),
            Duty("continuity.end_due", woken, self._end_due),
            Duty("continuity.watch_primary", self._try_primary, self._tried, lease=lease),
            Duty("continuity.drain", self._drain, self._drained),
            Duty("continuity.verify_primary", self._prove_primary, self._proved, lease=lease),
        ]

    async def _reminder_due(self, tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        end = datetime.fromisoformat(effect.payload["end"])
        await heard(
            self._clerk,
            tx,
            effect,
            lambda event: returning.on_reminder_due(event, end, tx.now, self._rules),
        )

    async def _end_due(self, tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        end = datetime.fromisoformat(effect.payload["end"])
        await heard(
            self._clerk,
            tx,
            effect,
            lambda event: returning.on_end_due(event, end, tx.now, self._rules),
        )

    async def _try_primary(self, effect: Effect) -> Outcome:
        event = await self._clerk.event(effect.ref)
        if event.state is not State.ACTIVE:
            return Failed(f"{event.ref} is no longer active.")
        return Succeeded(to_document(await self._proof.round_trip(event)))

    async def _tried(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        evidence = evidence_of(outcome)
        await heard(
            self._clerk,
            tx,
            effect,
            lambda event: returning.on_primary_tried(event, evidence, self._rules),
        )

    async def _drain(self, effect: Effect) -> Outcome:
        event = await self._clerk.event(effect.ref)
        provider = provider_of(event.provider, self._providers)
        try:
            return Succeeded(to_document(await provider.drained(event.plan)))
        except Transient as error:  # the next poll is the next try
            return Failed(str(error))

    async def _drained(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        def decision(event: Event) -> Decision:
            if isinstance(outcome, Succeeded):
                backlog = from_document(Backlog, outcome.data)
                return returning.on_drain(event, backlog, self._rules)
            return returning.on_drain_unreadable(event, outcome.reason, self._rules)

        await heard(self._clerk, tx, effect, decision)

    async def _prove_primary(self, effect: Effect) -> Outcome:
        event = await self._clerk.event(effect.ref)
        return Succeeded(to_document(await self._proof.of_primary(event)))

    async def _proved(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        evidence = evidence_of(outcome)

        def decision(event: Event) -> Decision:
            if evidence.ok:
                return returning.on_primary_proved(event, evidence)
            return returning.on_primary_not_proved(event, evidence, self._rules)

        await heard(self._clerk, tx, effect, decision)
