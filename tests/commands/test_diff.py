"""A run carries its runbook; what has changed in the file since is shown line by line."""

from __future__ import annotations

from pathlib import Path

from continuitybot.app import Bot, build
from continuitybot.chat import text
from continuitybot.chat.platform import Command
from continuitybot.people.model import Identity
from continuitybot.settings import load
from rig.company import Company, Document, open_company

HELLO = """
name: hello
title: Say hello
kind: incident
steps:
  - {id: greet, title: Greet, say: {text: Good morning}}
"""


async def test_a_bot_with_another_file_says_what_has_changed_since_the_run(tmp_path: Path) -> None:
    file = tmp_path / "own" / "hello.yaml"

    def with_it(settings: Document) -> None:
        file.parent.mkdir()
        file.write_text(HELLO, encoding="utf-8")
        settings["runbooks"] = {"folders": ["own"]}

    async with open_company(tmp_path, with_it) as company:
        await company.alice.says("run hello")
        assert "is as it was when RUN-1 started" in await _said(company.bot)
        file.write_text(HELLO.replace("morning", "evening"), encoding="utf-8")
        changed = await _said_by_the_next_bot(company)
        file.unlink()
        gone = await _said_by_the_next_bot(company)
    assert changed.splitlines()[:3] == [
        "hello has changed since RUN-1 started",
        "- as RUN-1 carries it, + as it is now",
        "Step greet has changed",
    ]
    assert "  -   text: Good morning" in changed.splitlines()
    assert "  +   text: Good evening" in changed.splitlines()
    assert "hello is no longer there" in gone


async def _said_by_the_next_bot(company: Company) -> str:
    """What the bot would answer that reads the files anew, on the same records."""
    bot = build(load(company.config), company.folder, company.clock)
    try:
        return await _said(bot)
    finally:
        await bot.stop()


async def _said(bot: Bot) -> str:
    command = Command(Identity("console", "", "alice"), "diff RUN-1", "test")
    reply = await bot.commands.handle(command)
    return "\n".join(text.render(card) for card in reply.cards)


LATER = """
name: hello
title: Say hello
kind: incident
steps:
  - {id: pause, title: A while, wait: {for: 1m}}
  - {id: greet, title: Greet, say: {text: Good morning}}
"""


async def test_a_run_goes_on_after_a_restart_with_a_file_that_broke_meanwhile(
    tmp_path: Path,
) -> None:
    file = tmp_path / "own" / "hello.yaml"

    def with_it(settings: Document) -> None:
        file.parent.mkdir()
        file.write_text(LATER, encoding="utf-8")
        settings["runbooks"] = {"folders": ["own"]}

    async with open_company(tmp_path, with_it) as company:
        await company.alice.says("run hello")
        await company.bot.workers.run_due()
        file.write_text(LATER.replace("wait:", "wiat:"), encoding="utf-8")
        bot = build(load(company.config), company.folder, company.clock)
        try:
            listed = await _answer(bot, "runbooks")
            refused = await _answer(bot, "run hello")
            company.clock.advance(minutes=2)
            await bot.workers.run_due()
            shown = await _answer(bot, "runs")
        finally:
            await bot.stop()
    assert "hello.yaml:6:33" in listed
    assert "Did you mean `wait`?" in " ".join(listed.split())
    assert "live-incident" in listed
    assert "no runbook" in refused
    assert "finished" in shown.casefold()


async def _answer(bot: Bot, line: str) -> str:
    reply = await bot.commands.handle(Command(Identity("console", "", "alice"), line, line))
    return "\n".join([getattr(reply, "text", ""), *(text.render(card) for card in reply.cards)])
