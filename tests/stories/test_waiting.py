"""Runs that wait for the mail to be well."""

from __future__ import annotations

from pathlib import Path

from rig.company import Document, open_company

QUIET = """
name: quiet-hour
title: A quiet hour
kind: incident
steps:
  - id: well
    title: Inbound mail is healthy
    wait: {healthy: {direction: inbound, for: 10m}}
"""


async def test_a_run_that_waits_since_before_anything_was_known_goes_on(tmp_path: Path) -> None:
    def with_quiet_hour(settings: Document) -> None:
        (tmp_path / "own").mkdir()
        (tmp_path / "own" / "quiet-hour.yaml").write_text(QUIET, encoding="utf-8")
        settings["runbooks"] = {"folders": ["own"]}

    async with open_company(tmp_path, with_quiet_hour) as company:
        await company.alice.says("run quiet-hour")
        assert "Inbound mail is healthy" in await company.card("RUN-1")
        await company.until("RUN-1", "finished", minutes=20)
