"""Talking to the running bot from its server's terminal."""

from __future__ import annotations

import asyncio
import json
import sys

from rig.company import Company


async def _run(company: Company, *words: str) -> tuple[int, str, str]:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "continuitybot", *words, "--config", str(company.config)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate(b"")
    return process.returncode or 0, out.decode(), err.decode()


async def test_say_prints_the_answer_and_a_refusal_is_one_clear_line(company: Company) -> None:
    (ok, status, _), (refused, out, said) = await asyncio.gather(
        _run(company, "say", "--as", "alice", "status"),
        _run(company, "say", "--as", "dmitri", "approve EVT-1"),
    )
    assert (ok, "Mail flow" in status) == (0, True)
    assert (refused, out) == (1, "")
    assert "needs the role approver" in said
    assert "Traceback" not in said


async def test_the_console_gives_a_link_and_ends_with_its_input(company: Company) -> None:
    (first, link, _), (second, _, error) = await asyncio.gather(
        _run(company, "console", "--as", "alice", "--link"),
        _run(company, "console", "--as", "bob"),
    )
    assert (first, second, error) == (0, 0, "")
    answer = await company.http.get(link.strip())
    assert answer.status_code == 200
    assert "Alice Brandt" in answer.text


async def test_a_report_comes_in_every_format(company: Company) -> None:
    await company.mail_stops()
    (ok, text, _), (again, refused, said) = await asyncio.gather(
        _run(company, "report", "inc-1", "--as", "alice", "--format", "json"),
        _run(company, "report", "INC-9", "--as", "alice"),
    )
    assert ok == 0
    assert json.loads(text)["ref"] == "INC-1"
    assert (again, refused) == (1, "")
    assert "INC-9" in said


async def test_without_a_server_it_says_how_to_start_one(company: Company) -> None:
    await company.goes_offline()
    status, _, said = await _run(company, "say", "--as", "alice", "status")
    assert status == 1
    assert "continuitybot serve" in said
    assert len(said.strip().splitlines()) <= 3


async def test_the_audit_is_verified_from_the_command_line(company: Company) -> None:
    await company.alice.says("invoke")
    status, out, _ = await _run(company, "audit", "verify")
    assert status == 0
    assert "The audit is whole" in out
