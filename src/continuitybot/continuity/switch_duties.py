"""The effects that switch mail: start, apply, verify, revert, and finding out where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta

from continuitybot.continuity import returning, switching
from continuitybot.continuity.carry_out import Clerk
from continuitybot.continuity.model import Decision, Event, Rules, State
from continuitybot.continuity.plan import Evidence, Instructions, Plan, Position
from continuitybot.continuity.proof import Proof
from continuitybot.continuity.provider import Provider, ReadsBack, provider_of
from continuitybot.continuity.recording import heard, woken
from continuitybot.store import (
    Duty,
    Effect,
    Failed,
    Outcome,
    Succeeded,
    Transaction,
    Unknown,
    from_document,
    to_document,
)


class SwitchDuties:
    """Performs what the way to the standby, and the way back, ask of the provider."""

    def __init__(
        self,
        clerk: Clerk,
        providers: Mapping[str, Provider],
        proof: Proof,
        rules: Rules,
        apply_timeout: timedelta,
    ) -> None:
        self._clerk = clerk
        self._providers = providers
        self._proof = proof
        self._rules = rules
        self._apply_timeout = apply_timeout

    def duties(self) -> list[Duty]:
        """How each of these effects is performed."""
        switch = self._apply_timeout / 0.9  # the worker itself stops at nine tenths of a lease
        return [
            Duty("continuity.start", woken, self._started),
            Duty(
                "continuity.apply",
                self._apply,
                self._applied,
                after_crash="reconcile",
                reconcile=self._applied_before_crash,
                lease=switch,
            ),
            Duty(
                "continuity.revert",
                self._revert,
                self._reverted,
                after_crash="reconcile",
                reconcile=self._reverted_before_crash,
                lease=switch,
            ),
            Duty("continuity.find_out", self._find_out, self._found_out, lease=switch, attempts=30),
            Duty(
                "continuity.verify",
                self._verify,
                self._verified,
                lease=switch + self._proof.longest / 0.9,
            ),
        ]

    async def _read(self, effect: Effect) -> tuple[Event, Provider]:
        event = await self._clerk.event(effect.ref)
        self._clerk.database.tenure.confirm()
        return event, provider_of(event.provider, self._providers)

    async def _started(self, tx: Transaction, effect: Effect, _outcome: Outcome) -> None:
        await heard(self._clerk, tx, effect, switching.on_start)

    async def _apply(self, effect: Effect) -> Outcome:
        event, provider = await self._read(effect)
        return _done(await provider.apply(event.plan))

    async def _applied_before_crash(self, effect: Effect) -> Outcome | None:
        event, provider = await self._read(effect)
        return await _happened(provider, event.plan, Position.AFTER, Position.BEFORE)

    async def _applied(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        await heard(self._clerk, tx, effect, _after(outcome, switching.on_applied))

    async def _revert(self, effect: Effect) -> Outcome:
        event, provider = await self._read(effect)
        return _done(await provider.revert(event.plan))

    async def _reverted_before_crash(self, effect: Effect) -> Outcome | None:
        event, provider = await self._read(effect)
        return await _happened(provider, event.plan, Position.BEFORE, Position.AFTER)

    async def _reverted(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        await heard(self._clerk, tx, effect, _after(outcome, switching.on_switched_back))

    async def _find_out(self, effect: Effect) -> Outcome:
        event, provider = await self._read(effect)
        if isinstance(provider, ReadsBack):
            return Succeeded({"position": (await provider.position(event.plan)).value})
        if not effect.payload["sure"]:
            return Failed(f"{event.provider} cannot be asked where the routes stand.")
        unmoved = Position.BEFORE if event.state is State.APPLYING else Position.AFTER
        return Succeeded({"position": unmoved.value})

    async def _found_out(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        known = outcome.data["position"] if isinstance(outcome, Succeeded) else None
        position = Position(known) if known else None
        sure = bool(effect.payload["sure"])

        def decision(event: Event) -> Decision:
            if event.state is State.FAILING_BACK:
                return returning.on_position(event, position, sure=sure, rules=self._rules)
            return switching.on_position(event, position, sure=sure, rules=self._rules)

        await heard(self._clerk, tx, effect, decision)

    async def _verify(self, effect: Effect) -> Outcome:
        event, provider = await self._read(effect)
        return Succeeded(to_document(await self._proof.of_standby(provider, event)))

    async def _verified(self, tx: Transaction, effect: Effect, outcome: Outcome) -> None:
        evidence = evidence_of(outcome)

        def decision(event: Event) -> Decision:
            if evidence.ok:
                return switching.on_proved(event, evidence, tx.now, self._rules)
            return switching.on_not_proved(event, evidence, self._rules)

        await heard(self._clerk, tx, effect, decision)


def evidence_of(outcome: Outcome) -> Evidence:
    """The evidence that a proof brought; one that broke is evidence of nothing."""
    if isinstance(outcome, Succeeded):
        return from_document(Evidence, outcome.data)
    return Evidence(ok=False, reason=outcome.reason)


def _done(instructions: Instructions | None) -> Succeeded:
    return Succeeded({"instructions": list(instructions.steps)} if instructions else {})


def _after(outcome: Outcome, done: Callable[[Event], Decision]) -> Callable[[Event], Decision]:
    """What follows a switch, there or back: done, to be done by a person, or in trouble."""
    match outcome:
        case Succeeded(data) if "instructions" in data:
            return lambda event: switching.on_instructions(event, tuple(data["instructions"]))
        case Succeeded():
            return done
        case Failed() | Unknown():
            sure = isinstance(outcome, Failed)
            reason = outcome.reason
            return lambda event: switching.on_trouble(event, reason, sure=sure)


async def _happened(
    provider: Provider, plan: Plan, done: Position, undone: Position
) -> Outcome | None:
    """After a crash: whether the switch took effect; None when it may be performed (again)."""
    if not isinstance(provider, ReadsBack):
        return None
    position = await provider.position(plan)
    if position is done:
        return Succeeded()
    if position is undone:
        return None
    return Unknown("The bot stopped while a part of the switch had taken effect.")
