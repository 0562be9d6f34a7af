"""Talking to the running bot from its server's terminal."""

from __future__ import annotations

import asyncio
import json
import sys

from typer.testing import CliRunner

from continuitybot.cli import app
from rig.company import Company


async def _run(company: Company, *words: str) -> str:
    """What a command prints that must succeed; the bot goes on answering meanwhile."""
    words = (*words, "--config", str(company.config))
    result = await asyncio.to_thread(CliRunner().invoke, app, words, "")
    assert result.exit_code == 0, result.exception
    return result.output


async def _fail(company: Company, *words: str) -> str:
    """What a real process says that must end with status 1."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "continuitybot", *words, "--config", str(company.config)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, said = await process.communicate()
    assert (process.returncode, out) == (1, b"")
    assert "Traceback" not in said.decode()
    return said.decode()


async def test_say_prints_the_answer_and_a_refusal_is_one_clear_line(company: Company) -> None:
    assert "Mail flow" in await _run(company, "say", "--as", "alice", "status")
    refusal = await _fail(company, "say", "--as", "dmitri", "approve EVT-1")
    assert "needs the role approver" in refusal


async def test_the_console_gives_a_link_and_ends_with_its_input(company: Company) -> None:
    assert "In the browser" in await _run(company, "console", "--as", "bob")
    link = await _run(company, "console", "--as", "alice", "--link")
    answer = await company.http.get(link.strip())
    assert answer.status_code == 200
    assert "Alice Brandt" in answer.text


async def test_a_report_comes_in_every_format(company: Company) -> None:
    await company.mail_stops()
    report = ("report", "inc-1", "--as", "alice", "--format")
    assert json.loads(await _run(company, *report, "json"))["ref"] == "INC-1"
    assert (await _run(company, *report, "md")).startswith("# ")
    assert "<html" in await _run(company, *report, "html")


async def test_without_a_server_it_says_how_to_start_one(company: Company) -> None:
    await company.goes_offline()
    said = await _fail(company, "say", "--as", "alice", "status")
    assert "continuitybot serve" in said
    assert len(said.strip().splitlines()) == 1


async def test_runs_are_listed_and_one_is_shown_with_a_link_to_its_page(company: Company) -> None:
    await company.mail_stops()
    assert "RUN-1  Live e-mail incident  waiting" in await _run(company, "runs", "--as", "bob")
    shown = await _run(company, "show", "run-1", "--as", "bob")
    assert "Waits for         an answer, by" in shown
    assert "/portal/RUN-1?key=" in shown
