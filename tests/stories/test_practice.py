"""Drills are marked in words and touch nobody but the pilots; checklists keep their evidence."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rig.company import Company, Document, open_company

CHANNEL_TEST = """
name: channel-test
title: Text channel test
kind: drill
steps:
  - id: wake
    title: Wake whoever is on call
    page: {who: on-call, text: Please look at the test.}
  - id: tell
    title: Text everybody
    broadcast: {audience: all, text: This is how we would reach you.}
  - id: close
    title: Say that it is over
    say: {text: The test is over.}
"""
PILOTS = ("alice", "bob", "carol", "dmitri")


@pytest.fixture
async def practising(tmp_path: Path) -> AsyncIterator[Company]:
    def with_a_drill(settings: Document) -> None:
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "channel-test.yaml").write_text(CHANNEL_TEST, encoding="utf-8")
        settings["runbooks"] = {"folders": ["own"]}
        settings["drills"] = [{"name": "monthly", "runbook": "channel-test", "cron": "15 10 * * *"}]

    async with open_company(tmp_path, with_a_drill) as company:
        yield company


async def test_a_tabletop_drill_simulates_everything(practising: Company) -> None:
    company = practising
    await company.alice.says("drill start live-incident --mode tabletop")
    await company.passes(minutes=1)
    await company.alice.clicks("Invoke continuity")
    await company.passes(hours=1)
    assert "DRILL" in await company.card("DRILL-1")
    assert await _everything_is_marked(company)
    assert company.route == "primary"
    for phone in ("farid", *PILOTS):
        company.phone(phone).expect_nothing()


async def test_a_pilot_drill_reaches_the_pilots_only_and_says_drill(
    practising: Company,
) -> None:
    company = practising
    await company.alice.says("drill start channel-test --mode pilot")
    await company.until("SMS-1", "waits for approval")
    await company.bob.says("approve SMS-1")
    await company.until("DRILL-1", "finished", minutes=30)
    company.phones.expect_nothing()
    for handle in PILOTS:
        assert all("DRILL" in text for text in company.phone(handle).received)
        company.phone(handle).expects("[DRILL] This is how we would reach you")
    assert await _everything_is_marked(company)
    assert "passed" in (await company.alice.says("drill report DRILL-1")).casefold()


async def test_a_scheduled_drill_is_held_and_shows_in_readiness(practising: Company) -> None:
    company = practising
    assert "drill" in (await company.alice.says("readiness")).casefold()
    await company.passes(minutes=20)
    assert "DRILL-1" in await company.card("DRILL-1")
    assert "monthly" in await company.alice.says("drill list")


async def test_a_checklist_wants_evidence_and_remembers_it(company: Company) -> None:
    await company.alice.says("checklist pre-event-checklist")
    await company.passes(minutes=1)
    assert "evidence" in await company.alice.is_refused("item done RUN-1 contacts")
    await company.alice.clicks("Send", evidence="imported on 10 March")
    await company.passes(minutes=1)
    assert "imported on 10 March" in await company.card("RUN-1")
    for item in ("approvers", "logins", "texts", "paper"):
        await company.bob.says(f'item na RUN-1 {item} "done last week"')
    await company.until("RUN-1", "finished")


async def _everything_is_marked(company: Company) -> bool:
    sections = [section for section in await company.alice.feed() if section.shared]
    return bool(sections) and all("DRILL" in section.page.text for section in sections)
