"""The story the bot exists for, from the fault to the report."""

from __future__ import annotations

from continuitybot.lab.verdict import verdict_of
from rig.company import Company


async def test_mail_breaks_moves_to_the_standby_and_comes_back(company: Company) -> None:
    await company.mail_stops()
    company.phone("alice").expects("Inbound mail is failing")
    assert "nobody yet" in await company.card("INC-1")
    await company.alice.clicks("Acknowledge")

    await company.alice.clicks("Invoke continuity")
    await company.until("EVT-1", "waits for approval")
    await company.bob.clicks("Approve")
    await company.until("EVT-1", "ACTIVE")
    assert "Mitigating" in (await company.card("INC-1")).title()

    await company.until("SMS-1", "waits for approval")
    company.phones.expect_nothing()
    await company.bob.clicks("Approve")
    await company.until("SMS-1", "finished")
    for phone in company.phones.staff:
        phone.expects("E-mail is disrupted")

    await company.mail_works_again()
    await company.until("EVT-1", "Moving back", minutes=30)
    await company.alice.says("approve EVT-1")
    await company.until("EVT-1", "ended", minutes=30)

    await company.until("SMS-2", "waits for approval", minutes=60)
    await company.bob.says("approve SMS-2")
    await company.until("RUN-1", "finished", minutes=60)
    for phone in company.phones.staff:
        phone.expects("E-mail works again")
        phone.expect_nothing()
    await company.alice.clicks("Close")

    report = await company.alice.says("report INC-1")
    for time in ("detect", "acknowledge", "invoke", "prove", "inform", "recover"):
        assert time in report.casefold()
    verdict = await verdict_of(company.lab)
    assert not verdict.faults
