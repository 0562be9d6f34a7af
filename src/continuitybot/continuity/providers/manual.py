"""The provider that is a person: the bot says what to do, waits, and proves it by canaries."""

from __future__ import annotations

from continuitybot.continuity.plan import Backlog, Change, Evidence, Instructions, Plan, Scope
from continuitybot.continuity.provider import new_plan_id
from continuitybot.settings.continuity import ManualProvider


class Manual:
    """Written instructions, one list for the way there and one for the way back."""

    def __init__(self, settings: ManualProvider) -> None:
        self._settings = settings
        self.name = settings.name

    async def plan(self, scope: Scope) -> Plan:
        """One change per domain; what it is now, only the person who makes it can see."""
        return Plan(
            id=new_plan_id(),
            provider=self.name,
            scope=scope,
            changes=tuple(
                Change(f"route for {domain}", before="primary", after="standby", domain=domain)
                for domain in scope.domains
            ),
            undo=" ".join(self._written(self._settings.revert, scope)),
            warnings=("A person makes this change by hand; the bot proves it with canaries.",),
        )

    async def apply(self, plan: Plan) -> Instructions:
        return Instructions(self._written(self._settings.apply, plan.scope))

    async def revert(self, plan: Plan) -> Instructions:
        return Instructions(self._written(self._settings.revert, plan.scope))

    async def verify(self, plan: Plan) -> Evidence:
        """Nothing can be read here, so the canaries alone decide."""
        return Evidence(ok=True, facts=("a person says that it is done",))

    async def drained(self, plan: Plan) -> Backlog:
        return Backlog.uncounted()

    @staticmethod
    def _written(steps: tuple[str, ...], scope: Scope) -> tuple[str, ...]:
        return tuple(step.replace("{domain}", ", ".join(scope.domains)) for step in steps)
