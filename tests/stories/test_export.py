"""What happened in an incident becomes a rehearsal that passes, until it is expected otherwise."""

from __future__ import annotations

from pathlib import Path

from continuitybot.cli.exporting import from_database, write
from continuitybot.runbooks import load_runbooks, rehearse, shipped_folder
from rig.company import Company


async def test_an_incident_is_exported_as_a_rehearsal_that_passes(
    company: Company, tmp_path: Path
) -> None:
    await an_incident(company)
    (found,) = await from_database(company.bot.database, "INC-1")
    folder = tmp_path / "exported"
    write([found], folder, load_runbooks([shipped_folder()]))

    (result,) = await rehearse([folder])
    assert result.ok, str(result)
    assert result.scenario == "run-1"


async def an_incident(company: Company) -> None:
    """Mail stops; the switch is refused, tried again and approved; the text is refused."""
    await company.mail_stops()
    await company.alice.clicks("Acknowledge")
    await company.alice.clicks("Invoke continuity")
    await company.until("EVT-1", "waits for approval")
    await company.bob.says('reject EVT-1 "too early, says Alice Brandt"')
    await company.until("RUN-1", "failed")
    await company.passes(minutes=3)
    await company.alice.says('step retry RUN-1 invoke "call +43 660 1234567 if it fails"')
    await company.until("EVT-2", "waits for approval")
    await company.bob.says("approve EVT-2")
    await company.until("EVT-2", "ACTIVE")
    await company.until("SMS-1", "waits for approval")
    await company.alice.says("pause RUN-1")
    await company.passes(minutes=1)
    await company.alice.says("resume RUN-1")
    await company.bob.says('reject SMS-1 "say where to get help"')
    await company.mail_works_again()
    await company.until("EVT-2", "Moving back", minutes=40)
    await company.alice.says("approve EVT-2")
    await company.until("RUN-1", "finished", minutes=60)


async def run_of(company: Company):
    async with company.bot.database.reading() as tx:
        return await company.bot.rooms.runbooks.run(tx, "RUN-1")
