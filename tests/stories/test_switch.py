"""The switch: proved or taken back, and on the way home nothing is lost."""

from __future__ import annotations

from continuitybot.lab.mail.site import Mode
from continuitybot.lab.verdict import verdict_of
from rig.company import Company


async def test_a_standby_that_does_not_prove_itself_is_left_again(company: Company) -> None:
    await company.lab.mail.standby.set_mode(Mode.LOSES)
    await company.alice.says("invoke")
    await company.bob.says("approve EVT-1")
    card = await company.until("EVT-1", "rolled back")
    assert "canary" in card
    assert company.route == "primary"
    company.phone("alice").expects("EVT-1")


async def test_nothing_is_lost_on_the_way_there_and_back(company: Company) -> None:
    await company.alice.says("invoke")
    await company.bob.says("approve EVT-1")
    await company.until("EVT-1", "ACTIVE")
    await company.until("EVT-1", "Moving back", minutes=30)
    await company.bob.says("approve EVT-1")
    ended = await company.until("EVT-1", "ended", minutes=30)
    assert "0 lost" in ended or "nothing lost" in ended
    balance = company.lab.mail.books.balance()
    assert balance.taken > 0
    verdict = await verdict_of(company.lab)
    assert [fault for fault in verdict.faults if "messages" in fault] == []


async def test_an_event_can_be_extended_and_reminds_before_its_end(company: Company) -> None:
    await company.lab.mail.primary.set_mode(Mode.REFUSES)
    await company.alice.says("invoke --for 10m")
    await company.bob.says("approve EVT-1")
    assert "09:22 UTC" in await company.alice.says("extend EVT-1 10m")
    await company.passes(minutes=8)
    assert "ends in" in await company.alice.reads()
