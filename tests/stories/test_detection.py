"""Every way in which mail breaks is noticed, and said in words that help."""

from __future__ import annotations

import pytest

from rig.company import Company


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("defers", "451 4.7.0"),
        ("refuses", "refuses connections"),
        ("loses", "accept"),
        ("slow", "slow"),
    ],
)
async def test_a_fault_is_noticed_and_diagnosed(company: Company, how: str, words: str) -> None:
    await company.mail_stops(how)
    company.phone("alice").expects("INC-1")
    assert words in await company.alice.says("status")


async def test_healthy_mail_alerts_nobody(company: Company) -> None:
    await company.passes(minutes=30)
    for phone in ("alice", "bob", "carol", "dmitri"):
        company.phone(phone).expect_nothing()
    assert "No incident is open" in await company.alice.says("incidents")


async def test_a_recovery_is_noticed_without_being_told(company: Company) -> None:
    await company.mail_stops()
    await company.mail_works_again(minutes=10)
    assert "monitoring" in await company.card("INC-1")
