"""Invoking continuity: plan outside, then store the event and ask for its approval."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from continuitybot.approvals import plan_digest
from continuitybot.continuity import store
from continuitybot.continuity.carry_out import Clerk
from continuitybot.continuity.model import Event
from continuitybot.continuity.plan import Plan
from continuitybot.continuity.provider import Provider, provider_of
from continuitybot.continuity.scope import choose_provider, choose_scope, refuse_second
from continuitybot.errors import Refused
from continuitybot.people.model import Person
from continuitybot.settings.continuity import ContinuitySettings
from continuitybot.settings.values import format_duration
from continuitybot.store import Transaction, to_document


@dataclass(frozen=True)
class Request:
    """What a person asked for; empty fields are filled from the settings."""

    by: Person
    provider: str | None
    domains: Sequence[str]
    duration: timedelta | None
    at: datetime | None
    reason: str
    incident: str
    run: str
    drill: bool
    platform: str


@dataclass(frozen=True)
class Preview:
    """What an invoke would ask approval for; nothing of it is stored."""

    plan: Plan
    duration: timedelta


class Invoke:
    """Turns a request into a planned event that waits for a second person."""

    def __init__(
        self,
        clerk: Clerk,
        settings: ContinuitySettings,
        providers: Mapping[str, Provider],
        protected: Sequence[str],
    ) -> None:
        self._clerk = clerk
        self._settings = settings
        self._providers = providers
        self._protected = protected

    async def __call__(self, request: Request) -> Event:
        """The planned event. Raises Refused, NotFound, and what the provider's plan raises."""
        wanted = await self.preview(
            request.provider, request.domains, request.duration, drill=request.drill
        )
        async with self._clerk.database.transaction() as tx:
            # Taking the reference first makes two invokes wait for each other, so that the
            # second sees the first.
            ref = await tx.next_ref("EVT")
            refuse_second(wanted.plan.scope, await store.all_events(tx, open_only=True))
            event = self._event(tx, ref, request, wanted.plan, wanted.duration)
            return await self._clerk.open(
                tx, event, _planned(request, event), platform=request.platform
            )

    async def preview(
        self,
        provider: str | None,
        domains: Sequence[str],
        duration: timedelta | None,
        *,
        drill: bool,
    ) -> Preview:
        """The plan as the provider makes it now. Raises as `__call__` does."""
        chosen = choose_provider(self._settings, provider)
        scope = choose_scope(chosen, domains, self._protected, drill=drill)
        how_long = self._duration(duration)
        async with self._clerk.database.reading() as look:
            refuse_second(scope, await store.all_events(look, open_only=True))
        plan = await provider_of(chosen.name, self._providers).plan(scope)
        return Preview(plan, how_long)

    def _duration(self, wanted: timedelta | None) -> timedelta:
        duration = self._settings.default_duration if wanted is None else wanted
        if not timedelta() < duration <= self._settings.max_duration:
            raise Refused(
                "The event's duration is not possible.",
                remedy=f"Choose up to {format_duration(self._settings.max_duration)}.",
            )
        return duration

    def _event(
        self, tx: Transaction, ref: str, request: Request, plan: Plan, duration: timedelta
    ) -> Event:
        start = max(request.at or tx.now, tx.now)
        return Event(
            ref=ref,
            provider=plan.provider,
            plan=plan,
            plan_hash=plan_hash(plan, start, duration),
            requester=request.by.handle,
            start=start,
            end=start + duration,
            duration=duration,
            reason=request.reason,
            incident=request.incident,
            run=request.run,
        )


def plan_hash(plan: Plan, start: datetime, duration: timedelta) -> str:
    """What an approval to invoke is bound to: the plan, its start and its duration."""
    return plan_digest(
        {
            "plan": to_document(plan),
            "start": start.isoformat(),
            "duration": duration.total_seconds(),
        }
    )


def _planned(request: Request, event: Event) -> str:
    why = f" ({event.reason})" if event.reason else ""
    return (
        f"{request.by.name} asks to route the mail of {event.where} to the standby for "
        f"{format_duration(event.duration)}{why}; somebody else has to approve it."
    )
