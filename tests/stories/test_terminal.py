"""Commands typed in a terminal on the bot's own machine reach the bot that runs there."""

from __future__ import annotations

import asyncio

from typer.testing import CliRunner

from continuitybot.cli import app
from rig.company import Company


async def test_a_runbook_is_tried_dry_and_started_with_its_inputs(company: Company) -> None:
    tried = await _types(company, "run", "live-incident", "webmail=the web mail", "--dry-run")
    assert "Dry run of live-incident: nothing was done" in tried
    assert "Read and send mail at the web mail." in tried
    other = ("--mode", "tabletop", "--answer", "decide=wait")
    tried = await _types(company, "run", "live-incident", "--dry-run", *other)
    assert "In the mode tabletop." in tried
    assert "Would wait for inbound mail to be healthy." in tried
    started = await _types(company, "run", "live-incident", "webmail=the web mail")
    assert "RUN-1 has started" in started


async def test_a_run_is_compared_with_the_runbook_there_is_now(company: Company) -> None:
    await company.alice.says("run live-incident")
    compared = await _types(company, "runbook", "diff", "RUN-1")
    assert "live-incident is as it was when RUN-1 started" in compared


async def _types(company: Company, *words: str) -> str:
    """What the command prints; it is another program, so it must not hold up the bot."""
    line = [*words, "--as", "alice", "--config", str(company.config)]
    result = await asyncio.to_thread(CliRunner().invoke, app, line)
    assert result.exit_code == 0, f"{result.output}{result.exception}"
    return " ".join(result.output.split())
