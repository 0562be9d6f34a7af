"""The webhook provider and a gateway on loopback: what is sent, what is made of answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from continuitybot.continuity.plan import Plan, Position, Scope
from continuitybot.continuity.providers.webhook import Webhook
from continuitybot.errors import (
    ContinuityError,
    OutcomeUnknown,
    Permanent,
    Refused,
    Stale,
    Transient,
)
from continuitybot.settings.continuity import WebhookProvider
from rig.gateway_peer import DOMAIN, KEY, OTHER, TOKEN, GatewayPeer, settings_of

SCOPE = Scope((DOMAIN,))


@pytest.fixture
async def peer(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[GatewayPeer]:
    monkeypatch.setenv("GATEWAY_TOKEN", TOKEN)
    monkeypatch.setenv("GATEWAY_KEY", KEY)
    async with GatewayPeer().served() as served:
        yield served


def _webhook(peer: GatewayPeer, **other: Any) -> Webhook:
    return Webhook(WebhookProvider.model_validate({**settings_of(peer), **other}))


async def _planned(peer: GatewayPeer) -> tuple[Webhook, Plan]:
    webhook = _webhook(peer)
    return webhook, await webhook.plan(SCOPE)


async def test_every_change_has_its_key_and_every_request_its_signature(peer: GatewayPeer) -> None:
    webhook, plan = await _planned(peer)
    await webhook.apply(plan)
    await webhook.verify(plan)
    await webhook.drained(plan)
    assert list(peer.operations) == [f"{plan.id}-apply-{DOMAIN}", f"{plan.id}-drain-{DOMAIN}"]
    assert peer.operations[f"{plan.id}-apply-{DOMAIN}"] == {
        "next_hop": "standby",
        "expected": "primary",
    }
    assert peer.signatures
    assert all(peer.signatures)


async def test_a_lost_answer_is_unknown_and_reading_back_tells_what_became_of_it(
    peer: GatewayPeer,
) -> None:
    webhook, plan = await _planned(peer)
    peer.drop_after_change = True
    with pytest.raises(OutcomeUnknown, match="no answer"):
        await webhook.apply(plan)
    assert await webhook.position(plan) is Position.AFTER


async def test_what_is_at_the_standby_already_is_not_planned(peer: GatewayPeer) -> None:
    peer.routes[DOMAIN] = "standby"
    plan = await _webhook(peer).plan(Scope((DOMAIN, OTHER)))
    assert [change.domain for change in plan.changes] == [OTHER]
    assert DOMAIN in plan.warnings[0]
    with pytest.raises(Refused, match="already routed to standby"):
        await _webhook(peer).plan(SCOPE)


@pytest.mark.parametrize(
    ("status", "while_reading", "while_changing"),
    [
        (400, Permanent, Permanent),
        (403, Permanent, Permanent),
        (409, Stale, Stale),
        (429, Transient, Transient),
        (500, Transient, OutcomeUnknown),
        (503, Transient, Transient),
        (504, Transient, OutcomeUnknown),
    ],
)
async def test_an_answer_is_named_for_what_it_means(
    peer: GatewayPeer,
    status: int,
    while_reading: type[ContinuityError],
    while_changing: type[ContinuityError],
) -> None:
    webhook, plan = await _planned(peer)
    later = {"Retry-After": "7"}
    peer.answer = lambda: web.Response(status=status, text="no\nthanks", headers=later)
    with pytest.raises(while_reading, match=rf"gateway\.read: .* {status}: no thanks") as told:
        await webhook.plan(SCOPE)
    assert told.value.code == str(status)
    if isinstance(told.value, Transient) and status in {429, 503}:
        assert told.value.retry_after == 7
    with pytest.raises(while_changing, match=r"gateway\.drain"):
        await webhook.drained(plan)


async def test_a_gateway_that_is_not_there_is_tried_again_later(peer: GatewayPeer) -> None:
    with pytest.raises(Transient, match="cannot be reached"):
        await _webhook(peer, base_url="http://127.0.0.1:9").plan(SCOPE)


async def test_a_wrong_token_is_said_with_the_call_it_happened_in(
    peer: GatewayPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GATEWAY_TOKEN", "wrong")
    with pytest.raises(Permanent, match=r"gateway\.read: .* 401: .*who are you"):
        await _webhook(peer).plan(SCOPE)


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"standby": "{{ vars.nothing }}"}, r"gateway\.standby: the template .*nothing"),
        (
            {"read": {"url": "/gateway/routes/{{ change.after }}", "value": "route"}},
            r"gateway\.read\.url: .*'change' is undefined",
        ),
        (
            {"read": {"url": "/gateway/routes/{{ domain }}", "value": "route.host"}},
            r"nothing at 'route\.host' \(missing: 'host'\)",
        ),
        ({"standby": "{{ domain.__class__.__mro__ }}"}, r"gateway\.standby"),
    ],
)
async def test_a_mistake_in_the_settings_is_named_with_its_place(
    peer: GatewayPeer, other: dict[str, Any], said: str
) -> None:
    with pytest.raises(ContinuityError, match=said):
        await _webhook(peer, **other).plan(SCOPE)


async def test_an_answer_that_is_not_json_is_shown(peer: GatewayPeer) -> None:
    peer.answer = lambda: web.Response(text="<html>")
    with pytest.raises(Permanent, match="not JSON: '<html>'"):
        await _webhook(peer).plan(SCOPE)


async def test_a_count_that_is_no_number_is_refused(peer: GatewayPeer) -> None:
    _, plan = await _planned(peer)
    drained = {**settings_of(peer)["drained"], "lost": "draining"}
    peer.answer = lambda: web.json_response(
        {"taken": 1, "copied_back": 1, "duplicates": 0, "outstanding": 0, "draining": True}
    )
    with pytest.raises(Permanent, match="no whole number at 'draining'"):
        await _webhook(peer, drained=drained).drained(plan)


async def test_a_provider_that_counts_nothing_says_so(peer: GatewayPeer) -> None:
    _, plan = await _planned(peer)
    assert not (await _webhook(peer, drain=None, drained=None).drained(plan)).counted
