"""Every letter is accounted for, through a whole event with mail flowing."""

from __future__ import annotations

from dataclasses import replace

from continuitybot.lab import Lab
from continuitybot.lab.company import PROBE_MAILBOX
from continuitybot.lab.mail.letter import Letter
from continuitybot.lab.mail.site import Mode
from lab.clients import control, eventually, letter, send
from lab.conftest import FAST

ROUTE = "/gateway/routes/harbour.example"


async def _switch(lab: Lab, to: str, expected: str) -> None:
    async with control(lab.addresses) as http:
        answer = await http.put(
            ROUTE,
            json={"next_hop": to, "expected": expected},
            headers={"Idempotency-Key": f"to-{to}"},
        )
        assert answer.status_code == 200, answer.text


async def _drain(lab: Lab) -> None:
    async with control(lab.addresses) as http:
        for _ in range(2):
            answer = await http.post(
                "/standby/drain",
                json={"domain": "harbour.example"},
                headers={"Idempotency-Key": "EVT-1/drain/1"},
            )
            assert answer.status_code == 202
        assert (await http.get("/standby/operations/EVT-1/drain/1")).json()["applied"]


async def test_nothing_is_lost_or_doubled_from_break_to_drain_under_traffic() -> None:
    lab = Lab(paces=replace(FAST, messages_per_second=60))
    await lab.start()
    outside, standby, books = lab.mail.outside, lab.mail.standby, lab.mail.books
    try:
        await eventually(lambda: len(lab.mail.primary.mailboxes.keys()) > 10)
        await lab.mail.primary.set_mode(Mode.REFUSES)
        await eventually(lambda: len(lab.mail.gateway.queue) > 10)
        assert books.balance().balanced
        await _switch(lab, "standby", expected="primary")
        await send(letter("canary", to=PROBE_MAILBOX), lab.addresses.gateway)
        await eventually(lambda: len(standby.mailboxes.keys()) > 30)
        await lab.mail.primary.set_mode(Mode.HEALTHY)
        await _switch(lab, "primary", expected="standby")
        await _drain(lab)
        straight = books.balance().to_primary
        await eventually(lambda: books.balance().to_primary > straight + 5)
        outside.messages_per_second = 0
        await eventually(lambda: books.balance().outstanding == 0)
        async with control(lab.addresses) as http:
            balance = (await http.get("/books/harbour.example")).json()
            audit = (await http.get("/books/harbour.example/audit")).json()
    finally:
        await lab.stop()
    assert audit["ok"], audit
    assert balance["balanced"]
    assert balance["taken"] == balance["copied_back"] >= 30
    assert balance["sent"] == balance["accepted"] == balance["in_primary"] == len(outside.sent)
    assert balance["to_primary"] == balance["sent"] - balance["taken"]


async def test_a_letter_that_the_primary_has_already_is_dropped_there_and_counted(
    lab: Lab,
) -> None:
    twice = letter("Twice")
    await send(twice, lab.addresses.primary.smtp)
    await send(twice, lab.addresses.standby.smtp)
    await _drain(lab)
    await eventually(lambda: lab.mail.copy_back.copied)
    balance = lab.mail.books.balance()
    assert (balance.duplicates, balance.in_primary) == (1, 1)


async def test_the_copy_back_waits_for_a_primary_that_is_still_broken(lab: Lab) -> None:
    await lab.mail.primary.set_mode(Mode.DEFERS)
    await send(letter("Patient"), lab.addresses.standby.smtp)
    await _drain(lab)
    await eventually(lambda: lab.mail.books.balance().draining)
    assert lab.mail.books.balance().outstanding == 1
    await lab.mail.primary.set_mode(Mode.HEALTHY)
    await eventually(lambda: not lab.mail.books.balance().draining)
    assert lab.mail.primary.mailboxes.keys() == lab.mail.copy_back.copied


async def test_mail_that_the_primary_lost_is_counted_and_found_missing(lab: Lab) -> None:
    await lab.mail.primary.set_mode(Mode.LOSES)
    await send(letter("Gone"), lab.addresses.gateway)
    await eventually(lambda: lab.mail.primary.lost)
    await eventually(lambda: not len(lab.mail.gateway.queue))
    balance, audit = lab.mail.books.balance(), lab.mail.books.audit()
    assert (balance.lost, balance.balanced) == (1, True)
    assert (audit.missing, audit.ok) == (("<Gone@test.example>",), False)


async def test_the_audit_sees_a_double_in_the_mailbox_that_no_counter_shows(lab: Lab) -> None:
    await send(letter("Once"), lab.addresses.gateway)
    await eventually(lab.mail.primary.mailboxes.keys)
    stored: Letter = next(iter(lab.mail.primary.mailboxes.letters()))
    lab.mail.primary.mailboxes.folders(stored.recipient)["Junk"].add(stored)
    assert lab.mail.books.audit().duplicated == (stored.message_id,)


async def test_probe_mail_is_not_on_the_books_nor_copied_back(lab: Lab) -> None:
    await send(letter("probe", to=PROBE_MAILBOX), lab.addresses.standby.smtp)
    await send(letter("company"), lab.addresses.standby.smtp)
    await _drain(lab)
    await eventually(lambda: not lab.mail.books.balance().draining)
    assert lab.mail.books.balance().copied_back == 1
    assert len(lab.mail.primary.mailboxes.keys()) == 1
