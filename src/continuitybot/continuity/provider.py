"""What continuity needs from the outside: a provider that switches, a prover that proves."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Literal, Protocol, runtime_checkable

from continuitybot.continuity.plan import Backlog, Evidence, Instructions, Plan, Position, Scope
from continuitybot.errors import Permanent

Side = Literal["standby", "primary"]


class Provider(Protocol):
    """Something that can route the mail of domains to a standby, and back.

    `apply` and `revert` are idempotent under the plan's id, or the provider can also be asked
    where the routes stand (`ReadsBack`). Both compare the world with the plan first and raise
    Stale when it no longer holds. They raise Transient, Permanent and OutcomeUnknown like every
    adapter; Instructions as an answer mean that a person has to do it.
    """

    name: str

    async def plan(self, scope: Scope) -> Plan:
        """The exact changes, read from the world as it is now; changes nothing."""
        ...

    async def apply(self, plan: Plan) -> Instructions | None:
        """Route the plan's domains to the standby."""
        ...

    async def verify(self, plan: Plan) -> Evidence:
        """Whether the provider itself sees the plan in effect."""
        ...

    async def revert(self, plan: Plan) -> Instructions | None:
        """Restore what the plan found."""
        ...

    async def drained(self, plan: Plan) -> Backlog:
        """Have the standby hand over what it took, and count how far that is."""
        ...


@runtime_checkable
class ReadsBack(Protocol):
    """A provider that can be asked, at any time, where the routes of a plan stand."""

    async def position(self, plan: Plan) -> Position:
        """Where the plan's routes stand now."""
        ...


class Prover(Protocol):
    """Proves that mail flows through one side, by canaries in both directions."""

    async def prove(self, side: Side, domains: Sequence[str], timeout: timedelta) -> Evidence:
        """One canary each way; a lost canary is evidence that is not ok, never an exception."""
        ...


def new_plan_id() -> str:
    """A plan's name for ever: what a provider is asked to do once, it is asked under this."""
    return secrets.token_hex(8)


def provider_of(name: str, providers: Mapping[str, Provider]) -> Provider:
    """The provider that an event was planned with. Raises Permanent when it is gone."""
    if name not in providers:
        raise Permanent(
            f"The provider {name} is no longer configured.", remedy="Put it back into the settings."
        )
    return providers[name]
