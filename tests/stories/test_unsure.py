"""A bot that cannot be sure of its work touches nothing outside, and goes on when it is again."""

from __future__ import annotations

import math
from contextlib import nullcontext

import pytest

from continuitybot.app.ground import make_edges
from continuitybot.errors import Transient
from continuitybot.store import Effect
from rig.company import Company


async def test_an_unsure_bot_switches_nothing_until_it_is_sure_again(company: Company) -> None:
    before = company.route
    await company.alice.says("invoke")
    company.bot.database.tenure.lasts_until(0)
    await company.bob.says("approve EVT-1")
    await company.passes(seconds=1)
    assert company.route == before
    company.bot.database.tenure.lasts_until(math.inf)
    await company.until("EVT-1", "ACTIVE")
    assert company.route != before


async def test_a_provider_is_not_called_by_a_bot_that_became_unsure_on_the_way(
    company: Company,
) -> None:
    before = company.route
    await company.alice.says("invoke")
    (apply,) = (one for one in company.bot.rooms.continuity.duties() if one.kind.endswith("apply"))
    company.bot.database.tenure.lasts_until(0)  # after the worker has asked
    with pytest.raises(Transient, match="may have taken over its work"):
        await apply.perform(Effect("EVT-1/apply/1", apply.kind, ref="EVT-1"))
    assert company.route == before


async def test_a_runbook_makes_no_http_call_while_the_bot_is_unsure(company: Company) -> None:
    edges = make_edges(company.bot.ground, lambda *_: nullcontext())
    assert (await edges.http.get(f"{company.url}/healthz")).is_success
    company.bot.database.tenure.lasts_until(0)
    with pytest.raises(Transient, match="may have taken over its work"):
        await edges.http.get(f"{company.url}/healthz")
    await edges.http.aclose()
