"""What every provider promises, and the fake of the stories with them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from continuitybot.continuity.plan import Instructions, Position, Scope
from continuitybot.continuity.provider import Provider, ReadsBack
from continuitybot.continuity.providers import PROVIDERS, build_providers
from continuitybot.errors import Stale
from continuitybot.settings.continuity import ContinuitySettings
from rig.continuity import DOMAIN as MEMORY_DOMAIN
from rig.continuity import MemoryProvider
from rig.gateway_peer import DOMAIN, KEY, OTHER, TOKEN, GatewayPeer, settings_of


class Bench:
    """A provider, the routes that it switches, and how many changes they have seen."""

    def __init__(
        self,
        provider: Provider,
        routes: dict[str, str],
        changes: list[str],
        domains: tuple[str, ...],
    ) -> None:
        self.provider = provider
        self.routes = routes
        self.changes = changes
        self.scope = Scope(domains)

    async def position(self, plan: object) -> Position:
        assert isinstance(self.provider, ReadsBack)
        return await self.provider.position(plan)  # type: ignore[arg-type]  # a Plan


@pytest.fixture(params=["memory", "webhook"])
async def bench(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Bench]:
    """Every provider that switches by itself."""
    if request.param == "memory":
        memory = MemoryProvider()
        routes = memory.routes
        yield Bench(memory, routes.now, routes.switches, (MEMORY_DOMAIN, "example.org"))
        return
    monkeypatch.setenv("GATEWAY_TOKEN", TOKEN)
    monkeypatch.setenv("GATEWAY_KEY", KEY)
    async with GatewayPeer().served() as peer:
        settings = ContinuitySettings.model_validate({"providers": [settings_of(peer)]})
        provider = build_providers(settings)["gateway"]
        yield Bench(provider, peer.routes, peer.changes, (DOMAIN, OTHER))


async def test_a_plan_is_exact_and_has_no_effect(bench: Bench) -> None:
    plan = await bench.provider.plan(bench.scope)
    assert bench.changes == []
    assert [(c.domain, c.before, c.after) for c in plan.changes] == [
        (domain, "primary", "standby") for domain in bench.scope.domains
    ]
    assert plan.undo
    assert plan.id != (await bench.provider.plan(bench.scope)).id


async def test_what_was_planned_is_applied_and_seen(bench: Bench) -> None:
    plan = await bench.provider.plan(bench.scope)
    assert not (await bench.provider.verify(plan)).ok
    await bench.provider.apply(plan)
    assert set(bench.routes.values()) == {"standby"}
    evidence = await bench.provider.verify(plan)
    assert evidence.ok
    assert evidence.facts


async def test_a_plan_whose_before_no_longer_holds_is_refused_whole(bench: Bench) -> None:
    plan = await bench.provider.plan(bench.scope)
    bench.routes[bench.scope.domains[0]] = "elsewhere"
    with pytest.raises(Stale, match="elsewhere"):
        await bench.provider.apply(plan)
    assert bench.changes == []


async def test_applied_twice_is_once(bench: Bench) -> None:
    plan = await bench.provider.plan(bench.scope)
    await bench.provider.apply(plan)
    await bench.provider.apply(plan)
    assert len(bench.changes) == len(bench.scope.domains)


async def test_after_a_crash_it_can_be_asked_where_the_routes_stand(bench: Bench) -> None:
    plan = await bench.provider.plan(bench.scope)
    assert await bench.position(plan) is Position.BEFORE
    bench.routes[bench.scope.domains[0]] = "standby"
    assert await bench.position(plan) is Position.NEITHER
    await bench.provider.apply(plan)
    assert await bench.position(plan) is Position.AFTER
    assert len(bench.changes) == len(bench.scope.domains) - 1


async def test_reverting_restores_what_was_found_and_twice_is_once(bench: Bench) -> None:
    bench.routes[bench.scope.domains[1]] = "old-primary"
    plan = await bench.provider.plan(bench.scope)
    await bench.provider.apply(plan)
    await bench.provider.revert(plan)
    await bench.provider.revert(plan)
    assert bench.routes == dict(zip(bench.scope.domains, ["primary", "old-primary"], strict=True))
    assert len(bench.changes) == 2 * len(bench.scope.domains)


async def test_a_route_that_somebody_else_changed_is_not_reverted(bench: Bench) -> None:
    plan = await bench.provider.plan(bench.scope)
    await bench.provider.apply(plan)
    bench.routes[bench.scope.domains[0]] = "elsewhere"
    with pytest.raises(Stale):
        await bench.provider.revert(plan)
    assert bench.routes[bench.scope.domains[0]] == "elsewhere"


async def test_the_backlog_of_an_empty_standby_is_empty(bench: Bench) -> None:
    plan = await bench.provider.plan(bench.scope)
    await bench.provider.apply(plan)
    await bench.provider.revert(plan)
    backlog = await bench.provider.drained(plan)
    assert backlog.empty
    assert backlog.taken == backlog.delivered > 0


async def test_a_person_gets_written_instructions_for_each_way() -> None:
    settings = {
        "name": "hands",
        "kind": "manual",
        "apply": ["Log on.", "Point {domain} at the standby."],
        "revert": ["Point {domain} at the primary."],
    }
    manual = build_providers(ContinuitySettings.model_validate({"providers": [settings]}))["hands"]
    plan = await manual.plan(Scope(("example.com", "example.org")))
    assert len(plan.changes) == 2
    assert await manual.apply(plan) == Instructions(
        ("Log on.", "Point example.com, example.org at the standby.")
    )
    assert await manual.revert(plan) == Instructions(
        ("Point example.com, example.org at the primary.",)
    )
    assert not (await manual.drained(plan)).counted
    assert not isinstance(manual, ReadsBack)


def test_every_kind_of_provider_in_the_settings_is_registered() -> None:
    schema = ContinuitySettings.model_json_schema()
    kinds = schema["properties"]["providers"]["items"]["discriminator"]["mapping"]
    assert set(kinds) == set(PROVIDERS)
