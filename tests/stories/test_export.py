"""What happened in an incident becomes a rehearsal that passes, until it is expected otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from typer.testing import CliRunner, Result

from continuitybot.cli import app
from continuitybot.people.model import Person
from continuitybot.runbooks import store
from continuitybot.runbooks.history import read_history, replayed
from rig.company import Company


async def test_an_incident_is_exported_as_a_rehearsal_that_passes(
    company: Company, tmp_path: Path
) -> None:
    await an_incident(company)
    await its_history_gives_the_run_again(company)

    folder = tmp_path / "exported"
    done = await types("rehearse", "--export", "INC-1", "--to", folder, "--config", company.config)
    assert done.exit_code == 0, done.output
    assert "ok   live-incident/run-1: What happened in RUN-1" in done.output

    scenario = folder / "rehearsals" / "live-incident" / "run-1.yaml"
    text = scenario.read_text(encoding="utf-8")
    assert "call (number) if esra does not answer" in text
    assert "consent: rejected" in text
    for one in await everyone(company):
        assert one.name not in text
        assert not one.phone or one.phone not in text

    changed = text.replace("invoke: done", "invoke: skipped", 1)
    scenario.write_text(changed, encoding="utf-8")
    failed = await types("rehearse", folder)
    assert failed.exit_code == 1
    before = changed[: changed.index("invoke: skipped")].splitlines()
    for words in (
        f"run-1.yaml:{len(before)}:{len(before[-1]) + 1}: the step invoke ends",
        "\n    - skipped\n    + done\n",
        "0 passed, 1 failed",
    ):
        assert words in failed.output, failed.output


async def an_incident(company: Company) -> None:
    """The switch is refused, then approved; the run is paused; the text is refused."""
    await company.mail_stops()
    await company.alice.clicks("Acknowledge")
    await company.alice.clicks("Invoke continuity")
    await company.until("EVT-1", "waits for approval")
    await company.bob.says('reject EVT-1 "too early"')
    await company.until("RUN-1", "failed")
    await company.passes(minutes=3)
    (esra,) = [one for one in await everyone(company) if one.handle == "esra"]
    reason = f"call {esra.phone} if {esra.name} does not answer"
    await company.alice.says(f'step retry RUN-1 invoke "{reason}"')
    await company.until("EVT-2", "waits for approval")
    await company.bob.says("approve EVT-2")
    await company.until("SMS-1", "waits for approval")
    await company.alice.says("pause RUN-1")
    await company.passes(minutes=1)
    await company.alice.says("resume RUN-1")
    await company.bob.says('reject SMS-1 "say where to get help"')
    await company.mail_works_again()
    await company.until("EVT-2", "Moving back", minutes=40)
    await company.alice.says("approve EVT-2")
    await company.until("RUN-1", "finished", minutes=60)


async def its_history_gives_the_run_again(company: Company) -> None:
    async with company.bot.database.reading() as tx:
        run = await company.bot.rooms.runbooks.run(tx, "RUN-1")
        history = read_history(await store.history_of(tx, "RUN-1"))
    turns = list(replayed(run, history))
    assert turns[-1].after == run
    keys = [effect.key for turn in turns for effect in turn.effects]
    assert len(keys) == len(set(keys)) > 10


async def everyone(company: Company) -> Sequence[Person]:
    return await company.bot.ground.directory.everyone()


async def types(*words: object) -> Result:
    """What the command prints; it is another program, beside the bot."""
    return await asyncio.to_thread(CliRunner().invoke, app, [str(word) for word in words])
