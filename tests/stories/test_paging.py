"""Whoever is on call is woken until somebody has it."""

from __future__ import annotations

from rig.company import Company


async def test_an_acknowledgement_stops_the_paging(company: Company) -> None:
    await company.mail_stops()
    company.phone("alice").expects("Reply ACK 1")
    company.phone("bob").expects("Reply ACK 1")

    await company.phone("bob").writes("ACK 1")
    await company.moment()
    company.phone("bob").expects("INC-1 is yours")
    assert "Acknowledged by Bob Okafor" in await company.card("INC-1")

    pages = len(company.phone("alice").received)
    await company.passes(minutes=30)
    assert len(company.phone("alice").received) == pages


async def test_when_nobody_acknowledges_the_next_rung_is_paged(company: Company) -> None:
    await company.mail_stops()
    company.phone("alice").expects("Reply ACK 1")
    assert not any("ACK 1" in text for text in company.phone("dmitri").received)

    await company.passes(minutes=5)
    company.phone("dmitri").expects("Reply ACK 1")
    assert "since nobody has acknowledged" in await company.alice.reads()

    await company.passes(minutes=15)
    company.phone("alice").expects("Reply ACK 1")


async def test_a_muted_check_pages_nobody_until_it_is_unmuted(company: Company) -> None:
    for check in ("primary", "inbound", "outbound"):
        await company.alice.says(f"mute {check} 2h")
    await company.mail_stops(minutes=10)
    company.phone("alice").expect_nothing()
    assert "muted" in await company.alice.says("status")

    await company.alice.says("unmute primary")
    await company.passes(minutes=6)
    company.phone("alice").expects("INC-1")


async def test_pages_leave_by_a_relay_that_is_not_the_broken_mail_server(
    company: Company,
) -> None:
    await company.mail_stops()
    recipients = {letter.recipient for letter in company.lab.mail.relay.mailboxes.letters()}
    assert {"alice@private.example", "bob@private.example"} <= recipients
