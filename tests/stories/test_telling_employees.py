"""Texts to employees: answers are counted, STOP is honoured, and a stop stops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from rig.company import Company, Document, open_company

TEXT = "Fire drill in Vienna. Reply 1 if you are safe, 2 if you need help."


@pytest.fixture
async def slow_carrier(tmp_path: Path) -> AsyncIterator[Company]:
    def one_text_a_second(settings: Document) -> None:
        settings["broadcast"]["carriers"][0]["rate_per_second"] = 1

    async with open_company(tmp_path, one_text_a_second) as company:
        yield company


async def test_answers_are_counted(company: Company) -> None:
    await company.alice.says(f'broadcast all "{TEXT}"')
    await company.bob.says("approve SMS-1")
    await company.until("SMS-1", "finished")
    card = await company.until("SMS-1", "1 needs help")
    assert "safe" in card
    assert "Uwe Steiner" in card  # who has no phone


async def test_an_employee_whose_phone_is_off_is_told_apart(company: Company) -> None:
    await company.alice.says('broadcast oskar,farid "Mail is down."')
    await company.bob.says("approve SMS-1")
    company.phone("farid").expects("Mail is down")
    card = await company.until("SMS-1", "finished", minutes=60)
    assert "1 delivered" in card
    assert "1 failed" in card


async def test_whoever_answers_stop_gets_nothing_more_until_start(company: Company) -> None:
    await company.phone("farid").writes("STOP")
    await company.settles()
    await company.alice.says('broadcast farid,grace "First."')
    await company.bob.says("approve SMS-1")
    company.phone("grace").expects("First")
    company.phone("farid").expect_nothing()
    assert "Farid Haddad" in await company.card("SMS-1")

    await company.phone("farid").writes("START")
    await company.settles()
    await company.alice.says('broadcast farid,grace "Second."')
    await company.bob.says("approve SMS-2")
    company.phone("farid").expects("Second")


async def test_a_broadcast_stopped_in_the_middle_sends_no_further_text(
    slow_carrier: Company,
) -> None:
    company = slow_carrier
    await company.alice.says('broadcast all "Read mail at the standby."')
    await company.bob.clicks("Approve")
    assert "had left already" in await company.alice.clicks("Stop")
    left = _texted(company)
    assert 0 < left < len(company.phones.staff)

    await company.passes(minutes=20)
    assert _texted(company) == left
    card = await company.card("SMS-1")
    assert "stopped" in card
    assert "cancelled" in card


async def test_a_lost_answer_of_the_carrier_does_not_text_anybody_twice(
    company: Company,
) -> None:
    from continuitybot.lab.carrier.faults import Fault

    company.lab.carrier.fault = Fault.DROP
    await company.alice.says('broadcast site:Trieste "Read mail at the standby."')
    await company.bob.says("approve SMS-1")
    company.lab.carrier.fault = Fault.NONE
    await company.until("SMS-1", "finished", minutes=60)
    for phone in company.phones.staff:
        assert phone.received.count("Read mail at the standby.") <= 1
    company.phone("ivan").expects("Read mail")


def _texted(company: Company) -> int:
    return sum("Read mail at the standby." in phone.received for phone in company.phones.staff)
