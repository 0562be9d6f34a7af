"""The lab's gateway, driven by nothing but webhook settings."""

from __future__ import annotations

import pytest

from continuitybot.continuity.plan import Position, Scope
from continuitybot.continuity.provider import ReadsBack
from continuitybot.continuity.providers import build_providers
from continuitybot.lab import Lab
from continuitybot.lab.company import DOMAIN
from continuitybot.settings.continuity import ContinuitySettings


def _settings(http_url: str) -> ContinuitySettings:
    route = "/gateway/routes/{{ domain }}"
    gateway = {
        "name": "gateway",
        "kind": "webhook",
        "domains": [DOMAIN],
        "base_url": http_url,
        "bearer": "env:GATEWAY_TOKEN",
        "standby": "standby",
        "read": {"url": route, "value": "next_hop"},
        "apply": {
            "method": "PUT",
            "url": route,
            "json": {"next_hop": "{{ change.after }}", "expected": "{{ change.before }}"},
        },
        "revert": {
            "method": "PUT",
            "url": route,
            "json": {"next_hop": "{{ change.before }}", "expected": "{{ change.after }}"},
        },
        "drain": {"method": "POST", "url": "/standby/drain", "json": {"domain": "{{ domain }}"}},
        "drained": {
            "url": "/books/{{ domain }}",
            "taken": "taken",
            "delivered": "copied_back",
            "duplicates": "duplicates",
            "outstanding": "outstanding",
            "lost": "lost",
        },
    }
    return ContinuitySettings.model_validate({"providers": [gateway]})


async def test_the_gateway_of_the_lab_is_switched_and_switched_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab = Lab()
    await lab.start()
    try:
        monkeypatch.setenv("GATEWAY_TOKEN", lab.addresses.gateway_token)
        gateway = build_providers(_settings(lab.addresses.http_url))["gateway"]
        assert isinstance(gateway, ReadsBack)
        plan = await gateway.plan(Scope((DOMAIN,)))
        assert plan.lines == [f"route for {DOMAIN}: primary → standby"]

        await gateway.apply(plan)
        await gateway.apply(plan)
        assert (await gateway.verify(plan)).ok

        await gateway.revert(plan)
        assert await gateway.position(plan) is Position.BEFORE
        assert (await gateway.drained(plan)).counted
    finally:
        await lab.stop()
