"""Proof by canary: a side counts as working only when mail went through it both ways."""

from __future__ import annotations

from datetime import timedelta

from continuitybot.continuity.model import Event
from continuitybot.continuity.plan import Evidence
from continuitybot.continuity.provider import Prover, Provider, Side
from continuitybot.errors import ContinuityError
from continuitybot.settings.continuity import Prove


class Proof:
    """Sends as many canaries as the settings ask for, and adds up what came of them."""

    def __init__(self, prover: Prover, settings: Prove) -> None:
        self._prover = prover
        self._settings = settings

    @property
    def longest(self) -> timedelta:
        """How long one proof may take at most."""
        return self._settings.timeout * self._settings.canaries

    async def of_standby(self, provider: Provider, event: Event) -> Evidence:
        """The provider sees the plan in effect, and canaries went through the standby."""
        try:
            seen = await provider.verify(event.plan)
        except ContinuityError as error:
            return Evidence(ok=False, reason=str(error))
        return seen + await self._canaries("standby", event) if seen.ok else seen

    async def of_primary(self, event: Event) -> Evidence:
        """Canaries went through the primary."""
        return await self._canaries("primary", event)

    async def round_trip(self, event: Event) -> Evidence:
        """One canary through the primary, each way."""
        return await self._canary("primary", event)

    async def _canaries(self, side: Side, event: Event) -> Evidence:
        evidence = Evidence(ok=True)
        for _ in range(self._settings.canaries):
            evidence += await self._canary(side, event)
            if not evidence.ok:
                break
        return evidence

    async def _canary(self, side: Side, event: Event) -> Evidence:
        try:
            return await self._prover.prove(side, event.domains, self._settings.timeout)
        except ContinuityError as error:
            return Evidence(ok=False, reason=str(error))
