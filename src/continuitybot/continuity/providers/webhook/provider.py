"""Switching mail by HTTP calls: every route is read, compared, changed, and read again."""

from __future__ import annotations

from typing import Any

from continuitybot.continuity.plan import Backlog, Change, Evidence, Plan, Position, Scope
from continuitybot.continuity.provider import new_plan_id
from continuitybot.continuity.providers.webhook.answers import count_at, value_at
from continuitybot.continuity.providers.webhook.caller import Caller
from continuitybot.continuity.providers.webhook.templates import fill
from continuitybot.errors import Refused, Stale
from continuitybot.settings.continuity import WebhookCall, WebhookCount, WebhookProvider


class Webhook:
    """One route per domain; `read` tells it, `apply` and `revert` change it."""

    def __init__(self, settings: WebhookProvider) -> None:
        self._settings = settings
        self._caller = Caller(settings)
        self.name = settings.name

    async def plan(self, scope: Scope) -> Plan:
        """One change per domain, `before` read live. Raises Refused when nothing would change."""
        changes = [await self._planned(domain, scope) for domain in scope.domains]
        there = tuple(change.domain for change in changes if change.before == change.after)
        needed = tuple(change for change in changes if change.before != change.after)
        if not needed:
            raise Refused(f"{', '.join(there)} is already routed to {changes[0].after}.")
        return Plan(
            id=new_plan_id(),
            provider=self.name,
            scope=scope,
            changes=needed,
            undo="; ".join(f"{change.what} back to {change.before}" for change in needed),
            warnings=tuple(f"{domain} is at the standby already and stays." for domain in there),
        )

    async def apply(self, plan: Plan) -> None:
        """Route every domain to the standby; what is there already is left alone."""
        for change in await self._to_do(plan, plan.changes):
            await self._change("apply", self._settings.apply, plan, change)

    async def revert(self, plan: Plan) -> None:
        """Restore what the plan found; what is as before already is left alone."""
        backwards = tuple(_reversed(change) for change in plan.changes)
        for change in await self._to_do(plan, backwards):
            await self._change("revert", self._settings.revert, plan, _reversed(change))

    async def verify(self, plan: Plan) -> Evidence:
        """Read every route, and ask `verify` where it is configured."""
        facts: list[str] = []
        for change in plan.changes:
            now = await self._route(change.domain, plan.scope)
            if now != change.after:
                return Evidence(False, tuple(facts), f"{change.what} is {now}, not {change.after}")
            if self._settings.verify is not None:
                variables = self._variables(change.domain, plan.scope, plan, change)
                key = f"{plan.id}-verify-{change.domain}"
                await self._caller.change("verify", self._settings.verify, variables, key)
            facts.append(f"{change.what} is {now}")
        return Evidence(True, tuple(facts))

    async def position(self, plan: Plan) -> Position:
        """Read every route and compare it with the plan."""
        routes = [await self._route(change.domain, plan.scope) for change in plan.changes]
        if routes == [change.after for change in plan.changes]:
            return Position.AFTER
        if routes == [change.before for change in plan.changes]:
            return Position.BEFORE
        return Position.NEITHER

    async def drained(self, plan: Plan) -> Backlog:
        """Tell the standby to hand over (again: it may be told any number of times), and count."""
        total = Backlog() if self._settings.drained else Backlog.uncounted()
        for change in plan.changes:
            variables = self._variables(change.domain, plan.scope, plan, change)
            if self._settings.drain is not None:
                key = f"{plan.id}-drain-{change.domain}"
                await self._caller.change("drain", self._settings.drain, variables, key)
            if self._settings.drained is not None:
                where = f"{self.name}.drained"
                answer = await self._caller.read("drained", self._settings.drained, variables)
                total += _backlog(self._settings.drained, answer, where)
        return total

    async def _planned(self, domain: str, scope: Scope) -> Change:
        variables = self._variables(domain, scope)
        return Change(
            what=f"route for {domain}",
            before=await self._route(domain, scope),
            after=fill(self._settings.standby, variables, f"{self.name}.standby"),
            domain=domain,
        )

    async def _to_do(self, plan: Plan, changes: tuple[Change, ...]) -> list[Change]:
        """Those that are still to be made. Raises Stale when a route is something unforeseen."""
        to_do = []
        for change in changes:
            now = await self._route(change.domain, plan.scope)
            if now == change.after:
                continue
            if now != change.before:
                raise Stale(
                    f"{change.what} is {now}; the plan found {change.before}.",
                    remedy="Somebody else changed it; look why, then plan again.",
                )
            to_do.append(change)
        return to_do

    async def _change(self, name: str, call: WebhookCall, plan: Plan, change: Change) -> None:
        variables = self._variables(change.domain, plan.scope, plan, change)
        await self._caller.change(name, call, variables, f"{plan.id}-{name}-{change.domain}")

    async def _route(self, domain: str, scope: Scope) -> str:
        read = self._settings.read
        answer = await self._caller.read("read", read, self._variables(domain, scope))
        return str(value_at(answer, read.value, f"{self.name}.read"))

    def _variables(
        self,
        domain: str,
        scope: Scope,
        plan: Plan | None = None,
        change: Change | None = None,
    ) -> dict[str, Any]:
        known: dict[str, Any] = {
            "domain": domain,
            "domains": list(scope.domains),
            "drill": scope.drill,
            "vars": self._settings.variables,
        }
        return known | ({"plan": plan, "change": change} if plan and change else {})


def _backlog(count: WebhookCount, answer: Any, where: str) -> Backlog:
    return Backlog(
        taken=count_at(answer, count.taken, where),
        delivered=count_at(answer, count.delivered, where),
        duplicates=count_at(answer, count.duplicates, where),
        outstanding=count_at(answer, count.outstanding, where),
        lost=count_at(answer, count.lost, where),
    )


def _reversed(change: Change) -> Change:
    return Change(change.what, change.after, change.before, change.domain)
